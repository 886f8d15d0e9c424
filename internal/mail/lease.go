package mail

import (
	"cmp"
	"database/sql"
	"slices"
	"time"

	"keyback/internal/db"
)

// Life is how long a lease stands if it is not renewed.
const Life = 30 * time.Second

// Lease is the right to attempt a message until a time. Its fence tells it from
// every other lease of that message.
type Lease struct {
	Message Message
	Fence   int64
	Until   time.Time
	holder  string
}

// NextReady says for each lane when its first open message may be taken: the zero
// time if there is none. One statement.
func NextReady(tx *db.Tx) (next [Lanes]time.Time, err error) {
	var at [Lanes]sql.NullInt64
	err = tx.QueryRow(`SELECT (SELECT MIN(ready) FROM mail_message WHERE lane = 0 AND ready > 0), (SELECT MIN(ready) FROM mail_message WHERE lane = 1 AND ready > 0)`).
		Scan(&at[Recovery], &at[Notice])
	for lane := range at {
		next[lane] = db.Time(at[lane].Int64)
	}
	return next, err
}

// Claim leases up to n messages of a lane that are due and that nobody holds,
// the longest due first. One statement; what other nodes are claiming at the
// moment is passed over.
func Claim(tx *db.Tx, node string, lane Lane, n int) ([]Lease, error) {
	until := tx.Now().Add(Life)
	rows, err := tx.Query(`UPDATE mail_message SET holder = $1, ready = $2, fence = fence + 1
		WHERE id IN (SELECT id FROM mail_message WHERE lane = $3 AND ready <= $4 ORDER BY ready LIMIT $5`+tx.SkipLocked()+`)
		RETURNING fence, `+columns,
		node, db.Micros(until), int64(lane), db.Micros(tx.Now()), n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var claimed []Lease
	for rows.Next() {
		l := Lease{Until: until, holder: node}
		if err := l.Message.scan(rows, &l.Fence); err != nil {
			return nil, err
		}
		claimed = append(claimed, l)
	}
	slices.SortFunc(claimed, func(a, b Lease) int {
		return cmp.Or(a.Message.Due.Compare(b.Message.Due), cmp.Compare(a.Message.ID, b.Message.ID))
	})
	return claimed, rows.Err()
}

// Renew makes a lease stand for a whole Life again. It returns false if the lease
// is another's by now or the message is final.
func Renew(tx *db.Tx, l *Lease) (bool, error) {
	until := tx.Now().Add(Life)
	n, err := tx.Exec(`UPDATE mail_message SET ready = $1 WHERE id = $2 AND fence = $3 AND ready > 0`, db.Micros(until), l.Message.ID, l.Fence)
	if n == 1 {
		l.Until = until
	}
	return n == 1, err
}

// Release gives a lease back, so that anybody may take the message at once.
func Release(tx *db.Tx, l Lease) error {
	_, err := tx.Exec(`UPDATE mail_message SET ready = due, holder = '' WHERE id = $1 AND fence = $2 AND ready > 0`, l.Message.ID, l.Fence)
	return err
}

// Void ends the leases of all other nodes. It is right only where there can be no
// other: on SQLite, where they are earlier lives of this one.
func Void(tx *db.Tx, node string) (int64, error) {
	return tx.Exec(`UPDATE mail_message SET ready = due, holder = '' WHERE ready > 0 AND holder <> '' AND holder <> $1`, node)
}
