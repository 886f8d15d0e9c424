package inbox

import (
	"bytes"
	"net/mail"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"keyback/internal/smtpsink"
)

// most bounds what is shown of a part of a mail, in bytes. The source is whole.
const most = 256 << 10

// Mail is a message as its reader meets it.
type Mail struct {
	N        int64 // in order of arrival, from 1
	From, To string
	Subject  string
	Text     []Piece // of the text part
	HTML     string  // the part as it came; empty where there is none
	Headers  []Header
	At       time.Time
	TLS      bool
	User     string // who handed it over
	Broken   string // why it could not be read whole; empty when it could
	Raw      []byte
}

// Header is one line of the head, decoded.
type Header struct{ Name, Value string }

// read takes a message apart. Whatever came, there is something to show: a message
// that no program can read shows its source.
func read(m smtpsink.Message) (r Mail) {
	r = Mail{N: m.N, From: m.From, To: m.To, Subject: "(no subject)", At: m.At, TLS: m.TLS, User: m.AuthUser, Raw: m.Raw}
	defer func() {
		if recover() != nil { // strangers' bytes in a stranger's parser
			r.Broken = "it is no mail that we can read"
		}
	}()
	e, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		r.Broken = "it is no mail that we can read"
		return r
	}
	for _, problem := range e.Errors {
		if problem.Severe {
			r.Broken = problem.Name
			break
		}
	}
	if s := strings.TrimSpace(e.GetHeader("Subject")); s != "" {
		r.Subject = cut(s, 300)
	}
	if from := e.GetHeader("From"); from != "" {
		r.From = cut(from, 300)
	}
	for _, name := range e.GetHeaderKeys() {
		for _, value := range e.GetHeaderValues(name) {
			r.Headers = append(r.Headers, Header{name, cut(value, 2000)})
		}
	}
	r.Text, r.HTML = pieces(cut(e.Text, most)), e.HTML
	return r
}

// Sender is the name that a mail program shows.
func (m Mail) Sender() string {
	if a, err := mail.ParseAddress(m.From); err == nil && a.Name != "" {
		return a.Name
	}
	return m.From
}

// cut keeps what fits into n bytes, whole characters only.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
