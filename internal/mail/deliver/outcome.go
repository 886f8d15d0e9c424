package deliver

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"keyback/internal/mail"
)

// maxText bounds what an outcome quotes of a server, in bytes.
const maxText = 512

// failure is why an attempt ended without acceptance.
type failure struct {
	class    mail.Class
	code     int
	enhanced string
	text     string
	dead     bool // the connection was of no use, and the final dot had not been sent
}

func (f *failure) Error() string { return f.text }

func isDead(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.dead
}

// ourFault lists the 5xx codes that speak of our credentials or our TLS, whatever
// they answer (RFC 4954 §6, RFC 3207 §4): never a reason to give a message up.
var ourFault = map[int]string{
	530: "the relay's URL needs a user and password, or tls=required",
	534: "the relay wants another way of authentication",
	535: "correct the user name and password in the relay's URL",
	538: "the relay wants TLS first: write tls=required in its URL",
}

// answered makes a failure of a reply to this message.
func answered(r reply) *failure {
	f := &failure{class: mail.Deferred, code: r.code, dead: r.code == 421}
	f.enhanced, f.text = readText(r)
	switch hint, ours := ourFault[r.code]; {
	case ours:
		f.text += " (" + hint + ")"
	case r.code/100 == 5:
		f.class = mail.Refused
	case r.code/100 != 4:
		f.text = "the server answered out of turn: " + f.text
	}
	return f
}

// lost makes a failure of a connection that broke, before the final dot.
func lost(doing string, err error) *failure {
	return &failure{class: mail.Deferred, text: doing + ": " + reason(err), dead: true}
}

// reason says in few words why a connection failed.
func reason(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "we gave up waiting"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "the server did not answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

func accepted(k *conn, m *mail.Composed, r reply) mail.Outcome {
	o := mail.Outcome{Class: mail.Accepted, Host: k.host, TLS: k.tls, Code: r.code}
	o.Enhanced, o.Text = readText(r)
	o.Text = clean(withoutSecrets(o.Text, m.Raw))
	return o
}

// outcome tells of a failure. k may be nil: nobody was asked.
func outcome(k *conn, m *mail.Composed, err error) mail.Outcome {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{class: mail.Deferred, text: err.Error()}
	}
	o := mail.Outcome{Class: f.class, Code: f.code, Enhanced: f.enhanced, Text: f.text}
	if k != nil {
		o.Host, o.TLS = k.host, k.tls
	}
	if m != nil {
		o.Text = withoutSecrets(o.Text, m.Raw)
	}
	o.Text = clean(o.Text)
	return o
}

// readText parts a reply's text from the enhanced code, which servers repeat on
// every line.
func readText(r reply) (enhanced, text string) {
	var b strings.Builder
	for i, line := range strings.Split(string(r.text), "\n") {
		code, rest := cutEnhanced(r.code, line)
		if i == 0 {
			enhanced = code
		} else {
			b.WriteByte(' ')
		}
		if code != enhanced {
			rest = line
		}
		b.WriteString(rest)
	}
	return enhanced, b.String()
}

// clean cuts a text to maxText bytes of printable characters.
func clean(text string) string {
	printable := func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}
	text = strings.Join(strings.Fields(strings.Map(printable, text)), " ")
	if len(text) <= maxText {
		return text
	}
	cut := maxText - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
