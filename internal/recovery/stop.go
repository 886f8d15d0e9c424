package recovery

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/token"
)

// Attempt is what a letter's "This wasn't me" is about.
type Attempt struct {
	Recovery    string
	State       policy.State
	Name        string // of the account; empty while several may be meant
	Want        policy.Want
	At          time.Time
	Network     string
	Device      string
	Stopped     time.Time
	FrozenUntil time.Time
	Over        bool // too old to be stopped
}

var errStopLink = fault.New(fault.NotFound, "This link is not whole.")

// Suspect reads what a stop link is about and changes nothing.
func (s *Service) Suspect(ctx context.Context, link string) (Attempt, error) {
	id, ok := s.stops(link)
	if !ok {
		return Attempt{}, errStopLink
	}
	var at Attempt
	err := s.o.DB.View(ctx, func(tx *db.Tx) error {
		r, err := read(tx, id)
		if err == nil {
			at = r.attempt(tx.Now())
		}
		return err
	})
	return at, err
}

func (r *row) attempt(now time.Time) Attempt {
	return Attempt{
		Recovery: r.id, State: r.state, Name: r.name, Want: r.want, At: r.opened, Network: r.network, Device: r.device,
		Stopped: r.stoppedAt(), FrozenUntil: r.frozen, Over: !now.Before(r.opened.Add(StopLife)),
	}
}

// stoppedAt is when "this wasn't me" was said. Where the recovery was completed by
// then, its own end is not it, but the freeze began there.
func (r *row) stoppedAt() time.Time {
	if r.frozen.IsZero() {
		return r.ended
	}
	return r.frozen.Add(-policy.FreezeFor)
}

func (s *Service) stops(link string) (string, bool) {
	l, ok := s.o.Tokens.CheckLink(token.Stop, link)
	return l.ID, ok
}

// Stop is "this wasn't me", by somebody who reads the mailbox the letter went to.
// An open recovery ends and its account is frozen; a completed one stays completed
// and its account is frozen all the same. Where several accounts share the mailbox
// and none was chosen yet, all of them are. Stopping again changes nothing.
func (s *Service) Stop(ctx context.Context, link string) (Attempt, error) {
	id, ok := s.stops(link)
	if !ok {
		return Attempt{}, errStopLink
	}
	accounts, mailbox, err := s.meant(ctx, id)
	if err != nil {
		return Attempt{}, err
	}
	var at Attempt
	err = s.o.DB.Update(ctx, func(tx *db.Tx) error {
		for i, a := range accounts {
			h, err := s.take(tx, id, a)
			if err != nil {
				return err
			}
			at = h.row.attempt(tx.Now())
			if at.Over {
				return fault.New(fault.Refused, "This was too long ago to be stopped here. Ask for a person.")
			}
			if i == 0 {
				err = h.stop(byMail(a, mailbox), len(accounts) == 1)
			} else {
				err = h.disown(byMail(a, mailbox))
			}
			if err != nil {
				return err
			}
			at = h.row.attempt(tx.Now())
		}
		return nil
	})
	if err == nil {
		s.pay(ctx, id)
	}
	return at, err
}

// meant are the accounts that a stop is for; an account without id where the
// recovery was for none. While none is chosen, the one letter that was written went
// to the mailbox.
func (s *Service) meant(ctx context.Context, id string) (accounts []account.Account, mailbox string, err error) {
	var r *row
	err = s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, id); return err })
	if err != nil {
		return nil, "", err
	}
	if r.account != "" {
		a, err := s.account(ctx, r.account)
		return []account.Account{a}, "", err
	}
	accounts, mailbox, err = s.find(ctx, r)
	if len(accounts) == 0 {
		accounts = []account.Account{{}}
	}
	return accounts, mailbox, err
}

// stop ends an open recovery. A completed one cannot be undone by a click; its
// account is frozen, once. A mailbox that proves nothing, because it is young, ends
// the recovery and freezes nothing: whoever has just put an address on an account
// must not keep its holder out.
func (h *handling) stop(by policy.Classes, only bool) error {
	h.row.halted = h.row.halted || h.row.state == policy.Completed || !h.row.state.Final()
	if by == policy.None {
		_, _, err := h.apply(policy.Event{Kind: policy.Withdraw})
		return err
	}
	r := h.row
	if only && r.account == "" {
		r.account, r.name = h.account.ID, h.account.Name
	}
	if r.state == policy.Completed && r.frozen.IsZero() {
		return h.disown(by)
	}
	_, _, err := h.apply(policy.Event{Kind: policy.Stop, Classes: by})
	return err
}

// disown freezes an account that the recovery was, or could have been, for, and
// leaves the recovery's own state as it is.
func (h *handling) disown(by policy.Classes) error {
	s, err := h.situation()
	if err != nil {
		return err
	}
	s.State = policy.Completed
	d, ok := policy.Disown(s, by, h.tx.Now())
	if !ok {
		return nil
	}
	d.State = h.row.state
	return h.write(d)
}

// SignedIn is an ordinary sign-in of the holder: it stops other attempts to get
// into the account, and kills the links and codes of those in which nothing was
// shown yet. It runs in the transaction of the sign-in, and refuses it while a person
// has to decide whose account it is.
func (s *Service) SignedIn(tx *db.Tx, a account.Account) error {
	switch _, contested, err := barred(tx, a.ID); {
	case err != nil:
		return err
	case contested:
		return fault.New(fault.Refused, "A person has to decide whose account this is.")
	}
	h := &handling{s: s, tx: tx, account: a, row: &row{opened: tx.Now()}}
	if stops, err := h.signInStops(); err != nil || !stops {
		return err
	}
	if err := h.voidTokens(); err != nil {
		return err
	}
	ids, err := h.ids(`SELECT id FROM recovery WHERE account = $1 AND account <> '' AND id <> $2`+live, string(a.ID), "")
	for _, id := range ids {
		other, err := s.take(tx, id, a)
		if err != nil {
			return err
		}
		if _, _, err := other.apply(policy.Event{Kind: policy.Stop, Classes: policy.Password}); err != nil {
			return err
		}
	}
	return err
}

// signInStops asks policy: a password alone is a whole sign-in only where the
// account asks for no more.
func (h *handling) signInStops() (bool, error) {
	s, err := h.situation()
	if err != nil {
		return false, err
	}
	_, stops := policy.Decide(s, policy.Event{Kind: policy.Stop, Classes: policy.Password}, h.tx.Now())
	return stops, nil
}
