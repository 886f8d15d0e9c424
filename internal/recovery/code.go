package recovery

import (
	"context"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/limit"
	"keyback/internal/policy"
	"keyback/internal/record"
	"keyback/internal/token"
)

// ErrWrongCode is the one answer to every code that opens nothing: wrong, old,
// tried too often, for no account, or for one that no code may open.
var ErrWrongCode = fault.New(fault.Invalid, "That is not the newest code.")

// tried is the leaf of a code that was entered.
type tried struct {
	Right   bool   `json:"right"`
	Network string `json:"network"`
}

// EnterCode takes a code in the browser that asked and gives it a pass. Every limit
// on tries is invisible: behind it the right code is as wrong as any.
func (s *Service) EnterCode(ctx context.Context, id string, from Origin, typed string) (sealed string, err error) {
	var r *row
	right := false
	err = s.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if r, err = take(tx, id); err != nil {
			return err
		}
		if string(r.browser) != string(s.browser(from.Browser)) {
			return errNoRecovery
		}
		right, err = s.try(tx, r, typed)
		if err != nil {
			return err
		}
		if err := r.save(tx); err != nil {
			return err
		}
		return s.leaf(tx, r, record.Claimant, "code", tried{right, from.Network})
	})
	if err != nil || !right {
		return "", orWrong(err)
	}
	// Only the holder of the newest mail comes here, or one guess in 10^8.
	if ok, err := s.takesCodes(ctx, r); err != nil || !ok {
		return "", orWrong(err)
	}
	return s.sealPass(pass{Recovery: r.id, Counter: r.counter, Opened: db.Micros(s.now()), Nonce: token.Secret(16)}), nil
}

func orWrong(err error) error {
	if err == nil {
		return ErrWrongCode
	}
	return err
}

// try counts a try everywhere it counts and says whether it was the code. All
// counters move alike for known and unknown.
func (s *Service) try(tx *db.Tx, r *row, typed string) (bool, error) {
	r.tries++
	name := string(r.subject)
	within, _, err := limit.Take(tx, s.o.Tokens.Hash("bucket", "codes", name), s.o.Limits.Codes)
	if err != nil {
		return false, err
	}
	n, err := limit.Miss(tx, s.misses(r))
	if err != nil {
		return false, err
	}
	// Everybody's brake counts tries that could succeed: with the others, one browser
	// could hold it for all. They take as long, from a bucket that brakes nothing.
	brake := "brake"
	if !within || r.tries > CodeTries {
		brake = "beyond"
	}
	free, _, err := limit.Take(tx, s.o.Tokens.Hash("bucket", brake), s.o.Limits.Brake)
	if err != nil {
		return false, err
	}
	match := s.o.Tokens.CodeIs(r.id, r.counter, typed)
	if !match || !within || !free || n > RunOfMisses || r.tries > CodeTries || r.state != policy.Open || r.void || !r.alive(tx.Now()) {
		return false, nil
	}
	r.tries = CodeTries + 1 // a code is used once
	return true, limit.Clear(tx, s.misses(r))
}

// misses names the run of wrong codes for what was asked. A right code ends it or,
// where there were too many for any code, a link that was used.
func (s *Service) misses(r *row) []byte { return s.o.Tokens.Hash("run", "codes", string(r.subject)) }

// takesCodes says whether this recovery's mail carried a code: one that opens
// accounts, and none of them with more than a password.
func (s *Service) takesCodes(ctx context.Context, r *row) (bool, error) {
	accounts, _, err := s.find(ctx, r)
	return len(accounts) > 0 && codeSuffices(accounts), err
}

// codeSuffices: where an account has a second step, the letter carries the link
// alone, so that nobody can be talked out of the code for it.
func codeSuffices(accounts []account.Account) bool {
	for _, a := range accounts {
		if a.Protection != policy.Basic {
			return false
		}
	}
	return true
}

// Resend leaves a new mail in the recovery of the browser that asked; older links
// and codes of it are dead. Where its time is over, it asks anew: the id it gives is
// the one to go on with. fault.Limited says when the next may be asked for.
func (s *Service) Resend(ctx context.Context, id string, from Origin) (string, error) {
	over := false
	var r *row
	err := s.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
		r, err = take(tx, id)
		if err != nil {
			return err
		}
		if string(r.browser) != string(s.browser(from.Browser)) {
			return errNoRecovery
		}
		if over = r.state == policy.Expired; over {
			return nil
		}
		if r.state != policy.Open || r.sends >= MaxSends {
			return fault.New(fault.Refused, "No more mails go out for this request. Start again.")
		}
		if wait := r.sent.Add(ResendAfter).Sub(tx.Now()); wait > 0 {
			return fault.New(fault.Limited, "The mail before is still on its way.").Retry(wait)
		}
		if err := s.send(tx, r); err != nil {
			return err
		}
		if err := r.save(tx); err != nil {
			return err
		}
		return s.leaf(tx, r, record.Claimant, "asked-again", asked{r.want.String(), from.Network, from.Device})
	})
	if err == nil && over {
		return s.Open(ctx, Start{Login: r.asked, Want: r.want, From: from, Returning: true})
	}
	return id, err
}
