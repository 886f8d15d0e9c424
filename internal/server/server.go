// Package server puts a Keyback together: the one assembly that serve, demo, bench
// and the stories run. It decides nothing; it binds what the packages ask for in
// their Options.
//
// New opens the database and prepares everything; Serve runs it until its context
// ends, lets what is in hand finish, and closes. Nothing runs before Serve.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/httpdir"
	"keyback/internal/account/local"
	"keyback/internal/credential"
	"keyback/internal/credential/breach"
	"keyback/internal/db"
	"keyback/internal/dial"
	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/mail"
	"keyback/internal/mail/deliver"
	"keyback/internal/mail/letter"
	"keyback/internal/mail/queue"
	"keyback/internal/record"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/session"
	"keyback/internal/token"
	"keyback/internal/web/parts"
)

// Options say what is put together. DatabaseURL, BaseURL, Key, Signer, Relay and
// Sender are needed.
type Options struct {
	DatabaseURL string
	NoMigrate   bool
	Conns       int
	BaseURL     string // as people reach the pages, such as https://account.example.com
	Key         seal.Key
	Signer      *record.Signer
	Now         func() time.Time
	Log         *slog.Logger

	Name    string // the application's, as people know it
	Accent  string // #RRGGBB
	Home    string // the application's first page
	SignIn  string // where a person signs in, {account} in it their name; Keyback's own page when empty
	Help    string // the operator's page for help, or mailto:
	Mailbox parts.Mailbox

	Relay   string // smtp://..., see deliver.ParseRelay
	Sender  string // where letters come from
	Workers int    // deliveries at once

	Directory       string // the application's directory over HTTP; local tables when empty
	DirectorySecret string

	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Reach   []netip.Prefix // networks beside the public ones that may be dialled
	Limits  recovery.Limits
	Hashes  int // password hashes at once; one a processor when zero

	BreachFolder string // Pwned Passwords on disk
	BreachRange  string // or behind the range API

	Around func(http.Handler) http.Handler // put around the pages: the demonstration's dock
}

// Server is a Keyback that is put together.
type Server struct {
	DB       *db.DB
	Local    *local.Local // nil where the directory is elsewhere
	Recovery *recovery.Service
	Record   *record.Log
	Hasher   *credential.Hasher
	Queue    *queue.Queue
	Outbox   *mail.Outbox

	o         Options
	base      *url.URL
	directory account.Directory
	places    session.Places
	letters   *letter.Letters
	client    *deliver.Client
	streams   *httpx.Streams
	health    mailHealth
	pages     http.Handler
	ops       http.Handler
}

