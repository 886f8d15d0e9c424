// Package deliver makes one attempt to hand a message to the next server: one
// turn of an SMTP conversation (RFC 5321), and an outcome that says what to do.
//
// What an outcome means:
//   - Accepted: the server answered the final dot with 2xx.
//   - Refused: the server said 5xx to this message, or this message cannot be
//     sent there at all. Trying again is useless.
//   - Deferred: everything else. A 4xx, a server that cannot be reached or does
//     not speak SMTP, trouble with TLS, wrong credentials: faults of the way or
//     of ours, which are never held against a recipient. Where the connection
//     was lost after the final dot, the text says that the message may have
//     arrived, because the next attempt may then be a second copy.
//
// Connections are kept and used again. One that proves dead before the final dot
// was sent is replaced at once, within the same attempt; after the dot nothing is
// ever sent twice.
//
// It must never: let a line end leave that is not CRLF, or a line that begins
// with an unstuffed dot (SMTP smuggling); put an address into a command that
// could end it; use a byte that came before a TLS handshake after it; send a
// password over a line that others can read; believe more of a server's reply
// than a bounded number of printable bytes; pass on in an outcome what the server
// quotes of the message's links and codes.
package deliver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"keyback/internal/dial"
	"keyback/internal/fault"
	"keyback/internal/mail"
)

// Options of a Client. Only Relay is needed.
type Options struct {
	Relay string         // see ParseRelay
	Roots *x509.CertPool // that vouch for the relay; nil means the system's
	Dial  *dial.Dialer   // nil dials global addresses only
	Hello string         // our name for EHLO; empty means our address as a literal

	MaxConns  int           // at once; further attempts wait for one; 16 when zero
	IdleLife  time.Duration // how long an unused connection is kept; 30 s when zero, negative keeps none
	MaxLife   time.Duration // how long a connection is used at all; 5 min when zero
	Patience  float64       // the share of RFC 5321 §4.5.3.2's waiting times that we wait; 0.2 when zero
	OnConnect func()        // called for each connection opened; nil is fine
	Now       func() time.Time
}

// Client hands messages to one relay. It is safe for many goroutines.
type Client struct {
	o        Options
	relay    Relay
	pool     *pool
	sessions tls.ClientSessionCache // spares the handshake of a reconnection most of its cost
}

// New makes a Client. It connects to nobody yet.
func New(o Options) (*Client, error) {
	relay, err := ParseRelay(o.Relay)
	if err != nil {
		return nil, err
	}
	if !validHello(o.Hello) {
		return nil, fault.New(fault.Invalid, "That is not a name to greet a mail server with.").
			Because(fmt.Errorf("%q", o.Hello)).Hint("give this machine's full host name, such as keyback.example.com, or nothing")
	}
	if o.Dial == nil {
		o.Dial = dial.New(dial.Options{})
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 16
	}
	if o.IdleLife == 0 {
		o.IdleLife = 30 * time.Second
	}
	if o.MaxLife <= 0 {
		o.MaxLife = 5 * time.Minute
	}
	if o.Patience <= 0 {
		o.Patience = 0.2
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o: o, relay: relay, pool: newPool(o.MaxConns, o.IdleLife, o.MaxLife), sessions: tls.NewLRUClientSessionCache(o.MaxConns)}, nil
}

// Relay is where the messages go.
func (c *Client) Relay() Relay { return c.relay }

// Close ends the idle connections; one in use ends with its attempt. Attempts
// begun later are deferred.
func (c *Client) Close() { c.pool.close() }

// Deliver makes one attempt. Cancelling ctx ends it where it stands, so give an
// attempt that is under way time to hear its last answer.
func (c *Client) Deliver(ctx context.Context, m *mail.Composed) mail.Outcome {
	o := c.attempt(ctx, m)
	o.At = c.o.Now()
	return o
}

func (c *Client) attempt(ctx context.Context, m *mail.Composed) mail.Outcome {
	env, err := readEnvelope(m)
	if err != nil {
		return outcome(nil, nil, err)
	}
	if err := c.pool.enter(ctx); err != nil {
		return outcome(&conn{host: c.relay.Address()}, m, err)
	}
	defer c.pool.leave()
	if kept := c.pool.take(); kept != nil {
		o, dead := c.turn(ctx, kept, env, m)
		if !dead || ctx.Err() != nil {
			return o
		}
	}
	fresh, err := c.open(ctx)
	if err != nil {
		return outcome(fresh, m, err)
	}
	o, _ := c.turn(ctx, fresh, env, m)
	return o
}

// turn sends one message over a connection, then keeps or closes it. The
// connection was dead if it broke before the final dot was sent.
func (c *Client) turn(ctx context.Context, k *conn, env envelope, m *mail.Composed) (o mail.Outcome, dead bool) {
	release := k.bind(ctx)
	answer, err := k.send(env, m.Raw)
	if err != nil {
		o, dead = outcome(k, m, err), isDead(err)
	} else {
		o = accepted(k, m, answer)
	}
	if !release() || k.broken || k.in.Buffered() > 0 {
		k.close()
	} else {
		c.pool.keep(k)
	}
	return o, dead
}

func validHello(name string) bool {
	for i := range len(name) {
		b := name[i]
		if !isAlnum(b) && !strings.ContainsRune(".-:[]", rune(b)) {
			return false
		}
	}
	return len(name) <= 255
}

func isAlnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
