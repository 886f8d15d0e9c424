package limit

import (
	"database/sql"
	"errors"
	"time"

	"keyback/internal/db"
)

// Miss counts one more miss in a row for key and says how many there are now.
func Miss(tx *db.Tx, key []byte) (n int, err error) {
	err = tx.QueryRow(`INSERT INTO limit_run (key, misses, latest) VALUES ($1, 1, $2)
ON CONFLICT (key) DO UPDATE SET misses = limit_run.misses + 1, latest = $2 RETURNING misses`,
		key, db.Micros(tx.Now())).Scan(&n)
	return n, err
}

// Misses says how many misses in a row key has, without counting one.
func Misses(tx *db.Tx, key []byte) (n int, err error) {
	err = tx.QueryRow(`SELECT misses FROM limit_run WHERE key = $1`, key).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// Clear ends the run of key: it succeeded.
func Clear(tx *db.Tx, key []byte) error {
	_, err := tx.Exec(`DELETE FROM limit_run WHERE key = $1`, key)
	return err
}

// SweepSize is the most rows of each kind that one Sweep deletes.
const SweepSize = 1000

// Sweep deletes rows that no longer say anything: buckets that are full again now,
// and runs without a miss since before. It says how many rows went; where it was
// SweepSize or more, there may be more.
func Sweep(tx *db.Tx, before time.Time) (n int, err error) {
	buckets, err := tx.Exec(`DELETE FROM limit_bucket WHERE key IN
(SELECT key FROM limit_bucket WHERE tat <= $1 ORDER BY tat LIMIT $2`+tx.SkipLocked()+`)`, db.Micros(tx.Now()), SweepSize)
	if err != nil {
		return 0, err
	}
	runs, err := tx.Exec(`DELETE FROM limit_run WHERE key IN
(SELECT key FROM limit_run WHERE latest < $1 ORDER BY latest LIMIT $2`+tx.SkipLocked()+`)`, db.Micros(before), SweepSize)
	return int(buckets + runs), err
}
