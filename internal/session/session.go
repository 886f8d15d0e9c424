// Package session keeps the places where somebody is signed in.
//
// A place is known by a secret that its browser holds in a cookie; the row holds
// the secret's keyed hash alone, so that a copy of the database signs nobody in. A
// place ends when somebody ends it, when the account's password changes, or after
// 30 days without a visit. Whoever asks with an ended secret learns only that it is
// not known.
package session

import (
	"database/sql"
	"errors"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/token"
)

const (
	// Idle is how long a place lives without a visit.
	Idle = 30 * 24 * time.Hour
	// SeenEvery is how often a visit is written down.
	SeenEvery = time.Minute
	// SweepSize is the most rows that one Sweep deletes.
	SweepSize = 1000

	listMost   = 100
	secretSize = 16 // bytes
)

// Session is one place where somebody is signed in.
type Session struct {
	ID      string
	Account account.ID
	Created time.Time
	Seen    time.Time // the latest visit, to the minute
	Label   string    // the browser in words, as Label makes them
	Network string    // the prefix of the address it was opened from, as text
}

// Due says whether a visit now is to be written down by Seen.
func (s Session) Due(now time.Time) bool { return !now.Before(s.Seen.Add(SeenEvery)) }

// Places opens, finds and ends sessions.
type Places struct{ key token.Key }

// New makes Places. The key comes from the key file and serves nothing else.
func New(key token.Key) Places { return Places{key: key} }

// Open makes a place of s.Account with s.Label and s.Network, and gives the secret
// for its cookie: 26 characters, 128 bits. All else of s is ignored.
func (p Places) Open(tx *db.Tx, s Session) (secret string, err error) {
	secret = token.Secret(secretSize)
	now := db.Micros(tx.Now())
	_, err = tx.Exec(`INSERT INTO session (id, account, secret, created, seen, label, network) VALUES ($1, $2, $3, $4, $4, $5, $6)`,
		token.NewID("ses"), string(s.Account), p.hash(secret), now, s.Label, s.Network)
	return secret, err
}

const columns = `id, account, created, seen, label, network`

// Find gives the place of a secret; fault.NotFound where there is none, or none any
// more. It reads only: where the answer is Due, write the visit down by Seen.
func (p Places) Find(tx *db.Tx, secret string) (Session, error) {
	s, err := scan(tx.QueryRow(`SELECT `+columns+` FROM session WHERE secret = $1 AND seen > $2`,
		p.hash(secret), db.Micros(tx.Now().Add(-Idle))))
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, fault.New(fault.NotFound, "You are not signed in here. Sign in to go on.")
	}
	return s, err
}

// Seen writes a visit down, at most once a minute.
func (p Places) Seen(tx *db.Tx, id string) error {
	_, err := tx.Exec(`UPDATE session SET seen = $2 WHERE id = $1 AND seen <= $3`,
		id, db.Micros(tx.Now()), db.Micros(tx.Now().Add(-SeenEvery)))
	return err
}

// List gives the places of an account, the latest visit first, a hundred at most.
func (p Places) List(tx *db.Tx, id account.ID) ([]Session, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM session WHERE account = $1 AND seen > $2 ORDER BY seen DESC, id LIMIT $3`,
		string(id), db.Micros(tx.Now().Add(-Idle)), listMost)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Session
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// End ends one place of an account. One that is another account's, or has ended
// already, is left as it is and no error.
func (p Places) End(tx *db.Tx, account account.ID, id string) error {
	_, err := tx.Exec(`DELETE FROM session WHERE account = $1 AND id = $2`, string(account), id)
	return err
}

// EndAll ends all places of an account but the one with the id exceptID ("" for
// none), and says how many of them were still open.
func (p Places) EndAll(tx *db.Tx, account account.ID, exceptID string) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM session WHERE account = $1 AND id <> $2 AND seen > $3`,
		string(account), exceptID, db.Micros(tx.Now().Add(-Idle))).Scan(&n)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(`DELETE FROM session WHERE account = $1 AND id <> $2`, string(account), exceptID)
	return n, err
}

// Sweep deletes places that ended by themselves and says how many; where it was
// SweepSize, there may be more.
func (p Places) Sweep(tx *db.Tx) (n int, err error) {
	gone, err := tx.Exec(`DELETE FROM session WHERE id IN (SELECT id FROM session WHERE seen <= $1 LIMIT $2`+tx.SkipLocked()+`)`,
		db.Micros(tx.Now().Add(-Idle)), SweepSize)
	return int(gone), err
}

func (p Places) hash(secret string) []byte { return p.key.Hash("session", secret) }

func scan(row interface{ Scan(...any) error }) (s Session, err error) {
	var created, seen int64
	err = row.Scan(&s.ID, &s.Account, &created, &seen, &s.Label, &s.Network)
	s.Created, s.Seen = db.Time(created), db.Time(seen)
	return s, err
}
