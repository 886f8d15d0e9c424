package local

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
)

// The look-up before a hash is checked: two rows say that an address is shared.
const (
	secretByID      = `SELECT id, password FROM local_account WHERE id = $1`
	secretByName    = `SELECT id, password FROM local_account WHERE canon = $1`
	secretByAddress = `SELECT id, password FROM local_account WHERE id IN
		(SELECT account FROM local_address WHERE canon = $1 AND confirmed > 0) LIMIT 2`
)

// count is the one statement that counts: $3 is what to add, $4 is 1 where the
// password was right and may be forgiven for, which a locked count never is. A
// guess is therefore judged by the failures that were committed before it, however
// many are checked at once. $5 is MostMisses.
const count = `INSERT INTO local_failure (key, missed, at) VALUES ($1, $3, $2)
	ON CONFLICT (key) DO UPDATE SET at = excluded.at, missed = CASE
		WHEN CAST($4 AS BIGINT) = 1 AND local_failure.missed < CAST($5 AS BIGINT) THEN 0
		ELSE local_failure.missed + excluded.missed END
	RETURNING missed`

// secret is what the first look-up found: an account and its hash, or a key that
// stands for nobody and an empty hash.
type secret struct {
	key, encoded string
}

// Check says whether the password opens the account that a name, an address of
// one account alone, or an id names. It costs one SELECT, one hash and one
// transaction of two statements, whoever was named; only a right password for an
// account that may sign in costs more.
func (l *Local) Check(ctx context.Context, q account.Query, password string) (account.Account, bool, error) {
	s, err := l.secret(ctx, q)
	if err != nil {
		return account.Account{}, false, err
	}
	right, stale, err := l.verify(ctx, s, password)
	if err != nil {
		return account.Account{}, false, err
	}
	found, err := l.judge(ctx, s, right)
	if err != nil || found == nil {
		return account.Account{}, false, err
	}
	if stale {
		if err := l.upgrade(ctx, s, password); err != nil {
			return account.Account{}, false, err
		}
	}
	return *found, true, nil
}

// secret looks the account up. A query that names nobody, several, or nothing
// readable gets a key of its own, so that it is counted like an account.
func (l *Local) secret(ctx context.Context, q account.Query) (secret, error) {
	nobody := secret{key: l.nobodyKey(q)}
	text, arg, ok := lookup(q, secretByID, secretByName, secretByAddress)
	if !ok {
		text, arg = secretByName, "" // nobody's, but the statement is run
	}
	s, n := secret{}, 0
	err := l.db.Look(ctx, func(tx *db.Tx) error {
		s, n = secret{}, 0
		rows, err := tx.Query(text, arg)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			n++
			if err := rows.Scan(&s.key, &s.encoded); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil || n != 1 {
		return nobody, err
	}
	return s, nil
}

func (l *Local) verify(ctx context.Context, s secret, password string) (right, stale bool, err error) {
	if s.encoded == "" {
		return false, false, l.hasher.Spend(ctx, password)
	}
	return l.hasher.Verify(ctx, s.encoded, password)
}

// judge counts and decides in one transaction; nil is no.
func (l *Local) judge(ctx context.Context, s secret, right bool) (*account.Account, error) {
	var found *account.Account
	err := l.db.Update(ctx, func(tx *db.Tx) error {
		found = nil
		open, err := mayEnter(tx, s)
		if err != nil {
			return err
		}
		missed, err := counted(tx, s.key, right, open)
		if err != nil || !right || !open || missed > 0 {
			return err
		}
		all, err := read(tx, byID, s.key)
		if err == nil && len(all) == 1 {
			found = &all[0]
		}
		return err
	})
	return found, err
}

// mayEnter says that the account still has the hash that was checked, and neither
// an operator nor a freeze keeps its holder out.
func mayEnter(tx *db.Tx, s secret) (bool, error) {
	var locked, frozen int64
	var encoded string
	err := tx.QueryRow(`SELECT locked, frozen_until, password FROM local_account WHERE id = $1`, s.key).
		Scan(&locked, &frozen, &encoded)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return locked == 0 && frozen <= db.Micros(tx.Now()) && encoded == s.encoded, err
}

func counted(tx *db.Tx, key string, right, open bool) (missed int64, err error) {
	var more, pardon int64
	switch {
	case !right:
		more = 1
	case open:
		pardon = 1
	}
	err = tx.QueryRow(count, key, db.Micros(tx.Now()), more, pardon, int64(MostMisses)).Scan(&missed)
	return missed, err
}

// upgrade replaces a hash made with older settings, unless it was changed since.
func (l *Local) upgrade(ctx context.Context, s secret, password string) error {
	encoded, err := l.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE local_account SET password = $1 WHERE id = $2 AND password = $3`, encoded, s.key, s.encoded)
		return err
	})
}

// Prune forgets counts that stand for nobody and are older than age.
func (l *Local) Prune(ctx context.Context, age time.Duration) error {
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM local_failure WHERE at < $1 AND substr(key, 1, 4) = 'non_'`, db.Micros(tx.Now().Add(-age)))
		return err
	})
}
