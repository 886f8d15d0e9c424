// Package smtpsink is an SMTP server that receives mail and sends none: the
// inbox of the demonstration, the far end of the benchmark, and the server that
// tests make fail on command.
//
// It is strict where a real server may be lenient, so that a client which passes
// here passes elsewhere: only CRLF ends a line, a bare CR or LF in a message is
// refused (SMTP smuggling), nothing sent before a TLS handshake is used after
// it. It listens on loopback unless told otherwise, keeps a bounded number of
// messages in memory, and ends everything it started in Close.
//
// It has its own dialogue instead of a library's because tests need to break it
// at every step, and because a benchmark's far end may cost only a fraction of a
// core.
package smtpsink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Sink. The zero value accepts everything on a free loopback port.
type Options struct {
	Addr     string // host:port; without a host loopback, port 0 or nothing picks a free one
	Hostname string // what the server calls itself; "sink.example" when empty

	STARTTLS *tls.Config // offers STARTTLS; see SelfSigned
	TLS      *tls.Config // speaks TLS from the first byte

	Username, Password string // AUTH PLAIN and LOGIN are offered and demanded when Username is set
	AuthInClear        bool   // AUTH is offered without TLS too

	Script  func(Attempt) Reply    // called once a recipient of a transaction; nil accepts
	Opening func(conn int64) Reply // called once a connection, numbered from 1; nil accepts

	Keep      int           // how many messages are kept, the newest; 1,000 when zero
	CountOnly bool          // keeps none: counts them, and tells them apart by Message-ID
	MaxBytes  int64         // of a message; 25 MiB when zero
	Idle      time.Duration // a connection that says nothing for so long is closed; 5 min when zero
	Without   []string      // extensions not to offer, such as "PIPELINING"
	Now       func() time.Time
}

// Message is what arrived: one for every recipient.
type Message struct {
	N         int64 // in order of arrival, from 1
	From, To  string
	Raw       []byte // without dot-stuffing; nil where the sink only counts. Not to be changed.
	Size      int
	MessageID string // without angle brackets
	At        time.Time
	TLS       bool
	AuthUser  string
	Params    string // of MAIL, such as "BODY=8BITMIME SIZE=512"
	Conn      int64  // the connection's number, from 1
}

// Sink is a running server.
type Sink struct {
	o        Options
	listener net.Listener
	done     chan struct{}
	running  sync.WaitGroup
	opened   atomic.Int64 // connections so far

	mu       sync.Mutex
	closed   bool
	sessions map[*session]struct{}
	tries    map[string]int // of a recipient, for Attempt.N
	store    *store
}

// Listen starts a Sink.
func Listen(o Options) (*Sink, error) {
	if o.Hostname == "" {
		o.Hostname = "sink.example"
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 25 << 20
	}
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	if o.Idle <= 0 {
		o.Idle = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l, err := net.Listen("tcp", listenAddr(o.Addr))
	if err != nil {
		return nil, fmt.Errorf("smtp sink: %w", err)
	}
	s := &Sink{
		o: o, listener: l, done: make(chan struct{}),
		sessions: make(map[*session]struct{}), tries: make(map[string]int),
		store: newStore(o.Keep, o.CountOnly),
	}
	s.running.Add(1)
	go s.accept()
	return s, nil
}

func listenAddr(addr string) string {
	if addr == "" {
		addr = ":0"
	}
	if strings.HasPrefix(addr, ":") {
		return "127.0.0.1" + addr
	}
	return addr
}

// Addr is the host:port the sink listens on.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Conns is how many connections were opened so far.
func (s *Sink) Conns() int64 { return s.opened.Load() }

// Close ends the listener, every connection and every subscription, and returns
// when nothing of the sink runs any more. What it kept can still be read.
func (s *Sink) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	for x := range s.sessions {
		x.raw.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.running.Wait()
	s.store.end()
	return err
}

// HangUp closes every connection open now, as a server does to idle ones, and
// returns when they are closed.
func (s *Sink) HangUp() {
	s.mu.Lock()
	var ended []chan struct{}
	for x := range s.sessions {
		x.raw.Close()
		ended = append(ended, x.ended)
	}
	s.mu.Unlock()
	for _, c := range ended {
		<-c
	}
}

func (s *Sink) accept() {
	defer s.running.Done()
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors, most likely: let some be freed
			select {
			case <-s.done:
				return
			case <-time.After(10 * time.Millisecond):
				continue
			}
		}
		s.begin(conn)
	}
}

func (s *Sink) begin(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	x := newSession(s, conn, s.opened.Add(1))
	s.sessions[x] = struct{}{}
	s.running.Go(func() {
		x.run()
		s.mu.Lock()
		delete(s.sessions, x)
		s.mu.Unlock()
		close(x.ended)
	})
}

// Count is how many messages arrived, the forgotten ones included.
func (s *Sink) Count() int64 { return s.store.count() }

// Distinct is how many different Message-IDs arrived. Only a sink that counts
// knows it.
func (s *Sink) Distinct() int { return s.store.distinct() }

// Copies is how often a Message-ID arrived. Only a sink that counts knows it.
func (s *Sink) Copies(messageID string) int { return s.store.copies(messageID) }

// Messages are those kept, the oldest first.
func (s *Sink) Messages() []Message { return s.store.since(0) }

// Wait gives the first kept message that matches, and waits for it if need be.
func (s *Sink) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	if s.o.CountOnly {
		return Message{}, errors.New("this sink only counts: it has no messages to wait for")
	}
	var seen int64
	for {
		arrival := s.store.next()
		for _, m := range s.store.since(seen) {
			if seen = m.N; match(m) {
				return m, nil
			}
		}
		select {
		case <-arrival:
		case <-s.done:
			return Message{}, net.ErrClosed
		case <-ctx.Done():
			return Message{}, fmt.Errorf("no such message among the %d that came: %w", s.Count(), ctx.Err())
		}
	}
}

// WaitCount returns when n messages arrived in all.
func (s *Sink) WaitCount(ctx context.Context, n int64) error {
	for {
		arrival := s.store.next()
		if s.Count() >= n {
			return nil
		}
		select {
		case <-arrival:
		case <-s.done:
			return net.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("%d of %d messages came: %w", s.Count(), n, ctx.Err())
		}
	}
}

// Subscribe gives the messages that arrive from now on, until cancel or Close,
// which close the channel. A subscriber more than 256 behind loses the oldest.
func (s *Sink) Subscribe() (messages <-chan Message, cancel func()) { return s.store.subscribe() }
