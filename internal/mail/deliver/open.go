package deliver

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"keyback/internal/mail"
)

// extensions are what a server offered to EHLO.
type extensions struct {
	pipelining, eightBit, utf8, startTLS bool
	size                                 int64    // of a message; 0 means it did not say
	mechanisms                           []string // of AUTH
}

// open connects, greets, encrypts and authenticates. The connection it returns
// is never nil and, with an error, closed: it says how far it got. Nothing that
// a server says here is held against a message.
func (c *Client) open(ctx context.Context) (*conn, error) {
	address := c.relay.Address()
	raw, err := c.o.Dial.DialContext(ctx, "tcp", address)
	if err != nil {
		return &conn{host: address}, err
	}
	if c.o.OnConnect != nil {
		c.o.OnConnect()
	}
	k := newConn(raw, hostName(address, raw), c.o.Patience)
	release := k.bind(ctx)
	err = c.introduce(k)
	if !release() && err == nil {
		err = lost("connecting", ctx.Err())
	}
	if err != nil {
		k.close()
		if f, ok := errors.AsType[*failure](err); ok {
			f.class = mail.Deferred
		}
	}
	return k, err
}

func (c *Client) introduce(k *conn) error {
	if c.relay.Implicit {
		if err := c.encrypt(k); err != nil {
			return err
		}
	}
	if err := k.greeted(); err != nil {
		return err
	}
	if err := c.hello(k); err != nil {
		return err
	}
	if !c.relay.Implicit && c.relay.TLS != Never {
		if err := c.startTLS(k); err != nil {
			return err
		}
	}
	if c.relay.User != "" {
		return c.authenticate(k)
	}
	return nil
}

func (k *conn) greeted() error {
	if err := k.begin(greeting); err != nil {
		return lost(greeting.doing, err)
	}
	r, err := k.read()
	if err != nil {
		return lost(greeting.doing, err)
	}
	if r.code != 220 {
		return answered(r)
	}
	return nil
}

func (c *Client) hello(k *conn) error {
	name := c.o.Hello
	if name == "" {
		name = literal(k.net.LocalAddr())
	}
	k.extensions = extensions{}
	r, err := k.ask(hello, "EHLO "+name)
	if err != nil {
		return err
	}
	if r.positive() {
		k.extensions = readExtensions(r.text)
		return nil
	}
	if r.code/100 == 5 { // a server from before 1995, or one that pretends
		if r, err = k.ask(hello, "HELO "+name); err != nil {
			return err
		}
	}
	if !r.positive() {
		return answered(r)
	}
	return nil
}

func readExtensions(text []byte) extensions {
	var e extensions
	_, text, _ = bytes.Cut(text, []byte("\n")) // the first line is the server's name
	for line := range strings.SplitSeq(string(text), "\n") {
		word, rest, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch word {
		case "PIPELINING":
			e.pipelining = true
		case "8BITMIME":
			e.eightBit = true
		case "SMTPUTF8":
			e.utf8 = true
		case "STARTTLS":
			e.startTLS = true
		case "SIZE":
			e.size, _ = strconv.ParseInt(rest, 10, 64)
		case "AUTH":
			e.mechanisms = append(e.mechanisms, strings.Fields(rest)...)
		default:
			if first, old := strings.CutPrefix(word, "AUTH="); old { // as servers wrote it before RFC 2554
				e.mechanisms = append(append(e.mechanisms, first), strings.Fields(rest)...)
			}
		}
	}
	return e
}

func (c *Client) startTLS(k *conn) error {
	if !k.extensions.startTLS {
		if c.relay.TLS == Required {
			return &failure{text: "the server offers no STARTTLS, and tls=required sends nothing without (use smtps:// if it has TLS on a port of its own)"}
		}
		return nil
	}
	r, err := k.ask(startTLS, "STARTTLS")
	if err != nil {
		return err
	}
	if r.code != 220 {
		return answered(r)
	}
	if k.in.Buffered() > 0 {
		// Somebody on the way put commands' answers before the handshake, to
		// have them taken for the server's own after it (RFC 3207 §4.2).
		return &failure{text: "the server sent something between STARTTLS and the handshake: somebody may be meddling with the connection"}
	}
	if err := c.encrypt(k); err != nil {
		return err
	}
	return c.hello(k)
}

func (c *Client) encrypt(k *conn) error {
	if err := k.begin(startTLS); err != nil {
		return lost(startTLS.doing, err)
	}
	checked := c.relay.Implicit || c.relay.TLS == Required
	secure := tls.Client(k.net, &tls.Config{
		ServerName: c.relay.Host, RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: !checked, //nolint:gosec // always-try keeps out who only listens
		ClientSessionCache: c.sessions,
	})
	if err := secure.HandshakeContext(k.ctx); err != nil {
		return &failure{text: "the TLS handshake failed: " + reason(err) + c.tlsHint(err)}
	}
	k.wrap(secure)
	state := secure.ConnectionState()
	k.tls = tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
	if !checked {
		k.tls += ", certificate not checked"
	}
	return nil
}

func (c *Client) tlsHint(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return " (give the relay a certificate for " + c.relay.Host + ", or name the authority that signed its own in the settings)"
	}
	if c.relay.Implicit {
		return " (if that port speaks plain SMTP first, write smtp:// in the relay's URL)"
	}
	return " (if the server's TLS is beyond repair and the way to it is safe, write tls=never in the relay's URL)"
}

func hostName(address string, c net.Conn) string {
	remote := c.RemoteAddr().String()
	if remote == address {
		return address
	}
	host, _, _ := net.SplitHostPort(remote)
	return fmt.Sprintf("%s [%s]", address, host)
}

// literal is an address as RFC 5321 §4.1.3 writes it.
func literal(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() != nil:
		return "[" + tcp.IP.String() + "]"
	}
	return "[IPv6:" + tcp.IP.String() + "]"
}
