package recovery

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/mail/letter"
	"keyback/internal/policy"
	"keyback/internal/token"
)

// kindRecover is the mail that carries link and code, or says that there is no
// account. The others are named by policy's letters.
const kindRecover = "recover"

// Compose writes a message of recovery's just before it is handed over: here, and
// not earlier, the account is looked up and the tokens are made. Nil is a mail that
// nobody needs any more, or that was never to be sent.
func (s *Service) Compose(ctx context.Context, m mail.Message) (*mail.Composed, error) {
	var r *row
	err := s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, m.Ref); return err })
	if err != nil {
		return nil, ignoreMissing(err)
	}
	if m.Kind == kindRecover {
		return s.composeRecover(ctx, m, r)
	}
	return s.composeNotice(ctx, m, r)
}

func (s *Service) composeRecover(ctx context.Context, m mail.Message, r *row) (*mail.Composed, error) {
	if r.state != policy.Open || r.message != m.ID || r.void {
		return nil, nil // a newer mail carries the tokens, or none is needed
	}
	accounts, mailbox, err := s.find(ctx, r)
	if err != nil {
		return nil, err
	}
	if mailbox == "" {
		if r.named || r.mute {
			return nil, nil
		}
		return s.build(m, r.language, r.asked, letter.NoAccount{Want: wanted(r.want), Start: s.o.BaseURL + "/recover"})
	}
	l := letter.Recover{
		Want: wanted(r.want), Link: s.o.BaseURL + "/in/" + s.o.Tokens.Link(token.Recover, r.id, r.counter),
		Asked: r.place(r.opened), Stop: s.stopLink(r),
	}
	if codeSuffices(accounts) {
		l.Code = s.o.Tokens.Code(r.id, r.counter)
	}
	if l.Accounts, err = s.described(ctx, r, accounts, mailbox); err != nil {
		return nil, err
	}
	language := accounts[0].Language
	if language == "" {
		language = r.language
	}
	return s.build(m, language, mailbox, l)
}

func (s *Service) described(ctx context.Context, r *row, accounts []account.Account, mailbox string) (all []letter.Account, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		all = all[:0]
		for _, a := range accounts {
			c, err := choice(tx, r, a, mailbox)
			if err != nil {
				return err
			}
			all = append(all, letter.Account{Name: a.Name, NeedsMore: !c.ByMail, FrozenUntil: c.FrozenUntil})
		}
		return nil
	})
	return all, err
}

func (s *Service) composeNotice(ctx context.Context, m mail.Message, r *row) (*mail.Composed, error) {
	a, err := s.bound(ctx, r.id)
	if err != nil {
		return nil, err
	}
	name, language := r.name, r.language
	if a.Language != "" {
		language = a.Language
	}
	seal, err := s.Seal(ctx)
	if err != nil {
		return nil, err
	}
	start := s.o.BaseURL + "/recover"
	switch policy.Letter(m.Kind) {
	case policy.LetterChanged:
		_, ends := s.o.Directory.(account.SessionEnder)
		return s.build(m, language, m.Address, letter.Changed{Account: name, Changed: r.place(r.ended), SignedIn: !ends && s.o.EndSessions == nil, Stop: s.stopLink(r), Seal: seal})
	case policy.LetterUnlocked:
		return s.build(m, language, m.Address, letter.Unlocked{Account: name, Unlocked: r.place(r.ended), Stop: s.stopLink(r), Seal: seal})
	case policy.LetterStopped, policy.LetterContested:
		return s.build(m, language, m.Address, letter.Stopped{Account: name, Attempt: r.place(r.opened), At: r.stoppedAt(), FrozenUntil: r.frozen, Start: start, Seal: seal})
	case policy.LetterExpired:
		return s.build(m, language, m.Address, letter.RanOut{Account: name, Attempt: r.place(r.opened), At: r.ended, Start: start, Seal: seal})
	}
	return nil, nil
}

// Seal is the newest checkpoint's, printed in letters after a proof: made first, so
// that it covers what the letter tells.
func (s *Service) Seal(ctx context.Context) (string, error) {
	c, err := s.o.Record.Checkpoint(ctx)
	return c.Seal(), err
}

func (s *Service) build(m mail.Message, language, to string, l letter.Letter) (*mail.Composed, error) {
	raw, err := s.o.Letters.Build(language, l, letter.Header{To: to, MessageID: m.MessageID, Date: s.now()})
	if err != nil {
		return nil, err
	}
	return &mail.Composed{From: s.o.Letters.Sender(), To: to, Raw: raw}, nil
}

func (s *Service) stopLink(r *row) string {
	return s.o.BaseURL + "/stop/" + s.o.Tokens.Link(token.Stop, r.id, 0)
}

func (r *row) place(at time.Time) letter.Place {
	return letter.Place{Browser: r.device, At: at}
}

func wanted(w policy.Want) letter.Want {
	if w == policy.Unlock {
		return letter.Unlock
	}
	return letter.Password
}

// mailed is the leaf of a mail's end.
type mailed struct {
	Kind  string `json:"kind"`
	Class string `json:"class"`
	Host  string `json:"host,omitempty"`
}

// Fate notes what became of a mail: from its acceptance on, link and code live for
// TokenLife. Known and unknown leave the same leaf.
func (s *Service) Fate(tx *db.Tx, m mail.Message, o mail.Outcome) error {
	if !o.Class.Final() {
		return nil
	}
	if m.Kind == kindRecover && o.Class == mail.Accepted {
		_, err := tx.Exec(`UPDATE recovery SET version = version + 1, token_until = $3 WHERE id = $1 AND message = $2 AND token_until = 0`,
			m.Ref, m.ID, db.Micros(o.At.Add(TokenLife)))
		if err != nil {
			return err
		}
	}
	return s.leaf(tx, &row{id: m.Ref}, m.Party, "mail", mailed{m.Kind, o.Class.String(), o.Host})
}
