package recovery

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/limit"
	"keyback/internal/policy"
)

// RecoveredFor is how long the application is told to be careful with a recovered
// account.
const RecoveredFor = 7 * 24 * time.Hour

// Done is what a completed recovery did.
type Done struct {
	Recovery string
	Name     string
	Want     policy.Want
	Asked    time.Time
	Shown    time.Time // when link or code was used
	At       time.Time
	Places   int // that were signed out
	Told     int // addresses that were told
}

var (
	errPass = fault.New(fault.Refused, "This link has run out or was used.")
	errWay  = fault.New(fault.Refused, "This mailbox alone cannot open that account.")
	// errUnsure is the one case where nobody knows yet.
	errUnsure = fault.New(fault.Unavailable, "We do not know yet whether your change was made. We are finding out: look again in a minute.")
)

// SetPassword sets the new password of one of the accounts that a pass opens, once.
// The password is judged before anything is spent; fault.Invalid says why it is
// not taken, and the pass lives on.
func (s *Service) SetPassword(ctx context.Context, sealed string, id account.ID, password string, from Origin) (Done, error) {
	return s.change(ctx, sealed, id, policy.ResetPassword, from, func(ctx context.Context, a account.Account, c *account.Change) error {
		c.Password, c.Unlock = password, true
		about := []string{a.Name}
		for _, addr := range a.Addresses {
			about = append(about, addr.Email)
		}
		return s.o.Password(ctx, password, about, a.Protection != policy.Basic)
	})
}

// Unlock lifts the lock that failed sign-ins made on one of the accounts that a
// pass opens.
func (s *Service) Unlock(ctx context.Context, sealed string, id account.ID, from Origin) (Done, error) {
	return s.change(ctx, sealed, id, policy.Unlock, from, func(_ context.Context, _ account.Account, c *account.Change) error {
		c.Unlock = true
		return nil
	})
}

// change goes the whole way: look, claim, tell the directory, complete.
func (s *Service) change(ctx context.Context, sealed string, id account.ID, want policy.Want, from Origin,
	judge func(context.Context, account.Account, *account.Change) error,
) (Done, error) {
	a, p, err := s.chosen(ctx, sealed, id, want)
	if err != nil {
		return Done{}, err
	}
	change := account.Change{Key: p.Recovery, Account: a.ID, RecoveredUntil: s.now().Add(RecoveredFor)}
	if err := judge(ctx, a.Account, &change); err != nil {
		return Done{}, err
	}
	if err := s.claim(ctx, p, a, want, from); err != nil {
		return Done{}, err
	}
	// From here on the claim is in the records: a caller who leaves must not stop it.
	ctx = context.WithoutCancel(ctx)
	result, err := s.o.Directory.Change(ctx, change)
	return s.conclude(ctx, p.Recovery, a.Account, result, err)
}

// found is an account with the mailbox that was proven.
type found struct {
	account.Account
	mailbox string
}

// chosen is the account a pass is used for.
func (s *Service) chosen(ctx context.Context, sealed string, id account.ID, want policy.Want) (found, pass, error) {
	p, ok := s.openPass(sealed)
	if !ok {
		return found{}, p, errPass
	}
	var r *row
	err := s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, p.Recovery); return err })
	if err != nil {
		return found{}, p, err
	}
	if s.standing(p, r, s.now()) != Good || (r.want != want && want != policy.ResetPassword) {
		return found{}, p, errPass
	}
	accounts, mailbox, err := s.find(ctx, r)
	if err != nil {
		return found{}, p, err
	}
	accounts = r.eligible(accounts)
	for _, a := range accounts {
		if a.ID == id || id == "" && len(accounts) == 1 {
			return found{a, mailbox}, p, nil
		}
	}
	return found{}, p, errWay
}

