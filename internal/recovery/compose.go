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
	err := s.o.DB.Look(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, m.Ref); return err })
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
	// Both letters are written, whichever goes out: what the server is busy with just
	// after a start can be felt by the next request, and must not tell which it is.
	shown, to := accounts, mailbox
	if mailbox == "" {
		shown, to = []account.Account{{Name: r.asked}}, r.asked
		if r.named {
			to = s.o.Letters.Sender() // this one goes to nobody
		}
	}
	way, wayErr := s.wayIn(ctx, m, r, shown, to)
	none, noneErr := s.build(m, r.language, to, letter.NoAccount{Want: wanted(r.want), Start: s.o.BaseURL + "/recover"})
	switch {
	case mailbox != "":
		return way, wayErr
	case r.named || r.mute:
		return nil, nil
	}
	return none, noneErr
}

// wayIn is the letter with link and code.
func (s *Service) wayIn(ctx context.Context, m mail.Message, r *row, accounts []account.Account, mailbox string) (*mail.Composed, error) {
	l := letter.Recover{
		Want: wanted(r.want), Link: s.o.BaseURL + "/in/" + s.o.Tokens.Link(token.Recover, r.id, r.counter),
		Asked: r.place(r.opened), Stop: s.stopLink(r),
	}
	if codeSuffices(accounts) {
		l.Code = s.o.Tokens.Code(r.id, r.counter)
	}
	var err error
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
	view := s.o.DB.View
	if len(accounts) == 1 { // as nearly always: one statement
		view = s.o.DB.Look
	}
	err = view(ctx, func(tx *db.Tx) error {
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
