package stories

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keyback/internal/demo/walk"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// post sends a form past all pages.
func post(t *testing.T, v *stage.Visitor, address string, form url.Values) *walk.Page {
	t.Helper()
	p, err := v.Do(http.MethodPost, address, form)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryErrorSaysWhatHappenedAndLeadsOn(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		stranger := s.Visitor()
		elsewhere := s.Visitor()
		elsewhere.Extra = map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
		ask := url.Values{"login": {"maria@example.com"}, "loss": {"password"}}
		for name, came := range map[string]struct {
			page    *walk.Page
			status  int
			heading string
		}{
			"no page":               {stranger.Open("/nothing/here"), 404, "Nothing at this address"},
			"a link that was cut":   {stranger.Open("/in/AbCdEf"), 404, "Nothing at this address"},
			"a stop link cut":       {stranger.Open("/stop/AbCdEf"), 404, "Nothing at this address"},
			"another's request":     {stranger.Open("/recover/rec_00000000000000000000000000"), 404, "Nothing at this address"},
			"nothing finished":      {stranger.Open("/recover/done"), 404, "Nothing at this address"},
			"no pass":               {stranger.Open("/recover/open"), 200, "This link has run out"},
			"a password, no pass":   {post(t, stranger, s.URL+"/recover/open/password", url.Values{"password": {fresh}}), 200, "This link has run out"},
			"again, no pass":        {post(t, stranger, s.URL+"/recover/open/again", url.Values{"x": {""}}), 200, "Which account is yours?"},
			"a form of another":     {post(t, elsewhere, s.URL+"/recover", ask), 403, "That came from another site"},
			"too much":              {post(t, stranger, s.URL+"/recover", url.Values{"login": {strings.Repeat("a", 70_000)}}), 413, "That was too much at once"},
			"not whole":             {post(t, stranger, s.URL+"/recover", url.Values{"login": {"maria@"}}), 422, "Which account is yours?"},
			"a field twice":         {post(t, stranger, s.URL+"/recover", url.Values{"login": {"a@example.com", "b@example.com"}}), 422, "We could not read that"},
			"a form to a page":      {post(t, stranger, s.URL+"/help", ask), 404, "Nothing at this address"},
			"signed out, no place":  {post(t, stranger, s.URL+"/account/end-all", url.Values{"x": {""}}), 200, ""},
			"what is at /":          {stranger.Open("/"), 200, "Which account is yours?"},
			"a request of another?": {stranger.Open("/recover/x"), 404, "Nothing at this address"},
		} {
			if came.page.Status != came.status || came.heading != "" && came.page.Heading() != came.heading {
				t.Errorf("%s is answered with %d %q", name, came.page.Status, came.page.Heading())
			}
			if came.status >= 400 && came.page.Status != 422 && len(came.page.Links()) == 0 {
				t.Errorf("%s leads nowhere:\n%s", name, came.page.Text())
			}
		}
	})
}

func TestAnotherNameIsNotAnsweredFor(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		v := s.Visitor()
		other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
		is(t, v.Open(other+"/recover"), 421, "This is not our address")
	})
}

func TestWithItsDatabaseGoneEveryPageIsOneAndTheSame(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		v := s.Visitor()
		asking := v.Open("/recover")
		inbox := v.Ask("maria@example.com", "password")
		s.Letter("maria@example.com", "", 1)
		if err := s.Server.DB.Close(); err != nil {
			t.Fatal(err)
		}
		first := v.Fill(asking, "login", map[string]string{"login": "jonas@example.com"})
		is(t, first, 503, "We are not ready yet", "What you asked for before is kept.")
		for _, again := range []*walk.Page{v.Open(inbox.URL.Path), v.Fill(v.Open("/signin"), "login", map[string]string{"login": "x", "password": "y"})} {
			if again.Status != 503 || string(again.Body) != string(first.Body) {
				t.Errorf("%s is %d %q", again.URL.Path, again.Status, again.Heading())
			}
		}
		if ready, err := http.Get(s.Ops + "/readyz"); err != nil || ready.StatusCode != 503 {
			t.Errorf("/readyz: %v %v", ready, err)
		} else {
			_ = ready.Body.Close()
		}
	})
}

func TestMachinesAreToldHowItDoes(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		v := s.Visitor()
		inbox := v.Ask("maria@example.com", "password")
		s.Letter("maria@example.com", "", 1)
		eventually(t, "the mail ended", func() bool { return allOf(t, s, inbox.URL.Path)[0].State.Final() })
		for path, says := range map[string]string{
			"/healthz": "alive", "/readyz": "ready",
			"/metrics": "keyback_mail_outcomes_total{class=\"accepted\"} 1",
		} {
			p := v.Open(s.Ops + path)
			if p.Status != 200 || !strings.Contains(string(p.Body), says) {
				t.Errorf("%s is %d:\n%s", path, p.Status, p.Body)
			}
			if strings.Contains(string(p.Body), "maria") || strings.Contains(string(p.Body), "rec_") {
				t.Errorf("%s tells who asked", path)
			}
			if people := v.Open(path); people.Status != 404 {
				t.Errorf("people reach %s: %d", path, people.Status)
			}
		}
	})
}

func TestALivePageIsForTheBrowserThatAsked(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		inbox := s.Visitor().Ask("maria@example.com", "password")
		other := s.Visitor().Open(inbox.Attr("data-live"))
		is(t, other, 404, "Nothing at this address")
	})
}
