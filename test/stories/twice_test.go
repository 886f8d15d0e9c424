package stories

import (
	"fmt"
	"sync"
	"testing"

	"keyback/internal/demo/walk"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestOfTwoBrowsersWithTheSameLinkOneWins(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		s.Visitor().Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		passwords := []string{"amber canal otter plinth", "velvet harbour onion ladder"}
		browsers, pages := []*stage.Visitor{s.Visitor(), s.Visitor()}, make([]*walk.Page, len(passwords))
		for n, v := range browsers {
			pages[n] = v.Open(letter.Link)
		}
		ends := make([]*walk.Page, len(passwords))
		var race sync.WaitGroup
		for n, password := range passwords {
			race.Go(func() { ends[n] = choose(browsers[n], pages[n], password) })
		}
		race.Wait()
		won := 0
		for n, end := range ends {
			_, works := s.Visitor().SignIn("maria", passwords[n])
			if done := end.Heading() == "Your password is changed"; done != works {
				t.Errorf("browser %d reads %q, and its password works: %v", n, end.Heading(), works)
			} else if done {
				won++
			} else if end.Heading() != "This link did its work" && end.Heading() != "We are finding out" {
				t.Errorf("the loser reads %d %q", end.Status, end.Heading())
			}
		}
		if won != 1 {
			t.Errorf("%d browsers won", won)
		}
	})
}

func TestADoubleClickAndTheBackButtonChangeNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		maria.Ask("maria@example.com", "password")
		set := maria.Open(s.Letter("maria@example.com", "get back into", 1).Link)
		var clicks sync.WaitGroup
		for range 2 {
			clicks.Go(func() {
				p := choose(maria, set, fresh)
				if h := p.Heading(); h != "Your password is changed" && h != "We are finding out" {
					t.Errorf("a click leads to %d %q", p.Status, h)
				}
			})
		}
		clicks.Wait()
		s.Letter("maria@example.com", "password was changed", 1)
		// Back, and sent once more with something else: it is done, and stays done.
		is(t, choose(maria, set, "velvet harbour onion ladder"), 200, "Your password is changed")
		is(t, maria.Open("/recover/open"), 200, "Your password is changed")
		is(t, maria.Open("/recover/done"), 200, "Your password is changed")
		if _, ok := maria.SignIn("maria", fresh); !ok {
			t.Error("the password that was set does not work")
		}
		if n := mails(s, "maria@example.com"); n != 2 {
			t.Errorf("%d mails came for one change", n)
		}
	})
}

func TestOneSlipAfterAnotherCostsNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria.lopez", "maria@example.com")
		maria := s.Visitor()
		maria.Ask("maria@example.com", "password")
		page := maria.Open(s.Letter("maria@example.com", "get back into", 1).Link)
		for password, why := range map[string]string{
			"short":                        "That one is too short.",
			"passwordpassword":             "easy to guess",
			"maria.lopez maria":            "your name or address in it",
			fmt.Sprintf("%0300d amber", 7): "That one is too long.",
			"":                             "That one is too short.",
		} {
			p := choose(maria, page, password)
			is(t, p, 422, "Choose a new password", why)
			if f, _ := p.FormWith("password"); f.Fields["password"] != "" {
				t.Error("the page shows what was typed")
			}
		}
		is(t, choose(maria, page, fresh), 200, "Your password is changed")
	})
}
