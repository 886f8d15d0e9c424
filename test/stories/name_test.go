package stories

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keyback/internal/demo/walk"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// blots are what may differ between two pages that tell the same.
var blots = regexp.MustCompile(`rec_[0-9a-z]{26}|\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\dT[0-9:.]+Z?|datetime="[^"]*"|in \d+ (second|minute)s?`)

func blotted(p *walk.Page, login string) string {
	text := blots.ReplaceAllString(string(p.Body), "·")
	return strings.NewReplacer(login, "LOGIN", url.QueryEscape(login), "LOGIN").Replace(text)
}

// same checks that two pages tell the same, and shows the first line where they do not.
func same(t *testing.T, what, a, b string) {
	t.Helper()
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	for n := range min(len(one), len(other)) {
		if one[n] != other[n] {
			t.Errorf("%s: the pages differ in line %d:\n%s\n%s", what, n+1, one[n], other[n])
			return
		}
	}
	if len(one) != len(other) {
		t.Errorf("%s: the pages have %d and %d lines", what, len(one), len(other))
	}
}

func TestANameGetsItsMailAtThePrimaryAddressAndThePageTellsNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com", "maria@work.example")
		knows, guesses := s.Visitor(), s.Visitor()
		known := knows.Ask("maria", "password")
		unknown := guesses.Ask("marta", "password")
		is(t, known, 200, "Check your inbox", "If there is an account with that name, we are writing to the address kept with it.")
		same(t, "a name", blotted(known, "maria"), blotted(unknown, "marta"))
		letter := s.Letter("maria@example.com", "get back into", 1)
		feed := live(t, s, knows, known)
		if e, _ := feed.next(); stateOf(e) != "asked" {
			t.Errorf("a name shows %q", stateOf(e))
		}
		// A code works where a name was typed as well.
		set := knows.Fill(known, "code", map[string]string{"code": letter.Code})
		whose(t, set, "maria")
		is(t, choose(knows, set, fresh), 200, "Your password is changed", "We told both your addresses.")
		s.Letter("maria@work.example", "password was changed", 1)
		after := guesses.Open(unknown.URL.Path)
		same(t, "an unknown name's page later", blotted(unknown, "marta"), blotted(after, "marta"))
		s.Letter("maria@example.com", "password was changed", 1)
		if n := s.Sink.Count(); n != 3 {
			t.Errorf("%d mails came in all: somebody wrote to an unknown name", n)
		}
	})
}

func TestAnUnknownAddressGetsALetterAndTheSamePages(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		knows, guesses := s.Visitor(), s.Visitor()
		known, unknown := knows.Ask("maria@example.com", "password"), guesses.Ask("marta@example.com", "password")
		feeds := []*feed{live(t, s, knows, known), live(t, s, guesses, unknown)}
		if l := s.Letter("marta@example.com", "get back into", 1); l.Link != "" || l.Code != "" || l.Stop != "" {
			t.Errorf("the letter to nobody opens something:\n%s", l.Text)
		}
		for _, f := range feeds {
			f.until("handed")
		}
		known, unknown = knows.Open(known.URL.Path), guesses.Open(unknown.URL.Path)
		same(t, "an address", blotted(known, "maria@example.com"), blotted(unknown, "marta@example.com"))
		wrongKnown := knows.Fill(known, "code", map[string]string{"code": "00000000"})
		wrongUnknown := guesses.Fill(unknown, "code", map[string]string{"code": "00000000"})
		is(t, wrongKnown, 422, "Check your inbox", "That is not the newest code")
		same(t, "a wrong code", blotted(wrongKnown, "maria@example.com"), blotted(wrongUnknown, "marta@example.com"))
		same(t, "a sign-in", signInPage(t, knows, "maria"), signInPage(t, guesses, "marta"))
	})
}

func signInPage(t *testing.T, v *stage.Visitor, name string) string {
	t.Helper()
	p, ok := v.SignIn(name, "not the password")
	if ok || p.Status != 422 {
		t.Fatalf("a wrong password leads to %d", p.Status)
	}
	return blotted(p, name)
}
