package attacks

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// bodies are what a form never sends. None is answered as if it were one.
func bodies() map[string][2]string {
	const victim = "victim%40example.com"
	return map[string][2]string{
		"nothing at all":           {"application/x-www-form-urlencoded", ""},
		"an empty login":           {"application/x-www-form-urlencoded", "login=&loss=password"},
		"a blank login":            {"application/x-www-form-urlencoded", "login=+++&loss=password"},
		"null":                     {"application/x-www-form-urlencoded", "login=null%00"},
		"a login twice":            {"application/x-www-form-urlencoded", "login=" + victim + "&login=thief%40" + evil},
		"a login twice, the same":  {"application/x-www-form-urlencoded", "login=" + victim + "&login=" + victim},
		"a list":                   {"application/x-www-form-urlencoded", "login[]=" + victim + "&login[]=thief%40" + evil},
		"a map":                    {"application/x-www-form-urlencoded", "login[email]=" + victim},
		"another case":             {"application/x-www-form-urlencoded", "Login=" + victim},
		"bad escapes":              {"application/x-www-form-urlencoded", "login=%zz"},
		"bytes that are no text":   {"application/x-www-form-urlencoded", "login=%ff%fe%40example.com"},
		"surrogates":               {"application/x-www-form-urlencoded", "login=%ed%a0%80%40example.com"},
		"semicolons":               {"application/x-www-form-urlencoded", "login=" + victim + ";login=thief"},
		"JSON":                     {"application/json", `{"login":"victim@example.com","loss":"password"}`},
		"JSON, a list":             {"application/json", `{"login":["victim@example.com","thief@evil.example"]}`},
		"JSON, nested":             {"application/json", `{"login":{"$ne":null}}`},
		"JSON as a form":           {"application/x-www-form-urlencoded", `{"login":"victim@example.com"}`},
		"a form as JSON":           {"application/json", "login=" + victim},
		"plain text":               {"text/plain", "login=" + victim + "\r\nloss=password"},
		"XML":                      {"text/xml", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><login>&e;</login>`},
		"multipart":                {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nvictim@example.com\r\n--b--\r\n"},
		"multipart, no boundary":   {"multipart/form-data", "x"},
		"no type":                  {"", "login=" + victim},
		"a type that is none":      {"a/b/c; =", "login=" + victim},
		"two types":                {"application/x-www-form-urlencoded, application/json", "login=" + victim},
		"a long login":             {"application/x-www-form-urlencoded", "login=" + strings.Repeat("a", 60_000) + "%40example.com"},
		"a thousand logins":        {"application/x-www-form-urlencoded", strings.Repeat("login=a&", 1000)},
		"a body longer than taken": {"application/x-www-form-urlencoded", "login=" + strings.Repeat("a", 1<<20)},
	}
}

func TestABodyThatIsNoFormOfOursStartsNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		for name, b := range bodies() {
			for _, path := range []string{"/recover", "/signin", "/recover/open/password", "/recover/open/unlock", "/stop", "/account/end", "/recover/rec_0/code"} {
				r := wire(t, s, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: BASE\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", path, b[0], len(b[1]), b[1]))
				// Without a pass, or a place, the answer to anything is where to get one.
				lost := path == "/account/end" && r.status == 303 || strings.HasPrefix(path, "/recover/open") && r.status == 200
				if r.status != 0 && r.status < 400 && !lost || r.status >= 500 {
					t.Errorf("%s to %s was answered with %d", name, path, r.status)
				}
			}
		}
		for name, head := range map[string]string{
			"packed":                "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
			"in broken chunks":      "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
			"both lengths":          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
			"two lengths":           "Content-Length: 3\r\nContent-Length: 5\r\n\r\nlogin",
			"a length below zero":   "Content-Length: -1\r\n\r\n",
			"an unknown coding":     "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
			"a coding in disguise":  "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
			"an upgrade":            "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0\r\n\r\n",
			"an expectation of ill": "Expect: 200-ok\r\nContent-Length: 0\r\n\r\n",
		} {
			r := wire(t, s, "POST /recover HTTP/1.1\r\nHost: BASE\r\nContent-Type: application/x-www-form-urlencoded\r\n"+head)
			if r.status != 0 && r.status < 400 || r.status >= 500 && r.status != 501 {
				t.Errorf("a body %s was answered with %d", name, r.status)
			}
		}
		if n := count(t, s, `SELECT count(*) FROM recovery`); n != 0 {
			t.Errorf("%d recoveries were started", n)
		}
		unchanged(t, s, "victim")
	})
}

func TestNothingInThePathOrTheFieldsBreaksAPage(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		v := s.Visitor()
		v.SignIn("victim", stage.Password)
		inbox := v.Ask("victim@example.com", "password").URL.Path
		for _, odd := range []string{"\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "'", `"`, "\r\n", "../..", strings.Repeat("x", 8000), "%", "\u202e", "😀", "-1", "9223372036854775808"} {
			for _, path := range []string{"/recover/%s", "/recover/%s/live", "/in/%s", "/stop/%s", "/%s", "/recover/open?account=%s", "/recover?loss=%s&name=%s", "/signin?name=%s"} {
				p := do(t, v, "GET", s.URL+strings.ReplaceAll(path, "%s", url.PathEscape(odd)), nil)
				if p.Status >= 500 {
					t.Errorf("%s with %.20q was answered with %d", path, odd, p.Status)
				}
			}
			for path, field := range map[string]string{
				"/recover": "login", inbox + "/code": "code", "/recover/open/password": "account", "/recover/open/unlock": "account", "/stop": "yes", "/account/end": "place", "/signin": "login",
			} {
				p := do(t, v, "POST", s.URL+path, url.Values{field: {odd}, "password": {odd}, "loss": {odd}})
				if p.Status >= 500 {
					t.Errorf("%s with %s %.20q was answered with %d", path, field, odd, p.Status)
				}
			}
			p := do(t, v, "POST", s.URL+"/recover/"+url.PathEscape(odd)+"/code", url.Values{"code": {"1"}})
			if p.Status >= 500 {
				t.Errorf("a code for the recovery %.20q was answered with %d", odd, p.Status)
			}
		}
	})
}
