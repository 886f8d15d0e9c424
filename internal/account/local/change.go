package local

import (
	"context"
	"database/sql"
	"errors"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
)

// Change applies a change in one transaction that first takes its key, so that
// the same key asked for twice, even at the same moment, is applied once.
func (l *Local) Change(ctx context.Context, c account.Change) (account.Result, error) {
	if c.Key == "" || c.Account == "" {
		return account.Unknown, fault.New(fault.Invalid, "A change needs a key and an account.")
	}
	encoded := ""
	if c.Password != "" {
		var err error
		if encoded, err = l.hasher.Hash(ctx, c.Password); err != nil {
			return account.Unknown, err
		}
	}
	var result account.Result
	err := l.db.Update(ctx, func(tx *db.Tx) (err error) {
		result, err = change(tx, c, encoded)
		return err
	})
	if err != nil {
		return account.Unknown, err
	}
	return result, nil
}

func change(tx *db.Tx, c account.Change, encoded string) (account.Result, error) {
	fresh, err := tx.Exec(`INSERT INTO local_change (key, account, result, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO NOTHING`, c.Key, string(c.Account), int64(account.Done), db.Micros(tx.Now()))
	if err != nil {
		return account.Unknown, err
	}
	if fresh == 0 {
		return before(tx, c)
	}
	changed, err := tx.Exec(`UPDATE local_account SET version = version + 1,
		password = CASE WHEN CAST($2 AS TEXT) = '' THEN password ELSE $2 END,
		frozen_until = CASE WHEN CAST($3 AS BIGINT) = 0 THEN frozen_until ELSE $3 END,
		recovered_until = CASE WHEN CAST($4 AS BIGINT) = 0 THEN recovered_until ELSE $4 END
		WHERE id = $1`, string(c.Account), encoded, db.Micros(c.Freeze), db.Micros(c.RecoveredUntil))
	if err != nil {
		return account.Unknown, err
	}
	if changed == 0 {
		_, err := tx.Exec(`UPDATE local_change SET result = $2 WHERE key = $1`, c.Key, int64(account.Refused))
		return account.Refused, err
	}
	if c.Unlock {
		err = forgive(tx, c.Account)
	}
	return account.Done, err
}

// before answers for a key that was used already.
func before(tx *db.Tx, c account.Change) (account.Result, error) {
	var of string
	var result int64
	err := tx.QueryRow(`SELECT account, result FROM local_change WHERE key = $1`, c.Key).Scan(&of, &result)
	if err != nil {
		return account.Unknown, err
	}
	if of != string(c.Account) {
		return account.Unknown, fault.New(fault.Conflict, "That was done to another account.")
	}
	return account.Result(result), nil
}

// Applied answers what became of a change; Unknown where its key was never used.
func (l *Local) Applied(ctx context.Context, key string) (account.Result, error) {
	var result int64
	err := l.db.View(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(`SELECT result FROM local_change WHERE key = $1`, key).Scan(&result)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return account.Result(result), err
}
