// Package local keeps accounts in Keyback's own tables: a directory for whoever
// has no application yet, for agents and operators, and for trying things out.
//
// Several accounts may share one address; a user name belongs to one account. An
// address recovers only once it is confirmed. Ten wrong passwords in a row lock
// an account, until a recovery or an operator unlocks it.
//
// Checking a password runs the same statements and spends the same hash for an
// account that is open, locked, frozen or not there, and a right password for one
// that may not sign in is answered as a wrong one. The lock made by failures is
// no flag but the count itself, in one row a key, so the tenth failure costs what
// the ninth did, for an account and for nobody.
//
// It is no account.SessionEnder: whoever signs in here holds a session of
// Keyback's own.
package local

import (
	"context"
	"crypto/rand"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/token"
)

// MostMisses is how many wrong passwords in a row lock an account.
const MostMisses = 10

// Hasher makes and checks password hashes; Spend takes the time of Verify where
// there is no hash. Slow on purpose, and never called inside a transaction.
type Hasher interface {
	Hash(ctx context.Context, password string) (encoded string, err error)
	Verify(ctx context.Context, encoded, password string) (ok, stale bool, err error)
	Spend(ctx context.Context, password string) error
}

// Options of a Local; both are needed.
type Options struct {
	DB     *db.DB
	Hasher Hasher
}

// Local is an account.Directory and an account.PasswordChecker on our own tables.
type Local struct {
	db     *db.DB
	hasher Hasher
	nobody token.Key // hashes input that names no account; this process's own
}

// New makes the directory.
func New(o Options) *Local {
	l := &Local{db: o.DB, hasher: o.Hasher}
	rand.Read(l.nobody[:])
	return l
}

var (
	_ account.Directory       = (*Local)(nil)
	_ account.PasswordChecker = (*Local)(nil)
)

// Find answers the accounts with that confirmed address, that name or that id. One
// statement, which reads as much where there is nobody: what the mail's worker does
// just after a start can be felt by whoever asks next.
func (l *Local) Find(ctx context.Context, q account.Query) ([]account.Account, error) {
	text, arg, ok := lookup(q, byID, byName, byAddress)
	if !ok {
		return nil, nil
	}
	var found []account.Account
	err := l.db.Look(ctx, func(tx *db.Tx) (err error) {
		found, err = read(tx, text, arg)
		return err
	})
	return meant(q, arg, found), err
}

// lookup picks the statement for a query and its argument in canonical form;
// false for a query that can name nobody.
func lookup(q account.Query, id, name, address string) (text, arg string, ok bool) {
	switch {
	case q.ID != "":
		return id, string(q.ID), true
	case q.Name != "":
		canon, err := account.CanonicalName(q.Name)
		return name, canon, err == nil
	default:
		canon, err := account.Canonical(q.Address)
		return address, canon, err == nil
	}
}

// Lock keeps the holder out until an operator unlocks the account. It runs in the
// caller's transaction, beside the leaf that says who did it.
func (l *Local) Lock(tx *db.Tx, id account.ID) error {
	return one(tx.Exec(`UPDATE local_account SET version = version + 1, locked = 1 WHERE id = $1`, string(id)))
}

// Unlock lifts every lock, the one that failures made too. It runs in the
// caller's transaction.
func (l *Local) Unlock(tx *db.Tx, id account.ID) error {
	err := one(tx.Exec(`UPDATE local_account SET version = version + 1, locked = 0 WHERE id = $1`, string(id)))
	if err != nil {
		return err
	}
	return forgive(tx, id)
}

// forgive forgets the wrong passwords of an account.
func forgive(tx *db.Tx, id account.ID) error {
	_, err := tx.Exec(`DELETE FROM local_failure WHERE key = $1`, string(id))
	return err
}

func one(rows int64, err error) error {
	if err == nil && rows == 0 {
		return errNoAccount()
	}
	return err
}

func errNoAccount() error {
	return fault.New(fault.NotFound, "There is no such account.").Hint("keyback account list shows them all")
}
