package attacks

import (
	"testing"
	"time"

	"keyback/internal/recovery"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// started is a recovery with its first letter read.
type started struct {
	browser          *stage.Visitor
	inbox            string
	link, stop, code string
}

func start(s *stage.Stage, login, to string, nth int) started {
	v := s.Visitor()
	inbox := v.Ask(login, "password").URL.Path
	l := s.Letter(to, "get back into", nth)
	return started{v, inbox, l.Link, l.Stop, l.Code}
}

// dead fails the test where a link or code still leads somewhere.
func dead(t *testing.T, s *stage.Stage, why string, r started) {
	t.Helper()
	v := s.Visitor()
	if opens(v.Open(r.link)) || isSet(set(t, s, v, "")) {
		t.Errorf("%s: the link still opens", why)
	}
	if p := try(t, s, r.browser, r.inbox, r.code); p.URL.Path == "/recover/open" {
		t.Errorf("%s: the code still opens", why)
	}
}

func TestALinkAndACodeDieWithWhateverReplacesThem(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com", "second@example.com")
		const to = "victim@example.com"

		old := start(s, to, to, 1)
		held := s.Visitor() // opened before the resend
		held.Open(old.link)
		s.Clock.Advance(recovery.ResendAfter)
		old.browser.Click(old.browser.Open(old.inbox), "/resend")
		renewed := s.Letter(to, "get back into", 2)
		dead(t, s, "after a resend", old)
		if isSet(set(t, s, held, "")) {
			t.Error("after a resend: the page that was open already still sets a password")
		}

		siblings := []started{start(s, to, to, 3), start(s, "victim", to, 4), start(s, "second@example.com", "second@example.com", 1)}
		open := s.Visitor()
		open.Open(siblings[0].link)
		holder := s.Visitor()
		holder.Open(renewed.Link)
		pass := cookie(s, holder, "kb_pass")
		if !isSet(set(t, s, holder, "")) {
			t.Fatal("the newest link does not open")
		}
		for i, sibling := range siblings {
			dead(t, s, "after another recovery was completed, sibling "+string(rune('1'+i)), sibling)
		}
		if isSet(set(t, s, open, "")) {
			t.Error("after another was completed: the page that was open already still sets a password")
		}
		dead(t, s, "after it was completed", started{old.browser, old.inbox, renewed.Link, "", renewed.Code})
		again := carry(s.Visitor(), "kb_pass="+pass)
		if opens(again.Open("/recover/open")) {
			t.Error("a pass opens after it was spent")
		}
		if set(t, s, again, ""); count(t, s, `SELECT count(*) FROM local_change`) != 1 {
			t.Error("a pass was spent twice")
		}
	})
}

func TestALinkDiesWhenItsHolderSimplySignsIn(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		r := start(s, "victim@example.com", "victim@example.com", 1)
		open := s.Visitor()
		open.Open(r.link)
		unchanged(t, s, "victim")
		dead(t, s, "after a sign-in", r)
		if isSet(set(t, s, open, "")) {
			t.Error("the page that was open already still sets a password")
		}
		unchanged(t, s, "victim")
	})
}

func TestALinkDiesWithAStop(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		r, sibling := start(s, "victim@example.com", "victim@example.com", 1), start(s, "victim", "victim@example.com", 2)
		v := s.Visitor()
		v.Fill(v.Open(r.stop), "yes", map[string]string{"yes": "1"})
		dead(t, s, "after a stop", r)
		dead(t, s, "after a sibling's stop", sibling)
		later := start(s, "victim@example.com", "victim@example.com", 3)
		if thief := s.Visitor(); opens(thief.Open(later.link)) || isSet(set(t, s, thief, "")) {
			t.Error("a link opens a frozen account")
		}
		s.Clock.Advance(73 * time.Hour)
		unchanged(t, s, "victim")
	})
}

func TestALinkLivesForHalfAnHourFromItsDelivery(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		r := start(s, "victim@example.com", "victim@example.com", 1)
		settled(t, s, 1)
		s.Clock.Advance(29 * time.Minute)
		early := s.Visitor()
		if !opens(early.Open(r.link)) {
			t.Fatal("it did not open after 29 minutes")
		}
		s.Clock.Advance(2 * time.Minute)
		dead(t, s, "after 31 minutes", r)
		s.Clock.Advance(28 * time.Minute)
		if isSet(set(t, s, early, "")) {
			t.Error("a page sets a password more than half an hour after its link was opened")
		}
	})
}

func TestAPassOpensNothingButItsOwnAccount(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	victim := s.Account("victim", "victim@example.com")
	s.Account("thief", "thief@example.com")
	own := start(s, "thief@example.com", "thief@example.com", 1)
	thief := s.Visitor()
	thief.Open(own.link)
	for _, account := range []string{string(victim.ID), "victim", "victim@example.com", string(victim.ID) + "\x00", "*", "%", "null"} {
		if p := set(t, s, thief, account); isSet(p) {
			t.Errorf("the account %q was changed", account)
		}
	}
	// A pass in a page of another account, as after a cookie was planted.
	other := start(s, "victim@example.com", "victim@example.com", 1)
	browser := s.Visitor()
	browser.Open(other.link)
	planted := carry(s.Visitor(), "kb_pass="+cookie(s, thief, "kb_pass"))
	if p := set(t, s, planted, string(victim.ID)); isSet(p) {
		t.Error("a planted pass was taken for the victim's account")
	}
	for _, forged := range []string{"", "x", cookie(s, thief, "kb_pass")[1:], cookie(s, thief, "kb_pass") + "A", cookie(s, thief, "kb_browser"), tokenOf(own.link)} {
		if p := set(t, s, carry(s.Visitor(), "kb_pass="+forged), ""); isSet(p) {
			t.Errorf("the pass %.20q was taken", forged)
		}
	}
	unchanged(t, s, "victim")
}
