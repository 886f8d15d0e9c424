package attacks

import (
	"net/url"
	"testing"
	"time"

	"keyback/internal/recovery"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func stopped(t *testing.T, s *stage.Stage) int {
	t.Helper()
	return count(t, s, `SELECT count(*) FROM account_freeze`) + count(t, s, `SELECT count(*) FROM recovery WHERE state IN ('stopped', 'contested')`)
}

func TestOnlyTheMailboxStops(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		victim := s.Account("victim", "victim@example.com")
		s.Account("thief", "thief@example.com")
		own := start(s, "thief@example.com", "thief@example.com", 1)
		// The thief knows the victim's recovery by its page, for the thief started it.
		thief := s.Visitor()
		id := thief.Ask("victim@example.com", "password").URL.Path[len("/recover/"):]
		s.Letter("victim@example.com", "get back into", 1)
		good := tokenOf(own.stop)
		for _, forged := range []string{"", id, "stop_" + id, good + "A", good[1:], string(victim.ID), tokenOf(own.link)} {
			v := carry(s.Visitor(), "kb_stop="+forged)
			if p := do(t, v, "POST", s.URL+"/stop", url.Values{"yes": {"yes"}, "recovery": {id}, "account": {string(victim.ID)}}); p.Status < 400 {
				t.Errorf("%.12q was answered with %d", forged, p.Status)
			}
			if p := s.Visitor().Open("/stop/" + url.PathEscape(forged)); p.Status < 400 {
				t.Errorf("/stop/%.12q was answered with %d", forged, p.Status)
			}
		}
		if n := stopped(t, s); n != 0 {
			t.Errorf("%d things were stopped", n)
		}
		// The thief's own stop link stops the thief's own recovery alone.
		v := s.Visitor()
		p := v.Open(own.stop)
		f, _ := p.FormWith("yes")
		do(t, v, "POST", f.Action+"?recovery="+id, url.Values{"yes": {"yes"}, "recovery": {id}, "account": {string(victim.ID)}})
		if n := count(t, s, `SELECT count(*) FROM account_freeze WHERE account = $1`, string(victim.ID)); n != 0 {
			t.Error("the victim's account is frozen")
		}
		unchanged(t, s, "victim")
	})
}

func TestAStopNeedsItsBox(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Open(r.stop)
	for _, form := range []url.Values{{}, {"yes": {""}}, {"no": {"yes"}}, {"Yes": {"yes"}}, {"yes": {"yes", "yes"}}} {
		if p := do(t, v, "POST", s.URL+"/stop", form); p.Status != 422 {
			t.Errorf("%v was answered with %d", form, p.Status)
		}
	}
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} {
		do(t, v, method, s.URL+"/stop?yes=yes", nil)
	}
	if n := stopped(t, s); n != 0 {
		t.Error("it was stopped without the box")
	}
}

// Whoever starts recoveries for an account over and over gets no more out of the
// holder's stops than one freeze, and then a person who decides.
func TestStoppingAgainAndAgainDoesNotKeepTheHolderOut(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		a := s.Account("victim", "victim@example.com")
		r := start(s, "victim@example.com", "victim@example.com", 1)
		v := s.Visitor()
		v.Fill(v.Open(r.stop), "yes", map[string]string{"yes": "yes"})
		until := func() int { return count(t, s, `SELECT until FROM account_freeze WHERE account = $1`, string(a.ID)) }
		first := until()
		for range 3 { // the same stop, later on
			s.Clock.Advance(time.Hour)
			do(t, v, "POST", s.URL+"/stop", url.Values{"yes": {"yes"}})
		}
		if until() != first {
			t.Error("one stop, sent again, freezes for longer")
		}
		s.Clock.Advance(70 * time.Hour)
		unchanged(t, s, "victim")
	})
}

func TestAnOldStopLinkStopsNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Open(r.link)
	set(t, s, v, "")
	s.Clock.Advance(recovery.StopLife + time.Hour)
	old := s.Visitor()
	old.Open(r.stop)
	do(t, old, "POST", s.URL+"/stop", url.Values{"yes": {"yes"}})
	if n := stopped(t, s); n != 0 {
		t.Error("a stop link of a month ago still freezes")
	}
	if _, ok := s.Visitor().SignIn("victim", fresh); !ok {
		t.Error("the holder is kept out")
	}
}
