package session

import (
	"context"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
)

// Door lets people in and out: it checks passwords where the accounts live and
// keeps the places.
type Door struct {
	DB        *db.DB
	Places    Places
	Directory account.Directory
	// SignedIn runs in the transaction of a sign-in; it may refuse it.
	SignedIn func(tx *db.Tx, a account.Account) error
}

// ErrSignIn is the one answer to every sign-in that fails: an unknown name, a wrong
// password, a locked and a frozen account, one that asks for more than a password.
var ErrSignIn = fault.New(fault.Refused, "That did not work.")

// SignIn checks a password and opens a place. Known and unknown take one path: the
// directory spends the same time on both.
func (d *Door) SignIn(ctx context.Context, login, password string, at Session) (secret string, err error) {
	checker, ok := d.Directory.(account.PasswordChecker)
	if !ok {
		return "", fault.New(fault.Refused, "Sign in at the application itself.")
	}
	q, err := account.ParseLogin(login)
	if err != nil {
		return "", ErrSignIn
	}
	a, right, err := checker.Check(ctx, q, password)
	if err != nil {
		return "", err
	}
	if !right || a.Protection != policy.Basic { // a second step cannot be shown here
		return "", ErrSignIn
	}
	err = d.DB.Update(ctx, func(tx *db.Tx) error {
		if until, err := account.Frozen(tx, a.ID); err != nil || !until.IsZero() {
			return orFailed(err)
		}
		at.Account = a.ID
		if secret, err = d.Places.Open(tx, at); err != nil {
			return err
		}
		return d.SignedIn(tx, a)
	})
	return secret, err
}

func orFailed(err error) error {
	if err == nil {
		return ErrSignIn
	}
	return err
}

// Here is the place of a secret, its account and all its places, this visit noted.
func (d *Door) Here(ctx context.Context, secret string) (here Session, a account.Account, all []Session, err error) {
	err = d.DB.View(ctx, func(tx *db.Tx) error {
		if here, err = d.Places.Find(tx, secret); err != nil {
			return err
		}
		all, err = d.Places.List(tx, here.Account)
		return err
	})
	if err != nil {
		return here, a, nil, err
	}
	if here.Due(d.DB.Now()) {
		if err := d.DB.Update(ctx, func(tx *db.Tx) error { return d.Places.Seen(tx, here.ID) }); err != nil {
			return here, a, nil, err
		}
	}
	found, err := d.Directory.Find(ctx, account.Query{ID: here.Account})
	if err != nil {
		return here, a, nil, err
	}
	kept, _ := account.Match(account.Query{ID: here.Account}, found)
	if len(kept) == 0 {
		return here, a, nil, fault.New(fault.NotFound, "This account is gone.")
	}
	return here, kept[0], all, nil
}

// SignOut ends one place of the account that is signed in by the secret, or, with
// an empty id, all of them, the application's own sign-ins too.
func (d *Door) SignOut(ctx context.Context, secret, id string) error {
	var whose account.ID
	err := d.DB.Update(ctx, func(tx *db.Tx) error {
		here, err := d.Places.Find(tx, secret)
		if err != nil {
			return err
		}
		whose = here.Account
		if id != "" {
			return d.Places.End(tx, whose, id)
		}
		_, err = d.Places.EndAll(tx, whose, "")
		return err
	})
	if ender, ok := d.Directory.(account.SessionEnder); ok && err == nil && id == "" {
		return ender.EndSessions(ctx, whose)
	}
	return err
}
