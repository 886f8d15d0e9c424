package deliver

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"keyback/internal/mail"
	"keyback/internal/smtpsink"
)

// foreign is a server that others wrote, so that what we hold for SMTP is not
// only what we hold for SMTP.
type foreign struct {
	mu       sync.Mutex
	received []string
}

func (f *foreign) NewSession(*smtp.Conn) (smtp.Session, error) { return &foreignSession{f: f}, nil }

type foreignSession struct {
	f    *foreign
	user string
	to   string
}

func (s *foreignSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *foreignSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "kb" || password != "pw" {
			return errors.New("no")
		}
		s.user = user
		return nil
	}), nil
}

func (s *foreignSession) Mail(string, *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *foreignSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to = to; strings.HasPrefix(to, "gone@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such person"}
	}
	return nil
}

func (s *foreignSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.f.received = append(s.f.received, s.to+"|"+string(b))
	return err
}

func (s *foreignSession) Reset()        {}
func (s *foreignSession) Logout() error { return nil }

func TestAnotherMakersServerUnderstandsUs(t *testing.T) {
	config, roots, err := smtpsink.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for _, implicit := range []bool{false, true} {
		f := &foreign{}
		server := smtp.NewServer(f)
		server.Domain, server.TLSConfig, server.EnableSMTPUTF8, server.MaxMessageBytes = "other.example", config, true, 1<<20
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		relay := "smtp://kb:pw@" + l.Addr().String()
		if implicit {
			relay, l = "smtps://kb:pw@"+l.Addr().String(), tls.NewListener(l, config)
		}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		c := client(t, Options{Relay: relay, Roots: roots})
		dots := letter("b@x.example")
		dots.Raw = []byte("Subject: x\r\n\r\n.\r\n..\r\n.a\n.\nb\r.\r")
		want(t, c.Deliver(t.Context(), dots), mail.Accepted, "TLS 1.3")
		want(t, c.Deliver(t.Context(), letter("gone@x.example")), mail.Refused, "5.1.1", "no such person")
		want(t, c.Deliver(t.Context(), letter("münchen@x.example")), mail.Accepted)
		wanted := []string{"b@x.example|" + normal(string(dots.Raw)), "münchen@x.example|" + letterText}
		f.mu.Lock()
		if len(f.received) != 2 || f.received[0] != wanted[0] || f.received[1] != wanted[1] {
			t.Errorf("received %q", f.received)
		}
		f.mu.Unlock()
		c.Close()
		_ = server.Close()
		<-ended //nolint:errcheck // it says that it was closed
	}
}
