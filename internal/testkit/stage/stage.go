// Package stage puts a whole Keyback up for a test: the real server on loopback, a
// real SMTP sink as its relay, accounts in local tables or at the sample application
// over HTTP, and visitors with browsers of their own. Only tests import it.
package stage

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/demo/acme"
	"keyback/internal/demo/walk"
	"keyback/internal/limit"
	"keyback/internal/record"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit"
)

// Options of a stage. The zero value is a Keyback on a fresh SQLite file with local
// accounts and the usual limits.
type Options struct {
	Database string                                // its address; a fresh SQLite file when empty
	Acme     bool                                  // accounts at the sample application, over HTTP
	Script   func(smtpsink.Attempt) smtpsink.Reply // how the sink answers
	Loose    bool                                  // limits so wide that no test meets them
	Change   func(*server.Options)                 // anything else
}

// Stage is a Keyback that runs until its test ends.
type Stage struct {
	T      testing.TB
	URL    string // of the pages
	Ops    string
	Acme   string // of the sample application; empty with local accounts
	Server *server.Server
	Sink   *smtpsink.Sink
	Clock  *testkit.Running
	stop   func()
}

// Password is what every sample account of a stage has.
const Password = "correct-horse-battery-staple"

// Each runs a story on SQLite, and on PostgreSQL where a cluster is given and when
// says so.
func Each(t *testing.T, when testkit.When, o Options, story func(t *testing.T, s *Stage)) {
	t.Helper()
	testkit.EachStory(t, when, func(t *testing.T, address string) {
		o := o
		o.Database = address
		story(t, Open(t, o))
	})
}

// Open puts a Keyback up.
func Open(t testing.TB, o Options) *Stage {
	t.Helper()
	s := &Stage{T: t, Clock: &testkit.Running{}}
	var err error
	if s.Sink, err = smtpsink.Listen(smtpsink.Options{Addr: "127.0.0.1:0", Script: o.Script, Now: s.Clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Sink.Close() })
	pages, ops := listen(t), listen(t)
	s.URL, s.Ops = "http://"+pages.Addr().String(), "http://"+ops.Addr().String()
	options := s.options(o)
	if o.Acme {
		s.openAcme(&options)
	}
	if o.Change != nil {
		o.Change(&options)
	}
	if s.Server, err = server.New(context.Background(), options); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Server.Serve(ctx, pages, ops) }()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
	}
	t.Cleanup(s.stop)
	return s
}

// Stop stops the server as an operator would.
func (s *Stage) Stop() { s.stop() }

func (s *Stage) options(o Options) server.Options {
	signer, err := record.NewSigner("stage.example/record")
	if err != nil {
		s.T.Fatal(err)
	}
	options := server.Options{
		DatabaseURL: o.Database, BaseURL: s.URL, Key: seal.New(), Signer: signer, Now: s.Clock.Now,
		Log:  slog.New(slog.NewTextHandler(testkit.Log(s.T), nil)),
		Name: "Acme", Relay: "smtp://" + s.Sink.Addr(), Sender: "account@acme.example", Help: "https://acme.example/help",
		Reach: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Limits: recovery.DefaultLimits(),
	}
	if options.DatabaseURL == "" {
		options.DatabaseURL = filepath.Join(s.T.TempDir(), "keyback.db")
	}
	if o.Loose {
		wide := limit.Within(1_000_000, time.Second)
		options.Limits = recovery.Limits{Subject: wide, Network: wide, Codes: wide, Brake: wide}
	}
	return options
}

func (s *Stage) openAcme(o *server.Options) {
	l := listen(s.T)
	s.Acme = "http://" + l.Addr().String()
	app, err := acme.New(acme.Options{RecoverURL: s.URL + "/recover", Secret: acme.DemoSecret, Now: s.Clock.Now})
	if err != nil {
		s.T.Fatal(err)
	}
	server := &http.Server{Handler: app, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	s.T.Cleanup(func() { _ = server.Close() })
	o.Directory, o.DirectorySecret, o.SignIn, o.Home = s.Acme+"/keyback", acme.DemoSecret, s.Acme+"/?name={account}", s.Acme+"/"
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Account makes a local account with confirmed, old addresses and Password.
func (s *Stage) Account(name string, emails ...string) account.Account {
	s.T.Helper()
	return s.Add(local.Entry{Name: name, Password: Password}, emails...)
}

// Add makes a local account as described, with confirmed, old addresses.
func (s *Stage) Add(e local.Entry, emails ...string) account.Account {
	s.T.Helper()
	for _, address := range emails {
		e.Emails = append(e.Emails, local.Email{Address: address, Since: s.Clock.Now().Add(-30 * 24 * time.Hour)})
	}
	a, err := s.Server.Local.Add(context.Background(), e, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	return a
}

// Letter waits for the newest-but-n mail to an address whose subject contains what
// is given, and reads it.
func (s *Stage) Letter(to, subject string, nth int) walk.Letter {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	seen := map[int64]bool{}
	var letter walk.Letter
	_, err := s.Sink.Wait(ctx, func(m smtpsink.Message) bool {
		if m.To != to || seen[m.N] {
			return false
		}
		l, err := walk.ReadLetter(m.Raw)
		if err != nil {
			s.T.Error(err)
			return false
		}
		if !strings.Contains(l.Subject, subject) {
			return false
		}
		seen[m.N] = true
		letter = l
		return len(seen) == nth
	})
	if err != nil {
		s.T.Fatalf("no mail %d to %s about %q came: %v", nth, to, subject, err)
	}
	return letter
}

// Verify recomputes the record and fails the test where it does not check.
func (s *Stage) Verify() {
	s.T.Helper()
	if _, err := s.Server.Record.Checkpoint(context.Background()); err != nil {
		s.T.Fatal(err)
	}
	if _, err := s.Server.Record.Verify(context.Background()); err != nil {
		s.T.Fatal(err)
	}
}
