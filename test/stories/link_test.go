package stories

import (
	"net/http"
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestALostPasswordIsReplacedByTheLinkOnAnotherDevice(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		desk, phone, scanner := s.Visitor(), s.Visitor(), s.Visitor()
		inbox := desk.Ask("maria@example.com", "password")
		feed := live(t, s, desk, inbox)
		letter := s.Letter("maria@example.com", "get back into", 1)
		feed.until("handed")
		// A scanner that opens it first, and whatever is on its page, spends nothing.
		is(t, scanner.Open(letter.Link), 200, "Choose a new password")
		page := phone.Open(letter.Link)
		is(t, page, 200, "Choose a new password")
		whose(t, page, "maria")
		if page.URL.Path != "/recover/open" || strings.Contains(string(page.Body), letter.Link) {
			t.Errorf("the link stays in the address bar or on the page: %s", page.URL)
		}
		is(t, choose(phone, page, fresh), 200, "Your password is changed", "We told your address.")
		feed.until("elsewhere")
		is(t, desk.Open(inbox.URL.Path), 200, "You got in elsewhere")
		if _, ok := desk.SignIn("maria", stage.Password); ok {
			t.Error("the old password works")
		}
		if _, ok := phone.SignIn("maria", fresh); !ok {
			t.Error("the new password does not work")
		}
		is(t, scanner.Open(letter.Link), 200, "This link did its work")
		s.Verify()
	})
}

func TestWhatAPageKeepsInTheBrowserIsOutOfReachOfScriptsAndOtherSites(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		inbox := maria.Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		opened := maria.Open(letter.Link)
		stopping := s.Visitor().Open(letter.Stop)
		signedIn, ok := maria.SignIn("maria", stage.Password)
		if !ok {
			t.Fatal("the password does not work")
		}
		for name, from := range map[string]http.Header{
			"kb_browser": inbox.Came[0].Header, "kb_pass": opened.Came[0].Header, "kb_stop": stopping.Came[0].Header, "kb_session": signedIn.Came[0].Header,
		} {
			c := cookie(from, name)
			if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure {
				t.Errorf("%s is set as %v", name, c)
			}
		}
		for _, p := range []http.Header{inbox.Header, opened.Header, stopping.Header, signedIn.Header, s.Visitor().Open("/nothing").Header} {
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := p.Get(name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			if csp := p.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("the policy of contents is %q", csp)
			}
		}
	})
}
