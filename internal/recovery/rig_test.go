package recovery_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/credential"
	"keyback/internal/db"
	"keyback/internal/demo/walk"
	"keyback/internal/fault"
	"keyback/internal/limit"
	"keyback/internal/mail"
	"keyback/internal/mail/letter"
	"keyback/internal/policy"
	"keyback/internal/record"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/testkit"
	"keyback/internal/token"
)

const (
	base    = "https://account.example.com"
	words   = "amber canal otter plinth"
	another = "velvet harbour onion ladder"
)

// rig is a Service over a database, local accounts and no server: mail is composed
// and accepted when a test says so.
type rig struct {
	*recovery.Service
	t         *testing.T
	db        *db.DB
	clock     *testkit.Clock
	local     *local.Local
	directory *flaky
	record    *record.Log
	tokens    token.Key
	ended     atomic.Int64 // times that sessions were ended
}

// flaky is the local directory behind a line that can be cut.
type flaky struct {
	*local.Local
	finds atomic.Int64
	cut   atomic.Value // of type cut
}

// cut says what is wrong with the line.
type cut struct {
	find, before, after, applied bool   // which calls fail; before and after the change is made
	rule                         string // what the directory says of every new password
}

var errLine = errors.New("the line is cut")

func (f *flaky) Find(ctx context.Context, q account.Query) ([]account.Account, error) {
	f.finds.Add(1)
	if f.cut.Load().(cut).find {
		return nil, errLine
	}
	return f.Local.Find(ctx, q)
}

func (f *flaky) Change(ctx context.Context, c account.Change) (account.Result, error) {
	is := f.cut.Load().(cut)
	switch {
	case is.rule != "" && c.Password != "":
		return account.Unknown, fault.New(fault.Invalid, is.rule)
	case is.before:
		return account.Unknown, errLine
	}
	result, err := f.Local.Change(ctx, c)
	if is.after {
		return account.Unknown, errLine
	}
	return result, err
}

func (f *flaky) Applied(ctx context.Context, key string) (account.Result, error) {
	if f.cut.Load().(cut).applied {
		return account.Unknown, errLine
	}
	return f.Local.Applied(ctx, key)
}

// each runs a story on each engine, with limits that no story meets unless it says so.
func each(t *testing.T, story func(t *testing.T, r *rig)) {
	t.Helper()
	eachWithin(t, recovery.Limits{}, story)
}

func eachWithin(t *testing.T, limits recovery.Limits, story func(t *testing.T, r *rig)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) { story(t, newRig(t, d, c, limits)) })
}

func newRig(t *testing.T, d *db.DB, c *testkit.Clock, limits recovery.Limits) *rig {
	t.Helper()
	key := seal.New()
	signer, err := record.NewSigner("rig.example/record")
	must(t, err)
	letters, err := letter.New(letter.Options{Brand: letter.Brand{Name: "Acme", Sender: "account@acme.example"}, BaseURL: base})
	must(t, err)
	r := &rig{t: t, db: d, clock: c, tokens: token.Key(key.Derive("token"))}
	r.local = local.New(local.Options{DB: d, Hasher: credential.New(credential.Options{Pepper: key.Derive("pepper")})})
	r.directory = &flaky{Local: r.local}
	r.directory.cut.Store(cut{})
	r.record = record.New(record.Options{DB: d, Signer: signer, Wrap: key})
	r.Service = recovery.New(recovery.Options{
		DB: d, Directory: r.directory, Outbox: mail.NewOutbox(mail.Options{}), Record: r.record, Letters: letters,
		BaseURL: base, Tokens: r.tokens, Seal: key, Limits: limits, Log: slog.New(slog.NewTextHandler(testkit.Log(t), nil)),
		Password: func(_ context.Context, password string, _ []string, _ bool) error {
			if len(password) < 8 {
				return fault.New(fault.Invalid, "password.short")
			}
			return nil
		},
		EndSessions: func(*db.Tx, account.ID) (int, error) { r.ended.Add(1); return 2, nil },
	})
	return r
}

func (r *rig) account(name string, emails ...string) account.Account {
	r.t.Helper()
	return r.add(local.Entry{Name: name}, emails...)
}

func (r *rig) add(e local.Entry, emails ...string) account.Account {
	r.t.Helper()
	e.Password = "correct-horse-battery-staple"
	for _, address := range emails {
		e.Emails = append(e.Emails, local.Email{Address: address, Since: r.clock.Now().Add(-60 * 24 * time.Hour)})
	}
	a, err := r.local.Add(context.Background(), e, nil)
	must(r.t, err)
	return a
}

