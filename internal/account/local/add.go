package local

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/token"
)

// maxAddresses is the most addresses an account may have.
const maxAddresses = 10

// Entry describes an account to add.
type Entry struct {
	Name       string
	Password   string  // empty: no sign-in before a recovery sets one
	Emails     []Email // the primary first
	Protection policy.Protection
	Language   string
}

// Email is an address of a new account.
type Email struct {
	Address     string
	Unconfirmed bool      // does not recover yet
	Since       time.Time // when it was confirmed; zero is now
}

// Add makes an account. The function also, unless nil, runs in the same
// transaction, for the leaf that belongs to it, and may run more than once.
// fault.Invalid says what cannot be used, fault.Conflict that the name is taken.
func (l *Local) Add(ctx context.Context, e Entry, also func(*db.Tx, account.Account) error) (account.Account, error) {
	name, emails, err := canonical(e)
	if err != nil {
		return account.Account{}, err
	}
	encoded := ""
	if e.Password != "" {
		if encoded, err = l.hasher.Hash(ctx, e.Password); err != nil {
			return account.Account{}, err
		}
	}
	id := token.NewID("acc")
	var added account.Account
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		err := insert(tx, id, e, name, emails, encoded)
		if err != nil {
			return err
		}
		found, err := read(tx, byID, id)
		if err != nil {
			return err
		}
		added = found[0]
		if also != nil {
			return also(tx, added)
		}
		return nil
	})
	return added, err
}

// canonical gives the name and the addresses of an entry in canonical form.
func canonical(e Entry) (name string, emails []string, err error) {
	if name, err = account.CanonicalName(e.Name); err != nil {
		return "", nil, err
	}
	if len(e.Emails) > maxAddresses {
		return "", nil, fault.New(fault.Invalid, "An account has at most 10 addresses.")
	}
	for _, email := range e.Emails {
		canon, err := account.Canonical(email.Address)
		if err != nil {
			return "", nil, err
		}
		emails = append(emails, canon)
	}
	return name, emails, nil
}

func insert(tx *db.Tx, id string, e Entry, name string, emails []string, encoded string) error {
	now := db.Micros(tx.Now())
	rows, err := tx.Exec(`INSERT INTO local_account (id, name, canon, password, protection, language, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (canon) DO NOTHING`,
		id, e.Name, name, encoded, int64(e.Protection), e.Language, now)
	if err != nil {
		return err
	}
	if rows == 0 {
		return fault.New(fault.Conflict, "That user name is taken. Choose another.")
	}
	for i, email := range e.Emails {
		confirmed := now
		if email.Unconfirmed {
			confirmed = 0
		} else if !email.Since.IsZero() {
			confirmed = db.Micros(email.Since)
		}
		_, err := tx.Exec(`INSERT INTO local_address (account, position, email, canon, confirmed) VALUES ($1, $2, $3, $4, $5)`,
			id, int64(i), email.Address, emails[i], confirmed)
		if err != nil {
			return err
		}
	}
	return nil
}