// claim spends the pass: mailbox proven, granted and claimed in one transaction, so
// that of two browsers, or two clicks, one goes on.
func (s *Service) claim(ctx context.Context, p pass, a found, want policy.Want, from Origin) error {
	return s.o.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.take(tx, p.Recovery, a.Account)
		if err != nil {
			return err
		}
		switch s.standing(p, h.row, tx.Now()) {
		case Good:
		case Underway:
			return fault.New(fault.Conflict, "Your change is being made already.")
		default:
			return errPass
		}
		if h.row.account != "" && h.row.account != a.ID {
			return errWay // the mailbox has chosen another
		}
		h.row.want = want // a password may be set where an unlock was asked for; then its rules count
		h.row.account, h.row.name, h.row.pass = a.ID, a.Name, s.o.Tokens.Hash("pass", p.Nonce)
		if h.row.state == policy.Open {
			if err := h.prove(byMail(a.Account, a.mailbox)); err != nil {
				return err
			}
			if err := limit.Clear(tx, s.misses(h.row)); err != nil {
				return err
			}
		}
		h.row.network, h.row.device = from.Network, from.Device
		_, ok, err := h.apply(policy.Event{Kind: policy.Claim})
		if err == nil && !ok {
			err = errWay
		}
		return err
	})
}

// prove shows the mailbox. A sibling that only waits with its grant gives way to
// whoever has just shown as much.
func (h *handling) prove(c policy.Classes) error {
	s, err := h.situation()
	if err != nil {
		return err
	}
	s.OtherGranted = false
	if d, ok := policy.Decide(s, policy.Event{Kind: policy.Prove, Classes: c}, h.tx.Now()); !ok || d.State != policy.Granted {
		return errWay
	}
	siblings, err := h.ids(`SELECT id FROM recovery WHERE account = $1 AND account <> '' AND state = 'granted' AND id <> $2`, string(h.account.ID), h.row.id)
	if err != nil {
		return err
	}
	for _, id := range siblings {
		if err := h.supersede(id); err != nil {
			return err
		}
	}
	_, ok, err := h.apply(policy.Event{Kind: policy.Prove, Classes: c})
	if err == nil && !ok {
		err = errWay
	}
	return err
}

// conclude writes what the directory answered to a claimed change.
func (s *Service) conclude(ctx context.Context, id string, a account.Account, result account.Result, err error) (Done, error) {
	if err != nil && fault.KindOf(err) != fault.Invalid {
		s.o.Log.Warn("the directory did not answer a change", "recovery", id, "error", err)
		if result, err = s.o.Directory.Applied(ctx, id); err != nil {
			return Done{}, errUnsure // Run asks again
		}
		if result == account.Unknown {
			err = fault.New(fault.Unavailable, "Your change could not be made just now. Nothing was changed: try again.")
		}
	}
	if result == account.Done {
		return s.settle(ctx, id, a, policy.Apply)
	}
	if _, back := s.settle(ctx, id, a, policy.Return); back != nil {
		return Done{}, back
	}
	if err == nil {
		err = fault.New(fault.Refused, "This account cannot be changed here.")
	}
	return Done{}, err
}

// settle completes a claim or gives it back, and then makes the calls it owes.
func (s *Service) settle(ctx context.Context, id string, a account.Account, kind policy.EventKind) (done Done, err error) {
	err = s.o.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.take(tx, id, a)
		if err != nil {
			return err
		}
		if _, ok, err := h.apply(policy.Event{Kind: kind}); err != nil || !ok {
			if err == nil && h.row.state != policy.Completed {
				err = fault.New(fault.Conflict, "This was stopped.")
			}
			if err != nil {
				return err
			}
		}
		done = h.row.done()
		return nil
	})
	if err == nil && kind == policy.Apply {
		s.pay(ctx, id)
	}
	return done, err
}

func (r *row) done() Done {
	return Done{Recovery: r.id, Name: r.name, Want: r.want, Asked: r.opened, At: r.ended, Places: r.places, Told: r.told}
}
