package queue

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post is a node with a queue, for one story.
type post struct {
	t      *testing.T
	d      *db.DB
	c      *testkit.Clock
	outbox *mail.Outbox
	q      *Queue

	compose func(mail.Message) (*mail.Composed, error)         // nil: a letter that says nothing
	deliver func(context.Context, *mail.Composed) mail.Outcome // nil: accepted
	fate    mail.Fate                                          // beside the telling of settled

	attempts atomic.Int64
	sent     chan *mail.Composed // each attempt that reached Deliver
	settled  chan settled        // each outcome once it is in the database
	stop     func() error
}

type settled struct {
	m mail.Message
	o mail.Outcome
}

func newPost(t *testing.T, d *db.DB, c *testkit.Clock, change ...func(*Options, *mail.Options)) *post {
	t.Helper()
	p := &post{t: t, d: d, c: c, sent: make(chan *mail.Composed, 4096), settled: make(chan settled, 4096)}
	mo := mail.Options{Node: "test", Domain: "keyback.example"}
	o := Options{
		DB: d, Now: c.Now, Workers: 4, Rand: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Compose: func(_ context.Context, m mail.Message) (*mail.Composed, error) {
			if p.compose != nil {
				return p.compose(m)
			}
			return &mail.Composed{From: "recovery@keyback.example", To: m.Address, Raw: []byte(m.MessageID)}, nil
		},
		Deliver: func(ctx context.Context, letter *mail.Composed) mail.Outcome {
			p.attempts.Add(1)
			p.sent <- letter
			if p.deliver != nil {
				return p.deliver(ctx, letter)
			}
			return accepted
		},
		Fate: func(tx *db.Tx, m mail.Message, o mail.Outcome) error {
			if p.fate != nil {
				if err := p.fate(tx, m, o); err != nil {
					return err
				}
			}
			tx.AfterCommit(func() { p.settled <- settled{m, o} })
			return nil
		},
	}
	for _, f := range change {
		f(&o, &mo)
	}
	p.outbox = mail.NewOutbox(mo)
	o.Outbox = p.outbox
	p.q = New(o)
	return p
}

var (
	accepted = mail.Outcome{Class: mail.Accepted, Host: "mx.example", TLS: "TLS 1.3", Code: 250, Enhanced: "2.0.0", Text: "ok"}
	deferred = mail.Outcome{Class: mail.Deferred, Host: "mx.example", Code: 451, Enhanced: "4.7.1", Text: "later"}
)

// start runs the queue until the story ends or it is stopped.
func (p *post) start() *post {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.q.Run(ctx) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	p.t.Cleanup(func() {
		if err := p.stop(); err != nil {
			p.t.Error(err)
		}
	})
	return p
}

// open waits until messages are born leased.
func (p *post) open() *post {
	p.t.Helper()
	p.until("the queue runs", func() bool { return p.outbox.Opened() })
	return p
}

func (p *post) enqueue(m mail.Message) mail.Message {
	p.t.Helper()
	if m.Address == "" {
		m.Address = "amal@example.org"
	}
	if m.Ref == "" {
		m.Ref = "rec_1"
	}
	p.update(func(tx *db.Tx) (err error) {
		m, err = p.outbox.Enqueue(tx, m)
		return err
	})
	return m
}

func (p *post) update(fn func(*db.Tx) error) {
	p.t.Helper()
	if err := p.d.Update(context.Background(), fn); err != nil {
		p.t.Fatal(err)
	}
}

// look looks at the table as the queue does each second.
func (p *post) look() int {
	p.t.Helper()
	n, _, err := p.q.look(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *post) message(id string) (m mail.Message, trail []mail.Outcome) {
	p.t.Helper()
	if err := p.d.View(context.Background(), func(tx *db.Tx) (err error) {
		if m, err = mail.Get(tx, id); err != nil {
			return err
		}
		trail, err = mail.Trail(tx, id)
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return m, trail
}

// column reads a number of a message's row.
func (p *post) column(name, id string) (n int64) {
	p.t.Helper()
	if err := p.d.View(context.Background(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT `+name+` FROM mail_message WHERE id = $1`, id).Scan(&n)
	}); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// next waits for the next outcome that is in the database.
func (p *post) next() settled {
	p.t.Helper()
	return receive(p.t, p.settled, "an outcome")
}

// until waits for what another goroutine does, watching it.
func (p *post) until(what string, happened func() bool) {
	p.t.Helper()
	tick, end := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-end:
			p.t.Fatalf("it never came that %s", what)
		}
	}
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("there was never %s", what)
		panic("unreachable")
	}
}

var errTest = errors.New("a test wants this to fail")
