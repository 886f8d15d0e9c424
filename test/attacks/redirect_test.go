package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit/stage"
)

// stays says that a Location leads to a path of ours, whatever a browser makes of it.
func stays(location string) bool {
	return location == "" || strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//") && !strings.ContainsAny(location, "\\\r\n\t")
}

func TestNoRedirectLeadsToAnotherOrigin(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	for _, path := range []string{
		"//" + evil, "///" + evil, "////" + evil + "/%2f..", "//" + evil + "/..", "//" + evil + "//", "/.//" + evil, "/..//" + evil, "/%2e%2e//" + evil,
		"/\\" + evil, "/\\\\" + evil, "/%5c" + evil, "/%5c%5c" + evil, "/%2f%2f" + evil, "/%09/" + evil, "/%0a/" + evil, "/%0d%0aLocation:%20https://" + evil,
		"/recover//" + evil, "/recover/../..//" + evil, "/recover/..%2f..%2f%2f" + evil, "/in//" + evil, "/in/%2f%2f" + evil, "/stop/%2f" + evil,
		"/in/%0d%0aSet-Cookie:%20kb_session=x", "/stop/x%0d%0aLocation:%20//" + evil, "/@" + evil, "/;@" + evil, "/" + evil, "/.evil.example",
		"/signin?next=https://" + evil, "/signin?return_to=//" + evil + "&redirect=//" + evil + "&url=//" + evil, "/recover?loss=//" + evil,
		"/recover/open?account=//" + evil + "&as=https://" + evil, "/?//" + evil, "/recover?next=javascript:alert(1)", "/account?continue=//" + evil,
	} {
		r := wire(t, s, get(path))
		if !stays(r.header.Get("Location")) {
			t.Errorf("%s leads to %s", path, r.header.Get("Location"))
		}
		if r.header.Get("Set-Cookie") != "" && strings.Contains(r.header.Get("Set-Cookie"), "kb_session") || r.status >= 500 {
			t.Errorf("%s answered %d with %v", path, r.status, r.header)
		}
		if strings.Contains(r.body, `"https://`+evil) || strings.Contains(r.body, `"//`+evil) || strings.Contains(r.body, "javascript:") {
			t.Errorf("%s: the page links there", path)
		}
	}
}

func TestNoFieldOfAFormChoosesWhereItLeads(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	extra := "&next=//" + evil + "&redirect=https://" + evil + "&return_to=" + url.QueryEscape("https://"+evil) + "&id=//" + evil + "&action=//" + evil
	for _, request := range []string{
		form("/recover", "login=victim%40example.com&loss=password"+extra),
		form("/recover?next=//"+evil, "login=victim%40example.com&loss=password"+extra),
		form("/signin", "login=victim&password="+stage.Password+extra),
		form("/signin?next=//"+evil, "login=victim&password=wrong"+extra),
		form("/recover/open/again", extra[1:]), form("/stop", "yes=1"+extra), form("/account/end-all", extra[1:]),
		form("/recover/rec_x/resend", extra[1:]), form("/recover/%2f%2f"+evil+"/resend", ""), form("/recover/..%2f..%2f"+evil+"/resend", ""),
	} {
		r := wire(t, s, request)
		if location := r.header.Get("Location"); !stays(location) || strings.Contains(location, evil) || r.status >= 500 {
			t.Errorf("%.40q answered %d and leads to %q", request, r.status, location)
		}
	}
}
