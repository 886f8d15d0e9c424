package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/account/local"
	"keyback/internal/testkit/stage"
)

func TestNothingThatAStrangerWritesBecomesPartOfALetter(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	for i, hostile := range []string{
		`<a href="https://evil.example">click</a>`, `"><script>alert(1)</script>`, `<img src=//evil.example>`, "{{.Link}}", "{{printf `%s` .}}", "${7*7}", "<%= 7*7 %>", "https://evil.example/login",
		"evil.example", "Your account is closed, call +1 555 0100", "=?utf-8?Q?evil=2Eexample?=", "[click](https://evil.example)",
	} {
		v := s.Visitor()
		v.Agent = hostile
		v.Extra = map[string]string{"Accept-Language": hostile, "Referer": hostile, "X-Forwarded-For": hostile}
		p := do(t, v, "POST", s.URL+"/recover", url.Values{"login": {"victim@example.com"}, "loss": {hostile}, "name": {hostile}, "message": {hostile}})
		if p.Status != 200 {
			t.Errorf("%q was answered with %d", hostile, p.Status)
			continue
		}
		m := mails(t, s, i+1)[i]
		l := read(t, m)
		for _, text := range []string{string(m.Raw), l.Text, l.HTML, l.Subject} {
			if strings.Contains(text, "evil") || strings.Contains(text, "alert(1)") || strings.Contains(text, "555 0100") || strings.Contains(text, "49") && strings.Contains(hostile, "7*7") && strings.Contains(text, " 49 ") {
				t.Errorf("%q stands in the letter", hostile)
			}
		}
	}
}

func TestTheLetterToAStrangerSaysNothingThatTheSenderChose(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	for i, login := range []string{"call-555-0100-now@example.com", "your.account.is.closed@example.com", "stranger+visit.evil.example@example.com"} {
		s.Visitor().Ask(login, "password")
		l := read(t, mails(t, s, i+1)[i])
		local, _, _ := strings.Cut(login, "@")
		if strings.Contains(l.Text, local) || strings.Contains(l.HTML, local) || strings.Contains(l.Subject, local) {
			t.Errorf("the letter repeats %s", login)
		}
	}
}

func TestANameOnFileIsTextInLettersAndPages(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	for i, name := range []string{
		`<b>bold</b>`, `"><img src=x onerror=alert(1)>`, "https://evil.example/login", "www.evil.com", "{{.Link}}", "a'b\"c<!--", "javascript:alert(1)", "]]></style>", "&lt;script&gt;", "Reply to +1 555 0100",
	} {
		address := "holder" + string(rune('a'+i)) + "@example.com"
		s.Add(local.Entry{Name: name, Password: stage.Password}, address)
		r := start(s, address, address, 1)
		m := mails(t, s, i+1)
		l := read(t, m[len(m)-1])
		for _, markup := range []string{"<b>bold", "<img src=x", "<script", "c<!--", "]]></style>", `href="https://evil`, `href="http://evil`, `href="javascript`} {
			if strings.Contains(l.HTML, markup) && strings.Contains(name, strings.Trim(markup, `href="`)) {
				t.Errorf("%q is markup in the letter", name)
			}
		}
		if strings.Contains(l.Text, "https://evil.example") || strings.Contains(l.Text, "www.evil.com") || strings.Contains(l.Subject, name) {
			t.Errorf("%q is a link in the letter, or in its subject", name)
		}
		if n := strings.Count(l.HTML, "href="); n != strings.Count(l.HTML, `href="`+s.URL) {
			t.Errorf("%q: a link of the letter leads elsewhere", name)
		}
		page := s.Visitor().Open(r.link)
		if body := string(page.Body); strings.Contains(body, name) && strings.ContainsAny(name, `<>"`) {
			t.Errorf("%q stands in the page as it is", name)
		}
		for address := range page.Links() {
			if strings.Contains(address, "evil") || strings.HasPrefix(address, "javascript") {
				t.Errorf("%q: the page links to %s", name, address)
			}
		}
	}
}
