package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit/stage"
)

// What a page of another site can make a browser send along with the victim's cookies.
// The cookies are Lax besides, so that most of it would come without them.
func TestAnotherSiteChangesNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	v := s.Visitor()
	v.SignIn("victim", stage.Password)
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v.Open(r.link)
	v.Open(r.stop)
	var cookies []string
	for _, c := range v.Cookies(s.URL) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	inbox := r.browser
	along := "Cookie: " + strings.Join(append(cookies, "kb_browser="+cookie(s, inbox, "kb_browser")), "; ")
	posts := map[string]string{
		"/recover/open/password": "password=" + url.QueryEscape(fresh),
		"/recover/open/unlock":   "yes=yes",
		"/recover/open/again":    "",
		"/stop":                  "yes=yes",
		"/account/end-all":       "",
		"/account/end":           "place=x",
		"/recover":               "login=other%40example.com&loss=password",
		"/signin":                "login=victim&password=" + stage.Password,
		r.inbox + "/resend":      "",
		r.inbox + "/code":        "code=" + r.code,
	}
	for name, headers := range map[string][]string{
		"another origin":         {"Origin: https://" + evil},
		"null":                   {"Origin: null"},
		"another site":           {"Sec-Fetch-Site: cross-site"},
		"a neighbouring host":    {"Sec-Fetch-Site: same-site"},
		"our name on https":      {"Origin: https://BASE.evil.example"},
		"ours as a prefix":       {"Origin: http://BASE.evil.example"},
		"ours with another port": {"Origin: http://127.0.0.1:1"},
		"a file":                 {"Origin: file://"},
		"both, at odds":          {"Origin: http://BASE", "Sec-Fetch-Site: cross-site"},
		"a navigation":           {"Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
		"a frame":                {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"},
	} {
		for path, body := range posts {
			reply := wire(t, s, form(path, body, append([]string{"Host: BASE", along}, headers...)...))
			if reply.status != 403 {
				t.Errorf("%s: %s was answered with %d", name, path, reply.status)
			}
		}
	}
	// A form sent as text, the way a page without scripts gets a body of any shape across.
	for path := range posts {
		body := "password=" + fresh + "&yes=yes&login=victim@example.com"
		reply := wire(t, s, strings.Replace(form(path, body, "Host: BASE", along, "Origin: https://"+evil), "application/x-www-form-urlencoded", "text/plain", 1))
		if reply.status != 403 {
			t.Errorf("%s as text was answered with %d", path, reply.status)
		}
	}
	// Methods that change nothing, and those that are told to be others.
	for path, body := range posts {
		for _, request := range []string{
			get(path+"?"+body, "Host: BASE", along), get(path+"?_method=POST&"+body, "Host: BASE", along, "X-HTTP-Method-Override: POST"), strings.Replace(get(path+"?"+body, "Host: BASE", along), "GET", "HEAD", 1),
			strings.Replace(get(path, "Host: BASE", along, "Origin: https://"+evil, "Access-Control-Request-Method: POST"), "GET", "OPTIONS", 1),
		} {
			reply := wire(t, s, request)
			if reply.header.Get("Access-Control-Allow-Origin") != "" || reply.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s lets other origins in", path)
			}
		}
	}
	if n := count(t, s, `SELECT count(*) FROM local_change`) + count(t, s, `SELECT count(*) FROM account_freeze`); n != 0 {
		t.Error("something was changed")
	}
	if n := count(t, s, `SELECT count(*) FROM recovery`); n != 1 {
		t.Errorf("there are %d recoveries", n)
	}
	if p := v.Open("/account"); p.URL.Path != "/account" {
		t.Error("the victim was signed out")
	}
}

func TestNoPageCanBeFramedOrRunsWhatIsNotOurs(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	v := s.Visitor()
	v.SignIn("victim", stage.Password)
	r := start(s, "victim@example.com", "victim@example.com", 1)
	for _, path := range []string{"/recover", r.link, r.stop, "/recover/open", "/stop", "/signin", "/account", "/help", "/nothing", "/recover/done", "/stop/kept", "/in/x"} {
		p := v.Open(path)
		policy := p.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s", path, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "data:") {
			t.Errorf("%s: the policy lets %s", path, policy)
		}
		for name, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
			if p.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, p.Header.Get(name))
			}
		}
		if told := p.Header.Get("Referrer-Policy"); told != "no-referrer" && (told != "same-origin" || strings.HasPrefix(path, "/in/")) {
			t.Errorf("%s: its address goes to others: %q", path, told)
		}
		body := strings.ToLower(string(p.Body))
		if strings.Contains(body, "<script>") || strings.Contains(body, " style=") || strings.Contains(body, "<style") || strings.Contains(body, " onclick=") || strings.Contains(body, " onload=") {
			t.Errorf("%s has something inline", path)
		}
		for _, attribute := range []string{`src="http`, `src="//`, `rel="stylesheet" href="http`} {
			if strings.Contains(body, attribute) {
				t.Errorf("%s loads something of another's", path)
			}
		}
	}
}
