package recovery

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"keyback/internal/account"
	"keyback/internal/credential"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/token"
)

// pass is what a browser holds after it opened a link or entered a code. It is
// sealed, so that a browser can neither make nor read one, and it is the only place
// where that use of the token is kept: the server's rows do not change.
type pass struct {
	Recovery string `json:"r"`
	Counter  int64  `json:"c"`
	Opened   int64  `json:"o"` // UTC microseconds
	Nonce    string `json:"n"`
}

var passAAD = []byte("recovery pass")

func (s *Service) sealPass(p pass) string {
	plain, _ := json.Marshal(p) // a struct of strings and numbers always marshals
	return base64.RawURLEncoding.EncodeToString(s.o.Seal.Wrap(plain, passAAD))
}

func (s *Service) openPass(sealed string) (p pass, ok bool) {
	if len(sealed) > 512 {
		return p, false
	}
	box, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return p, false
	}
	plain, err := s.o.Seal.Unwrap(box, passAAD)
	if err != nil {
		return p, false
	}
	return p, json.Unmarshal(plain, &p) == nil
}

// Follow turns the token of a letter's link into a pass for the browser that
// followed it. It changes nothing and reads nothing: what the pass is worth, Look
// says. False is a link that is not ours.
func (s *Service) Follow(link string) (sealed string, ok bool) {
	l, ok := s.o.Tokens.CheckLink(token.Recover, link)
	if !ok {
		return "", false
	}
	return s.sealPass(pass{Recovery: l.ID, Counter: l.Counter, Opened: db.Micros(s.now()), Nonce: token.Secret(16)}), true
}

func (s *Service) now() time.Time { return s.o.DB.Now() }

// Standing says what a pass is worth.
type Standing uint8

// What a pass can be worth.
const (
	Good       Standing = iota
	NoPass              // none, or none of ours
	RunOut              // the link was opened too late, or the pass is too old
	Replaced            // a newer mail is on its way
	Void                // the holder signed in, or got in another way, since
	Used                // it was used: the recovery is completed
	Underway            // it is being used this moment
	Stopped             // somebody stopped it
	Unopenable          // the mailbox alone opens no account here (any more)
)

// Choice is one account that a pass may open.
type Choice struct {
	ID          account.ID
	Name        string
	ByMail      bool // false: the mailbox alone does not suffice
	Least       int  // characters that a new password needs
	Locked      account.Lock
	FrozenUntil time.Time // zero when it is not frozen
}

// Opened is what a pass opens.
type Opened struct {
	Standing Standing
	Recovery string
	Want     policy.Want
	Address  string // the mailbox that was proven
	Choices  []Choice
	Sent     time.Time // of the newest mail, for Replaced
	Ended    time.Time // for Stopped
	Until    time.Time // when the pass runs out
}

// Look says what a pass opens, for the pages behind a link. It changes nothing.
func (s *Service) Look(ctx context.Context, sealed string) (Opened, error) {
	p, ok := s.openPass(sealed)
	if !ok {
		return Opened{Standing: NoPass}, nil
	}
	var r *row
	err := s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, p.Recovery); return err })
	if err != nil {
		return Opened{Standing: NoPass}, ignoreMissing(err)
	}
	o := Opened{Standing: s.standing(p, r, s.now()), Recovery: r.id, Want: r.want, Sent: r.sent, Ended: r.ended, Until: r.endOf(p)}
	if o.Standing != Good {
		return o, nil
	}
	accounts, mailbox, err := s.find(ctx, r)
	if err != nil {
		return o, err
	}
	o.Address = mailbox
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		o.Choices = o.Choices[:0]
		for _, a := range r.eligible(accounts) {
			c, err := choice(tx, r, a, mailbox)
			if err != nil {
				return err
			}
			o.Choices = append(o.Choices, c)
		}
		return nil
	})
	if len(o.Choices) == 0 {
		o.Standing = Unopenable
	}
	return o, err
}

func choice(tx *db.Tx, r *row, a account.Account, mailbox string) (Choice, error) {
	until, contested, err := barred(tx, a.ID)
	if a.Frozen(tx.Now()) {
		until = latest(until, a.FrozenUntil)
	}
	situation := policy.Situation{State: policy.Open, Want: r.want, Protection: a.Protection, Opened: r.opened, Contested: contested}
	offered := policy.Offered(situation, byMail(a, mailbox))
	least := credential.LeastAlone
	if a.Protection != policy.Basic {
		least = credential.LeastBeside
	}
	return Choice{ID: a.ID, Name: a.Name, ByMail: len(offered) > 0, Least: least, Locked: a.Lock, FrozenUntil: until}, err
}

// eligible are the accounts that may still be chosen: once a proven mailbox has
// chosen one, no other.
func (r *row) eligible(accounts []account.Account) []account.Account {
	if r.account == "" {
		return accounts
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(a account.Account) bool { return a.ID != r.account })
}

func (p pass) until() time.Time { return db.Time(p.Opened).Add(PassLife) }

// endOf is when a pass runs out: at its own end, or at that of its recovery.
func (r *row) endOf(p pass) time.Time {
	if r.state == policy.Open && r.due.Before(p.until()) {
		return r.due
	}
	return p.until()
}

// standing is what a pass is worth for its recovery at now.
func (s *Service) standing(p pass, r *row, now time.Time) Standing {
	switch r.state {
	case policy.Completed:
		return Used
	case policy.Stopped, policy.Contested, policy.Refused:
		if r.overtaken() {
			return Used
		}
		return Stopped
	case policy.Expired:
		return RunOut
	case policy.Claimed, policy.Granted:
		if string(r.pass) != string(s.o.Tokens.Hash("pass", p.Nonce)) {
			return Used // another browser's pass holds the grant
		}
		if r.state == policy.Claimed {
			return Underway
		}
		return Good
	}
	switch {
	case p.Counter != r.counter:
		return Replaced
	case r.void:
		return Void
	case !r.alive(db.Time(p.Opened)), !now.Before(r.endOf(p)), now.Before(db.Time(p.Opened).Add(-Skew)):
		return RunOut
	}
	return Good
}

// alive says whether the newest link and code lived at a moment: until their time
// is over, or, while no server has accepted the mail, as long as it may be sent.
// Never before they were made: a clock that was ahead leaves no token for later.
func (r *row) alive(at time.Time) bool {
	if at.Before(r.sent.Add(-Skew)) || !at.Before(r.sent.Add(MessageLife+TokenLife)) {
		return false
	}
	return r.tokenUntil.IsZero() || at.Before(r.tokenUntil)
}

func ignoreMissing(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
