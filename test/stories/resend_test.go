package stories

import (
	"strings"
	"testing"
	"time"

	"keyback/internal/recovery"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestANewMailReplacesTheOlderOneAndItsTimerIsHonest(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		inbox := maria.Ask("maria@example.com", "password")
		first := s.Letter("maria@example.com", "get back into", 1)
		live(t, s, maria, inbox).until("handed")
		early := maria.Click(inbox, "/resend")
		is(t, early, 200, "Check your inbox")
		if when, err := time.Parse(time.RFC3339, early.Attr("data-before")); err != nil || when.Sub(s.Clock.Now()) > recovery.ResendAfter || when.Before(s.Clock.Now()) {
			t.Errorf("the page offers the next mail at %q: %v", early.Attr("data-before"), err)
		}
		if n := mails(s, "maria@example.com"); n != 1 {
			t.Errorf("a new mail went out before its time: %d", n)
		}
		opened := s.Visitor()
		is(t, opened.Open(first.Link), 200, "Choose a new password")
		s.Clock.Advance(recovery.ResendAfter)
		again := maria.Click(maria.Open(inbox.URL.Path), "/resend")
		is(t, again, 200, "Check your inbox", "You asked again")
		second := s.Letter("maria@example.com", "get back into", 2)
		if second.Link == first.Link || second.Code == first.Code {
			t.Fatal("the newer mail has the older link or code")
		}
		is(t, maria.Open(first.Link), 200, "This link has run out", "A newer mail is on its way, sent at ")
		is(t, opened.Open("/recover/open"), 200, "This link has run out", "A newer mail is on its way")
		is(t, maria.Fill(again, "code", map[string]string{"code": first.Code}), 422, "Check your inbox", "That is not the newest code")
		whose(t, maria.Fill(again, "code", map[string]string{"code": second.Code}), "maria")
	})
}

func TestAtMostFourMailsGoOutForOneRequest(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		maria := s.Visitor()
		inbox := maria.Ask("maria@example.com", "password")
		for n := 2; n <= recovery.MaxSends; n++ {
			s.Letter("maria@example.com", "", n-1)
			s.Clock.Advance(recovery.ResendAfter)
			maria.Click(inbox, "/resend")
		}
		s.Letter("maria@example.com", "", recovery.MaxSends)
		s.Clock.Advance(recovery.ResendAfter)
		last := maria.Click(inbox, "/resend")
		is(t, last, 200, "Check your inbox")
		if _, ok := last.FormTo("/resend"); ok {
			t.Error("a fifth mail is offered")
		}
		if len(allOf(t, s, last.URL.Path)) != recovery.MaxSends {
			t.Error("a fifth mail was left")
		}
	})
}

func TestALinkAndWhatItOpenedRunOutAndANewMailIsOneClickAway(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		desk, phone, late := s.Visitor(), s.Visitor(), s.Visitor()
		inbox := desk.Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		live(t, s, desk, inbox).until("handed")
		s.Clock.Advance(recovery.TokenLife - 10*time.Second)
		set := phone.Open(letter.Link)
		is(t, set, 200, "Choose a new password", "in 30 minutes")
		s.Clock.Advance(10 * time.Second)
		is(t, late.Open(letter.Link), 200, "This link has run out", "Links work for 30 minutes")
		s.Clock.Advance(recovery.PassLife - 20*time.Second)
		// In the last seconds a slip still costs nothing.
		set = choose(phone, set, "short")
		is(t, set, 422, "Choose a new password", "That one is too short. Use 15 characters or more.")
		s.Clock.Advance(20 * time.Second)
		out := choose(phone, set, fresh)
		is(t, out, 200, "This link has run out")
		if _, ok := phone.SignIn("maria", fresh); ok {
			t.Fatal("a pass that had run out set a password")
		}
		again := phone.Click(out, "/recover/open/again")
		is(t, again, 200, "Check your inbox", "maria@example.com")
		letter = s.Letter("maria@example.com", "get back into", 2)
		whose(t, phone.Fill(again, "code", map[string]string{"code": letter.Code}), "maria")
		if !strings.Contains(letter.Link, "/in/") {
			t.Error("the new letter has no link")
		}
	})
}
