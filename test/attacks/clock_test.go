package attacks

import (
	"testing"
	"time"

	"keyback/internal/recovery"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// alive says whether a link opens in a browser of its own.
func alive(t *testing.T, s *stage.Stage, r started) bool {
	t.Helper()
	return opens(s.Visitor().Open(r.link))
}

func TestAClockThatJumpsDoesNotMakeALinkLiveForLong(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		r := start(s, "victim@example.com", "victim@example.com", 1)
		settled(t, s, 1)
		held := s.Visitor()
		held.Open(r.link)

		s.Clock.Advance(25 * time.Minute)
		s.Clock.Advance(-24 * time.Minute) // put back once: it lives for that much longer, no more
		s.Clock.Advance(30 * time.Minute)
		if alive(t, s, r) || isSet(set(t, s, held, "")) {
			t.Error("a link lives on for ever after one jump")
		}

		r = start(s, "victim@example.com", "victim@example.com", 2)
		settled(t, s, 2)
		held = s.Visitor()
		held.Open(r.link)
		s.Clock.Advance(-2 * time.Hour) // put back for good
		if alive(t, s, r) || isSet(set(t, s, held, "")) {
			t.Error("a link out of the future opens")
		}
	})
}

func TestAClockThatWasAheadLeavesNoLinkForLater(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	s.Clock.Advance(365 * 24 * time.Hour) // a battery ran out
	r := start(s, "victim@example.com", "victim@example.com", 1)
	settled(t, s, 1)
	s.Clock.Advance(-365 * 24 * time.Hour)
	for range 3 {
		if alive(t, s, r) {
			t.Error("a link of the year ahead opens now")
		}
		if p := try(t, s, r.browser, r.inbox, r.code); p.URL.Path == "/recover/open" {
			t.Error("a code of the year ahead opens now")
		}
		s.Clock.Advance(recovery.TokenLife)
	}
}

func TestAFreezeOutlivesAClockThatIsPutForthAndBack(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Fill(v.Open(r.stop), "yes", map[string]string{"yes": "yes"})
	s.Clock.Advance(24 * time.Hour)
	s.Clock.Advance(-23 * time.Hour)
	s.Clock.Advance(48 * time.Hour)
	if _, ok := s.Visitor().SignIn("victim", stage.Password); ok {
		t.Error("the freeze was shortened")
	}
	s.Clock.Advance(24 * time.Hour)
	unchanged(t, s, "victim")
}

func TestTheRecordStaysWholeUnderAClockThatJumps(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		for _, jump := range []time.Duration{0, 3 * time.Hour, -5 * time.Hour, time.Minute} {
			s.Clock.Advance(jump)
			s.Visitor().Ask("victim@example.com", "password")
			s.Verify()
		}
	})
}
