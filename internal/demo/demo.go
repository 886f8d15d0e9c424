// Package demo is a whole Keyback to try: the real server on an SQLite file in a
// temporary folder, Acme as the application before it, a real SMTP server as its
// relay, and an inbox that shows what arrives there. Nothing is faked, nothing
// leaves the machine, and nothing is left behind: keys are made in memory and the
// folder goes with the demonstration.
//
// Only here pages have a dock at their foot. It is put into them on their way out;
// Keyback and Acme do not know of it.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"keyback/internal/demo/acme"
	"keyback/internal/demo/inbox"
	"keyback/internal/demo/walk"
	"keyback/internal/httpx"
	"keyback/internal/limit"
	"keyback/internal/record"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
	"keyback/internal/web/parts"
)

// Sender is who Acme's letters come from. The name is reserved: nobody's mailbox.
const Sender = "account@acme.example"

const relayUser = "keyback"

// maxStreams is how many pages of the demonstration may be live at once.
const maxStreams = 256

// Options of a Demo. The zero value takes any free ports.
type Options struct {
	Port  int          // the first to prefer, with the next ones for Keyback, Acme and its operations; 0 is any
	Relay string       // where Keyback sends mail instead of to the inbox: tests make it fail so
	Log   *slog.Logger // the server's; slog's default where nil
	// Patience is how long the walk waits for a mail or a live page; 10 s when zero.
	Patience time.Duration
	Plain    bool // no dock: the walk compares pages byte by byte
}

// Demo is a demonstration that is put together.
type Demo struct {
	URL, Keyback, Acme, Ops string // where the front page, Keyback, Acme and Keyback's operations are

	o         Options
	clock     clock
	folder    string
	sink      *smtpsink.Sink
	box       *inbox.Box
	streams   *httpx.Streams
	server    *server.Server
	front     *http.Server
	shop      *http.Server
	listeners [4]net.Listener // front page, Keyback, Acme, operations
}

// Open puts a demonstration together. It runs once Run is called; until then its
// addresses wait.
func Open(ctx context.Context, o Options) (_ *Demo, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	d := &Demo{o: o, box: inbox.New(), streams: httpx.NewStreams(maxStreams)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.clear())
		}
	}()
	for i, port := 0, o.Port; i < len(d.listeners); i++ {
		if d.listeners[i], err = listen(ctx, port); err != nil {
			return nil, err
		}
		port = after(d.listeners[i], port)
	}
	d.URL, d.Keyback, d.Acme, d.Ops = address(d.listeners[0]), address(d.listeners[1]), address(d.listeners[2]), address(d.listeners[3])
	if d.folder, err = os.MkdirTemp("", "keyback-demo-"); err != nil {
		return nil, err
	}
	relay, err := d.openSink()
	if err != nil {
		return nil, err
	}
	dock, err := newDock(d.box, d.streams, d.URL)
	if err != nil {
		return nil, err
	}
	app, err := acme.New(acme.Options{RecoverURL: d.Keyback + "/recover", Secret: acme.DemoSecret, Now: d.clock.now})
	if err != nil {
		return nil, err
	}
	front, err := d.pages()
	if err != nil {
		return nil, err
	}
	options, shop := d.options(relay), http.Handler(app)
	if !o.Plain {
		front, shop = dock.around(front, frontStep, true), dock.around(app, acmeStep, false)
		options.Around = func(pages http.Handler) http.Handler { return dock.around(pages, keybackStep, true) }
	}
	d.front, d.shop = serving(front), serving(shop)
	d.server, err = server.New(ctx, options)
	return d, err
}

// openSink starts the inbox's server. It is spoken to as any relay: over TLS, with
// a password. Its certificate is its own, which always-try does not mind.
func (d *Demo) openSink() (relay string, err error) {
	certificate, _, err := smtpsink.SelfSigned()
	if err != nil {
		return "", err
	}
	password := rand.Text()
	d.sink, err = smtpsink.Listen(smtpsink.Options{
		Hostname: "inbox.example", STARTTLS: certificate, Username: relayUser, Password: password, Now: d.clock.now,
	})
	if err != nil || d.o.Relay != "" {
		return d.o.Relay, err
	}
	return "smtp://" + relayUser + ":" + password + "@" + d.sink.Addr() + "?tls=always-try", nil
}

// options are a server's in production, but for limits and addresses.
func (d *Demo) options(relay string) server.Options {
	signer, err := record.NewSigner("demo.example/record")
	if err != nil {
		panic(err) // the name is a good one
	}
	return server.Options{
		DatabaseURL: filepath.Join(d.folder, "keyback.db"), BaseURL: d.Keyback, Key: seal.New(), Signer: signer,
		Now: d.clock.now, Log: d.o.Log, Name: "Acme", Accent: acme.Accent, Home: d.Acme + "/", SignIn: d.Acme + "/?name={account}", Help: d.URL + "/person",
		Mailbox: parts.Mailbox{URL: d.URL + "/mail?q={address}"}, Relay: relay, Sender: Sender,
		Directory: d.Acme + "/keyback", DirectorySecret: acme.DemoSecret, Reach: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Limits: loose(),
	}
}

// loose lets somebody who plays ask as often as they like. What no setting changes
// stays: five tries at a code, a minute between two mails.
func loose() recovery.Limits {
	often := limit.Within(1000, time.Minute)
	return recovery.Limits{Subject: often, Network: often, Codes: often, Brake: often}
}

func serving(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

// Run runs the demonstration until ctx ends, and leaves nothing behind.
func (d *Demo) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	arrivals, unsubscribe := d.sink.Subscribe()
	var running sync.WaitGroup
	errs := make(chan error, 4)
	running.Go(func() {
		for m := range arrivals {
			d.box.Take(m)
		}
	})
	for i, s := range map[int]*http.Server{0: d.front, 2: d.shop} {
		running.Go(func() {
			if err := s.Serve(d.listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				errs <- err
				stop()
			}
		})
	}
	// Live pages would hold up a stop.
	let := context.AfterFunc(ctx, d.streams.End)
	errs <- d.server.Serve(ctx, d.listeners[1], d.listeners[3])
	stop()
	let()
	d.streams.End()
	for _, s := range []*http.Server{d.front, d.shop} {
		errs <- s.Close()
	}
	unsubscribe()
	running.Wait()
	close(errs)
	var err error
	for e := range errs {
		err = errors.Join(err, e)
	}
	return errors.Join(err, d.clear())
}

// clear removes what Open made.
func (d *Demo) clear() error {
	var err error
	if d.sink != nil {
		err = d.sink.Close()
	}
	for _, l := range d.listeners {
		if l != nil {
			_ = l.Close() // closed already where a server had it
		}
	}
	if d.folder != "" {
		err = errors.Join(err, os.RemoveAll(d.folder))
	}
	return err
}

// Close removes what Open made where Run never ran.
func (d *Demo) Close() error { return errors.Join(d.server.Close(), d.clear()) }

// Walk walks the steps against the running demonstration and writes a line each.
func (d *Demo) Walk(ctx context.Context, out io.Writer) error {
	return walk.Walk(ctx, walk.Options{
		Keyback: d.Keyback, Acme: d.Acme, Sink: d.sink, Skip: d.clock.skip, Out: out, Patience: d.o.Patience,
		Seal: func(ctx context.Context) (string, error) {
			c, err := d.server.Record.Checkpoint(ctx)
			if err != nil {
				return "", err
			}
			_, err = d.server.Record.Verify(ctx)
			return c.Seal(), err
		},
	})
}