// from is a browser of that name.
func from(browser string) recovery.Origin {
	return recovery.Origin{Browser: browser, Network: "192.0.2.0/24", Device: "Firefox on Linux", Language: "en"}
}

// open asks for a login in a browser that was here before.
func (r *rig) open(browser, login string) string {
	r.t.Helper()
	return r.want(browser, login, policy.ResetPassword)
}

func (r *rig) want(browser, login string, want policy.Want) string {
	r.t.Helper()
	id, err := r.Open(context.Background(), recovery.Start{Login: login, Want: want, From: from(browser), Returning: true})
	must(r.t, err)
	return id
}

func (r *rig) messages(id string) (all []mail.Message) {
	r.t.Helper()
	must(r.t, r.db.View(context.Background(), func(tx *db.Tx) (err error) { all, err = mail.ByRef(tx, id); return err }))
	return all
}

// deliver composes the newest message of a kind and lets a server take it.
func (r *rig) deliver(id, kind string) walk.Letter {
	r.t.Helper()
	l, ok := r.letter(id, kind)
	if !ok {
		r.t.Fatalf("%s has no %s mail to send", id, kind)
	}
	return l
}

func (r *rig) letter(id, kind string) (walk.Letter, bool) {
	r.t.Helper()
	for _, m := range r.messages(id) {
		if m.Kind != kind {
			continue
		}
		c, err := r.Compose(context.Background(), m)
		must(r.t, err)
		class := mail.Accepted
		if c == nil {
			class = mail.Dropped
		}
		must(r.t, r.db.Update(context.Background(), func(tx *db.Tx) error {
			return r.Fate(tx, m, mail.Outcome{Class: class, At: tx.Now(), Host: "mx.example.com"})
		}))
		if c == nil {
			return walk.Letter{}, false
		}
		l, err := walk.ReadLetter(c.Raw)
		must(r.t, err)
		return l, true
	}
	return walk.Letter{}, false
}

// opens asks, has the mail taken and gives its letter.
func (r *rig) opens(browser, login string) (string, walk.Letter) {
	r.t.Helper()
	id := r.open(browser, login)
	return id, r.deliver(id, "recover")
}

// follow opens a letter's link in a browser of its own.
func (r *rig) follow(l walk.Letter) string {
	r.t.Helper()
	pass, ok := r.Follow(last(l.Link))
	if !ok {
		r.t.Fatalf("%q is no link of ours", l.Link)
	}
	return pass
}

func (r *rig) standing(pass string) recovery.Standing {
	r.t.Helper()
	o, err := r.Look(context.Background(), pass)
	must(r.t, err)
	return o.Standing
}

func (r *rig) set(pass string, id account.ID, password string) error {
	_, err := r.SetPassword(context.Background(), pass, id, password, from("any"))
	return err
}

func (r *rig) due() {
	r.t.Helper()
	must(r.t, r.Due(context.Background()))
}

func (r *rig) state(id, browser string) policy.State {
	r.t.Helper()
	p, err := r.See(context.Background(), id, from(browser))
	must(r.t, err)
	return p.State
}

// opensWith says whether an account's password is this one.
func (r *rig) opensWith(name, password string) bool {
	r.t.Helper()
	_, ok, err := r.local.Check(context.Background(), account.Query{Name: name}, password)
	must(r.t, err)
	return ok
}

func (r *rig) signIn(a account.Account) {
	r.t.Helper()
	must(r.t, r.db.Update(context.Background(), func(tx *db.Tx) error { return r.SignedIn(tx, a) }))
}

func (r *rig) frozen(a account.Account) (until time.Time) {
	r.t.Helper()
	must(r.t, r.db.View(context.Background(), func(tx *db.Tx) (err error) { until, err = account.Frozen(tx, a.ID); return err }))
	return until
}

// leaves are the kinds of a recovery's leaves towards a party, in order.
func (r *rig) leaves(id, party string) string {
	r.t.Helper()
	all, err := r.record.Leaves(context.Background(), id, party)
	must(r.t, err)
	var kinds []string
	for _, l := range all {
		kinds = append(kinds, l.Kind)
	}
	return strings.Join(kinds, " ")
}

func within(n int) limit.Rate { return limit.Rate{N: n, Per: time.Hour} }

func last(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
