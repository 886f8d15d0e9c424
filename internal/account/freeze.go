package account

import (
	"database/sql"
	"errors"
	"time"

	"keyback/internal/db"
)

// Freeze keeps everybody out of an account until then. A running freeze only
// grows: an earlier end changes nothing but the reason. One statement.
func Freeze(tx *db.Tx, id ID, until time.Time, reason string) error {
	_, err := tx.Exec(`INSERT INTO account_freeze (account, until, reason, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account) DO UPDATE SET reason = excluded.reason, at = excluded.at,
		until = CASE WHEN account_freeze.until > excluded.until THEN account_freeze.until ELSE excluded.until END`,
		string(id), db.Micros(until), reason, db.Micros(tx.Now()))
	return err
}

// Thaw ends a freeze at once: its holder has come back.
func Thaw(tx *db.Tx, id ID) error {
	_, err := tx.Exec(`DELETE FROM account_freeze WHERE account = $1`, string(id))
	return err
}

// Frozen says until when an account is frozen; zero when it is not.
func Frozen(tx *db.Tx, id ID) (time.Time, error) {
	var until int64
	err := tx.QueryRow(`SELECT until FROM account_freeze WHERE account = $1 AND until > $2`,
		string(id), db.Micros(tx.Now())).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(until), err
}
