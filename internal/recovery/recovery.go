// Package recovery lets the holder of an account back in and keeps everybody else
// out. One recovery is one attempt: it is opened for an address or a name, writes
// a mail, takes what is shown, and ends as what policy decides.
//
// What it promises:
//
//   - Opening costs the same, writes the same and answers the same whether the
//     account exists or not: nothing looks it up before the mail is composed.
//   - Every change of state goes through apply (handle.go), which asks policy.Decide
//     and writes state, leaf, letters and effects in one transaction.
//   - A link or a code gives the browser that used it a pass, and nothing else
//     anywhere: no row changes when a link is opened. The pass is spent when a
//     password is set or an account unlocked, once.
//   - No transaction is open while the directory is asked or told. A change is
//     claimed, made, completed; whatever crashes in between is taken up by Run.
//   - A token is derived when a letter is composed and stored nowhere. Rows hold its
//     counter; raising it kills what was sent before.
//
// It never imports desk, serves no HTTP and knows no page. Sources: NIST SP 800-63B-4
// section 4.2, OWASP Forgot Password Cheat Sheet.
package recovery

import (
	"context"
	"log/slog"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/limit"
	"keyback/internal/mail"
	"keyback/internal/mail/letter"
	"keyback/internal/policy"
	"keyback/internal/record"
	"keyback/internal/seal"
	"keyback/internal/token"
)

// Times of a recovery that policy does not rule on.
const (
	MessageLife = 3*time.Hour + 30*time.Minute // a mail with a token is dropped after it
	TokenLife   = letter.Life                  // of link and code, from the mail's acceptance
	PassLife    = 30 * time.Minute             // of what a browser holds, from opening the link
	StopLife    = 30 * 24 * time.Hour          // of "this wasn't me"
	ResendAfter = time.Minute                  // between two mails of one recovery
	MaxSends    = 4                            // mails of one recovery
	CodeTries   = 5                            // at one code
	RunOfMisses = 100                          // wrong codes in a row, after which only links work
	Skew        = 5 * time.Minute              // how far the clocks of two nodes may differ
)

// Limits bound what strangers can cause. A zero Rate is no limit.
type Limits struct {
	Subject limit.Rate // mails to one address or name
	Network limit.Rate // recoveries opened from one network
	Codes   limit.Rate // codes tried for one address or name
	Brake   limit.Rate // codes tried, everybody's together
}

// DefaultLimits are what security.md asks for.
func DefaultLimits() Limits {
	return Limits{
		Subject: limit.Within(5, time.Hour),
		Network: limit.Rate{N: 60, Per: time.Hour, Burst: 30},
		Codes:   limit.Within(10, time.Hour),
		Brake:   limit.Rate{N: 600, Per: time.Minute},
	}
}

// Options of a Service. All but Log are needed.
type Options struct {
	DB        *db.DB
	Directory account.Directory
	Outbox    *mail.Outbox
	Record    *record.Log
	Letters   *letter.Letters
	BaseURL   string // of the claimants' pages, without a slash at its end
	Tokens    token.Key
	Seal      seal.Key
	Limits    Limits
	// Password says whether a new password may be used: nil, or fault.Invalid
	// with the reason. about is what it must not resemble.
	Password func(ctx context.Context, password string, about []string, besideFactor bool) error
	// EndSessions ends every place where an account is signed in here.
	EndSessions func(tx *db.Tx, id account.ID) (int, error)
	Log         *slog.Logger
}

// Service opens and moves recoveries. It is safe for concurrent use.
type Service struct{ o Options }

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{o: o}
}

// Origin is where an attempt comes from, in words that may be told to the holder.
type Origin struct {
	Browser  string // the secret of the browser's cookie
	Network  string // the network's prefix, such as 192.0.2.0/24
	Device   string // "Firefox on Android"
	Language string // of the page, BCP 47
}

func (s *Service) browser(secret string) []byte { return s.o.Tokens.Hash("browser", secret) }

// query reads what was asked for.
func (r *row) query() account.Query {
	if r.named {
		return account.Query{Name: r.asked}
	}
	return account.Query{Address: r.asked}
}

// subject is the canonical form of a query as limits and siblings know it.
func (s *Service) subject(q account.Query) ([]byte, error) {
	if q.Address != "" {
		c, err := account.Canonical(q.Address)
		return s.o.Tokens.Hash("subject", "address", c), err
	}
	c, err := account.CanonicalName(q.Name)
	return s.o.Tokens.Hash("subject", "name", c), err
}

// subjects are all that an account can be asked for by.
func (s *Service) subjects(a account.Account) [][]byte {
	var all [][]byte
	for _, q := range append([]account.Query{{Name: a.Name}}, addressQueries(a)...) {
		if h, err := s.subject(q); err == nil {
			all = append(all, h)
		}
	}
	return all
}

func addressQueries(a account.Account) []account.Query {
	var all []account.Query
	for _, addr := range a.Addresses {
		all = append(all, account.Query{Address: addr.Email})
	}
	return all
}

// find looks up what a recovery asks for, with no transaction open.
func (s *Service) find(ctx context.Context, r *row) ([]account.Account, string, error) {
	found, err := s.o.Directory.Find(ctx, r.query())
	if err != nil {
		return nil, "", err
	}
	kept, mailbox := account.Match(r.query(), found)
	return kept, mailbox, nil
}

// byMail is what the mailbox can prove about an account: nothing, while the
// address is young.
func byMail(a account.Account, mailbox string) policy.Classes {
	for _, addr := range a.Addresses {
		if addr.Email == mailbox && addr.Young {
			return policy.None
		}
	}
	return policy.Mailbox
}
