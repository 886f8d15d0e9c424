package deliver

import (
	"crypto/x509"
	"strings"
	"testing"

	"keyback/internal/mail"
	"keyback/internal/smtpsink"
)

func TestSTARTTLSIsTakenWhereItIsOffered(t *testing.T) {
	config, roots, err := smtpsink.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for mode, wantTLS := range map[string]string{"always-try": "not checked", "required": "TLS 1.3", "never": ""} {
		s := sink(t, smtpsink.Options{STARTTLS: config})
		c := client(t, Options{Relay: "smtp://" + s.Addr() + "?tls=" + mode, Roots: roots})
		for range 2 {
			want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted, wantTLS)
		}
		for _, m := range s.Messages() {
			if m.TLS != (wantTLS != "") || m.Conn != 1 {
				t.Errorf("%s: %+v", mode, m)
			}
		}
	}
}

func TestRequiredTLSSendsNothingToAServerThatCannotProveItself(t *testing.T) {
	config, roots, _ := smtpsink.SelfSigned()
	other, _, _ := smtpsink.SelfSigned("other.example")
	for name, c := range map[string]struct {
		o     smtpsink.Options
		roots *x509.CertPool
		words string
	}{
		"no STARTTLS":       {smtpsink.Options{}, roots, "no STARTTLS"},
		"unknown authority": {smtpsink.Options{STARTTLS: config}, x509.NewCertPool(), "certificate"},
		"another name":      {smtpsink.Options{STARTTLS: other}, roots, "certificate"},
		"STARTTLS refused":  {smtpsink.Options{STARTTLS: config, Opening: opening(smtpsink.Reply{At: smtpsink.StartTLS, Code: 454})}, roots, "4.0.0"},
		"no handshake":      {smtpsink.Options{STARTTLS: config, Opening: opening(smtpsink.Reply{At: smtpsink.Handshake})}, roots, "handshake failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sink(t, c.o)
			d := client(t, Options{Relay: "smtp://" + s.Addr() + "?tls=required", Roots: c.roots})
			want(t, d.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, c.words)
			if s.Count() != 0 {
				t.Error("a message was sent")
			}
		})
	}
}

func opening(r smtpsink.Reply) func(int64) smtpsink.Reply {
	return func(int64) smtpsink.Reply { return r }
}

func TestAHandshakeThatFailsIsNotFollowedByClearText(t *testing.T) {
	config, _, _ := smtpsink.SelfSigned()
	s := sink(t, smtpsink.Options{STARTTLS: config, Opening: opening(smtpsink.Reply{At: smtpsink.Handshake})})
	want(t, plain(t, s).Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "tls=never")
	if s.Count() != 0 || s.Conns() != 1 {
		t.Errorf("%d messages, %d connections", s.Count(), s.Conns())
	}
}

func TestImplicitTLSIsChecked(t *testing.T) {
	config, roots, _ := smtpsink.SelfSigned()
	s := sink(t, smtpsink.Options{TLS: config})
	c := client(t, Options{Relay: "smtps://" + s.Addr(), Roots: roots})
	for range 2 {
		want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted, "TLS 1.3")
	}
	stranger := client(t, Options{Relay: "smtps://" + s.Addr(), Roots: x509.NewCertPool()})
	want(t, stranger.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "certificate")
	unsecured := sink(t, smtpsink.Options{})
	wrong := client(t, Options{Relay: "smtps://" + unsecured.Addr(), Roots: roots})
	want(t, wrong.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "write smtp://")
	if m := s.Messages(); len(m) != 2 || !m[0].TLS || unsecured.Count() != 0 {
		t.Errorf("%+v", m)
	}
}

func TestAuthenticationRightAndWrong(t *testing.T) {
	config, roots, _ := smtpsink.SelfSigned()
	o := smtpsink.Options{STARTTLS: config, Username: "kb", Password: "s3cret/ü"}
	s := sink(t, o)
	c := client(t, Options{Relay: "smtp://kb:s3cret%2F%C3%BC@" + s.Addr(), Roots: roots})
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	if m := s.Messages(); m[0].AuthUser != "kb" || !m[0].TLS {
		t.Errorf("%+v", m)
	}
	wrong := client(t, Options{Relay: "smtp://kb:wrong-word@" + s.Addr(), Roots: roots})
	want(t, wrong.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "authentication failed", "5.7.8", "correct the user name and password")
	none := client(t, Options{Relay: "smtp://" + s.Addr()})
	want(t, none.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "authentication required")
}

func TestAuthenticationByLOGINInClearOnThisMachineOnly(t *testing.T) {
	s := sink(t, smtpsink.Options{Username: "kb", Password: "pw", AuthInClear: true})
	relay := rewriting(t, s.Addr(), "AUTH PLAIN LOGIN", "AUTH CRAM-MD5 LOGIN")
	c := client(t, Options{Relay: "smtp://kb:pw@" + relay + "?tls=never"})
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	wrong := client(t, Options{Relay: "smtp://kb:no@" + relay + "?tls=never"})
	want(t, wrong.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "authentication failed")
	other := client(t, Options{Relay: "smtp://kb:pw@" + rewriting(t, s.Addr(), "AUTH PLAIN LOGIN", "AUTH CRAM-MD5") + "?tls=never"})
	want(t, other.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "CRAM-MD5", "PLAIN or LOGIN is needed")
	nobody := client(t, Options{Relay: "smtp://kb:pw@" + sink(t, smtpsink.Options{}).Addr() + "?tls=never"})
	want(t, nobody.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "offers no authentication")
}

func TestAPasswordThatTheServerQuotesIsBlotted(t *testing.T) {
	relay := raw(t, "220 hi\r\n", "250-x\r\n250 AUTH PLAIN\r\n", "502 5.5.1 no such command: AUTH PLAIN "+encode("\x00kb\x00hunter2")+" hunter2\r\n")
	c := client(t, Options{Relay: "smtp://kb:hunter2@" + relay + "?tls=never"})
	o := c.Deliver(t.Context(), letter("b@x.example"))
	want(t, o, mail.Deferred, "no such command")
	if strings.Contains(o.Text, "hunter2") || strings.Contains(o.Text, encode("\x00kb\x00hunter2")) {
		t.Errorf("the password stands in %q", o.Text)
	}
}

func TestBytesBeforeTheHandshakeEndTheConversation(t *testing.T) {
	relay := raw(t, "220 hi\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n")
	for _, mode := range []string{"always-try", "required"} {
		c := client(t, Options{Relay: "smtp://" + relay + "?tls=" + mode})
		want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "meddling")
	}
}
