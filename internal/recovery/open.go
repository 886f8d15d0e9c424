package recovery

import (
	"context"
	"database/sql"
	"errors"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/limit"
	"keyback/internal/mail"
	"keyback/internal/policy"
	"keyback/internal/record"
	"keyback/internal/token"
)

// Start is what somebody asks for on the first page.
type Start struct {
	Login string      // an address or a name, as typed
	Want  policy.Want // ResetPassword or Unlock
	From  Origin
	// Returning says that the browser's cookie was there before, so that it may
	// have a live mail already.
	Returning bool
}

// asked is the leaf of an opening.
type asked struct {
	Want    string `json:"want"`
	Network string `json:"network"`
	Device  string `json:"device"`
}

// Open opens a recovery and leaves its mail, in one transaction that never looks
// the account up. A browser that has a live mail for the same gets that recovery
// again. fault.Invalid is a login that can be neither an address nor a name.
func (s *Service) Open(ctx context.Context, start Start) (id string, err error) {
	q, err := account.ParseLogin(start.Login)
	if err != nil {
		return "", err
	}
	subject, err := s.subject(q)
	if err != nil {
		return "", err
	}
	fresh := row{
		id: token.NewID("rec"), state: policy.Open, want: start.Want,
		asked: q.Address + q.Name, named: q.Name != "", subject: subject,
		browser: s.browser(start.From.Browser), network: start.From.Network, device: start.From.Device, language: start.From.Language,
	}
	s.o.Outbox.Pace(ctx, mail.Recovery)
	err = s.o.DB.Update(ctx, func(tx *db.Tx) error {
		if start.Returning {
			if id, err = s.live(tx, &fresh); err != nil || id != "" {
				return err
			}
		}
		r := fresh
		id = r.id
		return s.open(tx, &r)
	})
	return id, err
}

// live finds the recovery that this browser has open for the same, mail and all.
func (s *Service) live(tx *db.Tx, r *row) (string, error) {
	var id string
	err := tx.QueryRow(`SELECT id FROM recovery WHERE subject = $1 AND browser = $2 AND want = $3 AND state = 'open' AND message <> '' AND void = 0
		AND sent > $4 AND (token_until = 0 OR token_until > $5) AND sent < $6 ORDER BY opened DESC LIMIT 1`,
		r.subject, r.browser, int64(r.want), db.Micros(tx.Now().Add(-MessageLife)), db.Micros(tx.Now()), db.Micros(tx.Now().Add(Skew))).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func (s *Service) open(tx *db.Tx, r *row) error {
	r.opened = tx.Now()
	r.due = r.opened.Add(policy.UnprovenLife)
	within, _, err := limit.Take(tx, s.o.Tokens.Hash("bucket", "network", r.network), s.o.Limits.Network)
	if err != nil {
		return err
	}
	r.quiet, r.mute = !within, !within
	if err := s.send(tx, r); err != nil {
		return err
	}
	if err := r.insert(tx); err != nil {
		return err
	}
	return s.leaf(tx, r, record.Claimant, "asked", asked{r.want.String(), r.network, r.device})
}

// send leaves a mail with the next link and code, unless the subject's cap is
// reached: then there is none, and nothing live is shown any more.
func (s *Service) send(tx *db.Tx, r *row) error {
	within, _, err := limit.Take(tx, s.capped(r), s.o.Limits.Subject)
	if err != nil {
		return err
	}
	if !within {
		r.quiet = true
		return nil
	}
	r.counter++
	r.sends++
	r.sent, r.tokenUntil, r.void, r.tries = tx.Now(), db.Time(0), false, 0
	r.due = r.sent.Add(policy.UnprovenLife)
	m, err := s.o.Outbox.Enqueue(tx, mail.Message{
		Kind: kindRecover, Lane: mail.Recovery, Ref: r.id, Party: record.Claimant, Address: r.asked,
		Expires: r.sent.Add(MessageLife),
	})
	r.message = m.ID
	return err
}

// capped names the bucket of mails to what was asked; all spellings that may reach one
// inbox share it.
func (s *Service) capped(r *row) []byte {
	if canonical, err := account.Canonical(r.asked); err == nil && !r.named {
		return s.o.Tokens.Hash("bucket", "inbox", account.Inbox(canonical))
	}
	return s.o.Tokens.Hash("bucket", "subject", string(r.subject))
}

func (s *Service) leaf(tx *db.Tx, r *row, party, kind string, payload any) error {
	return s.o.Record.Append(tx, record.Entry{Recovery: r.id, Party: party, Kind: kind, Payload: payload})
}