// New puts a Keyback together. Its errors name the option to mend.
func New(ctx context.Context, o Options) (_ *Server, err error) {
	o.defaults()
	s := &Server{o: o, streams: httpx.NewStreams(maxStreams)}
	if s.base, err = base(o.BaseURL); err != nil {
		return nil, err
	}
	dialer := dial.New(dial.Options{Allow: o.Reach, Setting: "reach"})
	s.client, err = deliver.New(deliver.Options{Relay: o.Relay, Dial: dialer, Hello: s.base.Hostname(), MaxConns: o.Workers})
	if err != nil {
		return nil, err
	}
	breached, err := o.breached(dialer)
	if err != nil {
		return nil, err
	}
	s.letters, err = letter.New(letter.Options{Brand: o.brand(), BaseURL: o.BaseURL})
	if err != nil {
		return nil, unusable(err)
	}
	s.DB, err = db.Open(ctx, db.Options{URL: o.DatabaseURL, Now: o.Now, NoMigrate: o.NoMigrate, Conns: o.Conns})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.DB.Close())
		}
	}()
	s.Hasher = credential.New(credential.Options{Pepper: o.Key.Derive("pepper"), Workers: o.Hashes})
	if err := s.openDirectory(dialer); err != nil {
		return nil, err
	}
	s.Outbox = mail.NewOutbox(mail.Options{Node: "keyback", Domain: domain(o.Sender), Buffer: 1024})
	s.Record = record.New(record.Options{DB: s.DB, Signer: o.Signer, Wrap: o.Key, Log: o.Log})
	s.places = session.New(token.Key(o.Key.Derive("session")))
	s.Recovery = recovery.New(recovery.Options{
		DB: s.DB, Directory: s.directory, Outbox: s.Outbox, Record: s.Record, Letters: s.letters, BaseURL: o.BaseURL,
		Tokens: token.Key(o.Key.Derive("token")), Seal: o.Key, Limits: o.Limits, Log: o.Log,
		Password: func(ctx context.Context, password string, about []string, beside bool) error {
			return credential.Check(ctx, password, append(about, o.Name), beside, breached)
		},
		EndSessions: func(tx *db.Tx, id account.ID) (int, error) { return s.places.EndAll(tx, id, "") },
	})
	s.Queue = queue.New(queue.Options{
		DB: s.DB, Outbox: s.Outbox, Compose: s.compose, Fate: s.Recovery.Fate, Fates: s.Recovery.Fates, Deliver: s.deliver,
		Workers: o.Workers, Now: o.Now, Log: o.Log,
	})
	door := &session.Door{DB: s.DB, Places: s.places, Directory: s.directory, SignedIn: s.Recovery.SignedIn}
	if s.pages, err = s.web(door, s.letters); err != nil {
		return nil, err
	}
	if o.Around != nil {
		s.pages = o.Around(s.pages)
	}
	s.ops = s.operations()
	return s, nil
}

func (o *Options) defaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Workers == 0 {
		o.Workers = 32
	}
	if o.SignIn == "" {
		o.SignIn = o.BaseURL + "/signin?name={account}"
	}
}

func base(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.TrimSuffix(u.Path, "/") != "" || strings.HasSuffix(address, "/") {
		return nil, fault.New(fault.Invalid, "the base address must be like https://account.example.com, without a path").Hint("set base-url")
	}
	return u, nil
}

// unusable makes an option that something below refused a fault of whoever set it.
func unusable(err error) error { return fault.New(fault.Invalid, err.Error()) }

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (o *Options) breached(d *dial.Dialer) (breach.Checker, error) {
	checkers := []breach.Checker{breach.Common()}
	if o.BreachFolder != "" {
		c, err := breach.Folder(o.BreachFolder)
		if err != nil {
			return nil, err
		}
		checkers = append(checkers, c)
	}
	if o.BreachRange != "" {
		c, err := breach.Range(o.BreachRange, dial.HTTPClient(d, dial.HTTPOptions{Timeout: 3 * time.Second}))
		if err != nil {
			return nil, err
		}
		checkers = append(checkers, c)
	}
	return breach.All(func(err error) { o.Log.Warn("breached passwords could not be looked up", "error", err) }, checkers...), nil
}

func (s *Server) openDirectory(d *dial.Dialer) (err error) {
	if s.o.Directory == "" {
		s.Local = local.New(local.Options{DB: s.DB, Hasher: s.Hasher})
		s.directory = s.Local
		return nil
	}
	s.directory, err = httpdir.New(httpdir.Options{
		URL: s.o.Directory, Secret: s.o.DirectorySecret, Now: s.o.Now,
		Client: dial.HTTPClient(d, dial.HTTPOptions{Timeout: 5 * time.Second, MaxBody: 1 << 20, PerHost: 64}),
	})
	return err
}

// Pages is the handler of everything that people meet.
func (s *Server) Pages() http.Handler { return s.pages }

// Operations is the handler of health, readiness and metrics; it belongs on an
// address that people do not reach.
func (s *Server) Operations() http.Handler { return s.ops }

// Close closes what New opened, where Serve never ran.
func (s *Server) Close() error {
	s.client.Close()
	return s.DB.Close()
}

// Relay is where mail goes, without its password.
func (s *Server) Relay() string { return s.client.Relay().String() }
