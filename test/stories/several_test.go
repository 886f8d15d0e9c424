package stories

import (
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestSeveralAccountsOfOneMailboxGetOneLetterAndAChoice(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "family@example.com")
		s.Account("jonas", "family@example.com")
		asking := s.Visitor()
		asking.Ask("family@example.com", "password")
		letter := s.Letter("family@example.com", "get back into", 1)
		if !strings.Contains(letter.Text, "maria") || !strings.Contains(letter.Text, "jonas") {
			t.Errorf("the letter does not name both:\n%s", letter.Text)
		}
		choice := asking.Open(letter.Link)
		is(t, choice, 200, "Which one do you want?", "maria", "jonas", "family@example.com")
		// The choice is the browser's own: looking at one and going back binds nothing.
		whose(t, link(t, asking, choice, "jonas"), "jonas")
		set := link(t, asking, choice, "maria")
		whose(t, set, "maria")
		is(t, choose(asking, set, fresh), 200, "Your password is changed")
		if n := mails(s, "family@example.com"); n != 1 && n != 2 { // the notice may be on its way
			t.Errorf("%d mails came", n)
		}
		if _, ok := asking.SignIn("maria", fresh); !ok {
			t.Error("the new password does not work")
		}
		if _, ok := asking.SignIn("jonas", stage.Password); !ok {
			t.Error("the other account was touched")
		}
		is(t, link(t, asking, choice, "jonas"), 200, "Your password is changed")
	})
}
