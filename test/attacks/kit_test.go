// Package attacks is what somebody would try who wants into another's account, keeps
// its holder out of it, or uses the server against others. Each file is one class of
// attack with its known variants, each test a way that must fail, against the real
// server with real mail. docs/threats.md says what is tried and what remains.
package attacks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/demo/walk"
	"keyback/internal/limit"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit/stage"
	"keyback/internal/token"
)

const (
	fresh = "amber canal otter plinth" // a good new password
	evil  = "evil.example"             // the attacker's host
)

// reply is an answer as it came over the wire, redirects not followed.
type reply struct {
	status int
	header http.Header
	body   string
}

// wire sends bytes as they are, with BASE replaced by the server's host and port, and
// reads one answer. Status 0 is a connection that was closed without one.
func wire(t testing.TB, s *stage.Stage, request string) reply {
	t.Helper()
	host := strings.TrimPrefix(s.URL, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, strings.ReplaceAll(request, "BASE", host)); err != nil {
		return reply{}
	}
	return answer(bufio.NewReader(c))
}

func answer(from *bufio.Reader) reply {
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		return reply{}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// form is a whole POST of a form over the wire, with further header lines.
func form(path, body string, lines ...string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		path, head(lines), len(body), body)
}

func get(path string, lines ...string) string {
	return fmt.Sprintf("GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n", path, head(lines))
}

func head(lines []string) string {
	if len(lines) == 0 {
		lines = []string{"Host: BASE"}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// proxied lets a test come from any network: the server believes X-Forwarded-For.
func proxied(o *server.Options) {
	o.Proxies = append(o.Proxies, netip.MustParsePrefix("127.0.0.0/8"))
}

// from is a visitor out of the network of an address; see proxied.
func from(s *stage.Stage, address string) *stage.Visitor {
	v := s.Visitor()
	v.Extra = map[string]string{"X-Forwarded-For": address}
	return v
}

// wide is a limit that no test meets.
var wide = limit.Within(1_000_000, time.Second)

// limits are wide ones, changed as told.
func limits(change func(*recovery.Limits)) func(*server.Options) {
	return func(o *server.Options) {
		o.Limits = recovery.Limits{Subject: wide, Network: wide, Codes: wide, Brake: wide}
		change(&o.Limits)
	}
}

// keyOf keeps the server's key, for tests in which the attacker guesses right.
func keyOf(key *seal.Key) func(*server.Options) {
	return func(o *server.Options) { *key = o.Key }
}

// code is the code of a recovery's nth mail.
func code(key seal.Key, id string, nth int64) string {
	return token.Key(key.Derive("token")).Code(id, nth)
}

// wrong is a code that is not the given one.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// try enters a code at a recovery and gives the page it led to.
func try(t testing.TB, s *stage.Stage, v *stage.Visitor, inbox, code string) *walk.Page {
	t.Helper()
	return do(t, v, http.MethodPost, s.URL+inbox+"/code", url.Values{"code": {code}})
}

// do sends a request that may well be refused.
func do(t testing.TB, v *stage.Visitor, method, address string, form url.Values) *walk.Page {
	t.Helper()
	p, err := v.Do(method, address, form)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// set tries to set a new password with what the browser holds.
func set(t testing.TB, s *stage.Stage, v *stage.Visitor, account string) *walk.Page {
	t.Helper()
	return do(t, v, http.MethodPost, s.URL+"/recover/open/password", url.Values{"account": {account}, "password": {fresh}})
}

// isSet says that a password was set.
func isSet(p *walk.Page) bool { return p.URL.Path == "/recover/done" && p.Status == http.StatusOK }

// opens says that a page lets a password be set.
func opens(p *walk.Page) bool {
	_, ok := p.FormWith("password")
	return ok && p.URL.Path == "/recover/open"
}

// unchanged fails the test where the sample password does not open the account.
func unchanged(t testing.TB, s *stage.Stage, login string) {
	t.Helper()
	if _, ok := s.Visitor().SignIn(login, stage.Password); !ok {
		t.Errorf("the password of %s was changed, or its holder is locked out", login)
	}
}

// count is a number out of the database.
func count(t testing.TB, s *stage.Stage, query string, args ...any) (n int) {
	t.Helper()
	err := s.Server.DB.View(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(query, args...).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// mails waits until so many came in all, and gives them.
func mails(t testing.TB, s *stage.Stage, n int) []smtpsink.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Sink.WaitCount(ctx, int64(n)); err != nil {
		t.Fatal(err)
	}
	return s.Sink.Messages()
}

// settled waits until n mails were handed over and that is in the records: from then
// on their tokens' time runs.
func settled(t testing.TB, s *stage.Stage, n int) {
	t.Helper()
	mails(t, s, n)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(10 * time.Second); count(t, s, `SELECT count(*) FROM mail_trail WHERE class = 'accepted'`) < n; <-look.C {
		if time.Now().After(end) {
			t.Fatalf("fewer than %d mails were noted as handed over", n)
		}
	}
}

// read reads a mail.
func read(t testing.TB, m smtpsink.Message) walk.Letter {
	t.Helper()
	l, err := walk.ReadLetter(m.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// tokenOf is the token at the end of a link.
func tokenOf(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// cookie is the value that a browser holds under a name.
func cookie(s *stage.Stage, v *stage.Visitor, name string) string {
	for _, c := range v.Cookies(s.URL) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// carry puts cookies into every request of a visitor, beside its own.
func carry(v *stage.Visitor, cookies string) *stage.Visitor {
	if v.Extra == nil {
		v.Extra = map[string]string{}
	}
	v.Extra["Cookie"] = cookies
	return v
}

var (
	anID    = regexp.MustCompile(`(rec|acc|ses)_[0-9a-z]{26}`)
	aTime   = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z|\d\d:\d\d(:\d\d)?|in \d+ (minutes?|seconds?)`)
	aCookie = regexp.MustCompile(`=[0-9A-Za-z_-]{20,}`)
)

// blot covers what may differ between two replies: ids, times, secrets, and the login
// that was typed.
func blot(text string, logins ...string) string {
	for _, login := range logins {
		text = strings.ReplaceAll(text, login, "LOGIN")
		text = strings.ReplaceAll(text, url.QueryEscape(login), "LOGIN")
	}
	text = anID.ReplaceAllString(text, "ID")
	text = aTime.ReplaceAllString(text, "TIME")
	return aCookie.ReplaceAllString(text, "=SECRET")
}

// whole is a page with its status and headers, blotted: what an observer can compare.
func whole(p *walk.Page, logins ...string) string {
	var b strings.Builder
	fmt.Fprintln(&b, p.Status, p.URL.Path)
	h := p.Header.Clone()
	h.Del("Date")
	h.Del("Content-Length")
	_ = h.Write(&b)
	b.Write(p.Body)
	return blot(b.String(), logins...)
}

// countTo is how many mails were asked for to an address as typed or stored.
func countTo(t testing.TB, s *stage.Stage, address string) int {
	t.Helper()
	return count(t, s, `SELECT count(*) FROM mail_message WHERE address = $1`, address)
}
