package attacks

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keyback/internal/account/local"
	"keyback/internal/testkit/stage"
)

var (
	bareEnd = regexp.MustCompile(`[^\r]\n|\r[^\n]|\r$`)
	oneLine = regexp.MustCompile(`(?m)^(?:To|From|Subject|Bcc|Cc|Reply-To): `)
)

// The sink refuses bare line ends and would take a smuggled message for one of its own.
func TestNoInputEndsAMessageOrBeginsAnother(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	const more = "MAIL FROM:<account@acme.example>\r\nRCPT TO:<thief@evil.example>\r\nDATA\r\nSubject: hello\r\n\r\nhello\r\n.\r\n"
	for _, end := range []string{"\r\n.\r\n", "\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\n\x00.\r\n", "%0d%0a.%0d%0a", "\u0085.\u0085", "\u2028.\u2028", "\\r\\n.\\r\\n"} {
		for _, login := range []string{"victim@example.com" + end + more, "victim" + end + more + "@example.com", "victim" + end + more, "victim@example.com>" + end} {
			v := s.Visitor()
			if !strings.ContainsAny(end, "\r\n\x00") {
				v.Agent = "Mozilla/5.0 " + end + " Firefox/140.0"
			}
			p := do(t, v, "POST", s.URL+"/recover", url.Values{"login": {login}, "loss": {"password"}})
			if p.Status != 422 && !strings.HasPrefix(login, "victim\\") && !strings.HasPrefix(login, "victim%") {
				t.Errorf("%q was answered with %d", login[:min(len(login), 30)], p.Status)
			}
		}
	}
	s.Add(local.Entry{Name: ". QUIT .", Password: stage.Password}, "dots@example.com")
	s.Add(local.Entry{Name: ".", Password: stage.Password}, "dots.2@example.com")
	s.Visitor().Ask("dots@example.com", "password")
	s.Visitor().Ask("dots.2@example.com", "password")
	for _, m := range mails(t, s, 2) {
		if strings.Contains(m.To, evil) || strings.Contains(string(m.Raw), "RCPT TO") || m.From != "account@acme.example" {
			t.Errorf("a mail from %s to %s", m.From, m.To)
		}
		if at := bareEnd.FindIndex(m.Raw); at != nil {
			t.Errorf("a line of the mail to %s ends badly at byte %d", m.To, at[0])
		}
		head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
		if n := len(oneLine.FindAllString(head, -1)); n != 3 {
			t.Errorf("the mail to %s has %d of To, From and Subject:\n%s", m.To, n, head)
		}
	}
	if n := s.Sink.Count(); n != 2 {
		t.Errorf("%d mails came", n)
	}
}
