package stories

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"keyback/internal/policy"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestThisWasNotMeFromTheFirstLetterFreezesForThreeDays(t *testing.T) {
	stage.Each(t, testkit.InEveryCheck, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com", "maria@work.example")
		thief, holder, elsewhere := s.Visitor(), s.Visitor(), s.Visitor()
		if _, ok := elsewhere.SignIn("maria", stage.Password); !ok {
			t.Fatal("the password does not work")
		}
		inbox := thief.Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		feed := live(t, s, thief, inbox)
		opened := s.Visitor()
		set := opened.Open(letter.Link)
		question := holder.Open(letter.Stop)
		is(t, question, 200, "Was this you?", "someone asked to get into your account", "This was not me")
		if question.URL.Path != "/stop" {
			t.Errorf("the token stays in the address bar: %s", question.URL)
		}
		// Nothing submits itself, and what submits without the box stops nothing.
		is(t, holder.Click(question, "/stop"), 422, "Was this you?", "Tick the box")
		stopped := tick(t, holder, question)
		is(t, stopped, 200, "It is stopped", "Your account is frozen until")
		s.Letter("maria@example.com", "is frozen", 1)
		s.Letter("maria@work.example", "is frozen", 1)
		feed.until("halted")
		is(t, thief.Open(inbox.URL.Path), 200, "This was stopped", "ask for a person")
		is(t, choose(opened, set, fresh), 200, "This was stopped")
		if p := elsewhere.Open("/account"); !strings.HasPrefix(p.URL.Path, "/signin") {
			t.Error("a place is still signed in")
		}
		if _, ok := elsewhere.SignIn("maria", stage.Password); ok {
			t.Error("somebody signs in to a frozen account")
		}
		// Twice is once.
		is(t, holder.Open(letter.Stop), 200, "It is stopped", "Your account is frozen until")
		// A frozen account is recovered by nobody, and the page says until when.
		again := s.Visitor()
		again.Ask("maria@example.com", "password")
		second := s.Letter("maria@example.com", "get back into", 2)
		if !strings.Contains(second.Text, "Frozen until") {
			t.Errorf("the letter does not say that the account is frozen:\n%s", second.Text)
		}
		is(t, again.Open(second.Link), 200, "This account is frozen", "Until ", "Nothing has been deleted")
		s.Clock.Advance(policy.FreezeFor)
		if _, ok := elsewhere.SignIn("maria", stage.Password); !ok {
			t.Error("after three days the freeze has not ended")
		}
		s.Verify()
	})
}

func TestThisWasNotMeAfterTheChangeFreezesAndUndoesNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com", "maria@work.example")
		thief, holder := s.Visitor(), s.Visitor()
		thief.Ask("maria@example.com", "password")
		is(t, choose(thief, thief.Open(s.Letter("maria@example.com", "get back into", 1).Link), fresh), 200, "Your password is changed")
		if _, ok := thief.SignIn("maria", fresh); !ok {
			t.Fatal("the new password does not work")
		}
		notice := s.Letter("maria@work.example", "password was changed", 1)
		question := holder.Open(notice.Stop)
		is(t, question, 200, "Was this you?", "someone set a new password for your account")
		is(t, tick(t, holder, question), 200, "It is stopped", "Your account is frozen until")
		if p := thief.Open("/account"); p.URL.Path == "/account" {
			t.Error("whoever changed it is still signed in")
		}
		for _, password := range []string{fresh, stage.Password} {
			if _, ok := thief.SignIn("maria", password); ok {
				t.Errorf("%q opens a frozen account", password)
			}
		}
		is(t, holder.Open("/stop/kept"), 200, "Then all is well")
		s.Clock.Advance(policy.FreezeFor)
		if _, ok := thief.SignIn("maria", fresh); !ok {
			t.Error("the stop undid the change, or the freeze has not ended")
		}
	})
}

func TestASecondStopWithinAMonthContestsTheAccount(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		for n := 1; n <= 2; n++ {
			v := s.Visitor()
			v.Ask("maria@example.com", "password")
			letter := s.Letter("maria@example.com", "get back into", n)
			is(t, tick(t, v, v.Open(letter.Stop)), 200, "It is stopped")
			s.Clock.Advance(policy.ContestWithin - time.Hour)
		}
		// The freeze is long over; a mail still opens nothing, because a person decides.
		v := s.Visitor()
		v.Ask("maria@example.com", "password")
		page := v.Open(s.Letter("maria@example.com", "get back into", 3).Link)
		is(t, page, 200, "Mail alone cannot open this", "A person can help you")
		is(t, post(t, v, s.URL+"/recover/open/password", url.Values{"password": {fresh}}), 200, "Mail alone cannot open this")
		if _, ok := v.SignIn("maria", fresh); ok {
			t.Error("the contested account has the new password")
		}
	})
}

func TestAStopLongAfterTheAttemptRanOutSaysThatItIsOver(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		thief, holder := s.Visitor(), s.Visitor()
		inbox := thief.Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		s.Clock.Advance(20 * time.Hour)
		eventually(t, "the attempt ended", func() bool { return thief.Open(inbox.URL.Path).Attr("data-live") == "" })
		page := holder.Open(letter.Stop)
		if _, asks := page.FormWith("yes"); asks {
			page = tick(t, holder, page)
		}
		is(t, page, 200, "It is stopped", "nobody gets in by it")
		if _, ok := holder.SignIn("maria", stage.Password); !ok {
			t.Error("the holder was locked out of an account that nobody got into")
		}
	})
}
