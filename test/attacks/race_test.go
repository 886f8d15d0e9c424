package attacks

import (
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// at once runs n calls at the same moment and says how many were true.
func atOnce(n int, call func(i int) bool) int {
	var ready, done sync.WaitGroup
	var yes atomic.Int64
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			if call(i) {
				yes.Add(1)
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return int(yes.Load())
}

func TestOneLinkSetsOnePasswordHoweverManyTryAtOnce(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		s.Visitor().Ask("victim@example.com", "password")
		link := s.Letter("victim@example.com", "get back into", 1).Link
		browsers := make([]*stage.Visitor, 8) // each with a pass of its own
		for i := range browsers {
			browsers[i] = s.Visitor()
			browsers[i].Open(link)
		}
		passwords := make([]string, 64)
		done := atOnce(64, func(i int) bool {
			passwords[i] = fresh + " " + string(rune('a'+i/8)) + string(rune('a'+i%8))
			p, err := browsers[i%8].Do("POST", s.URL+"/recover/open/password", url.Values{"password": {passwords[i]}})
			if err != nil || p.Status >= 500 {
				t.Errorf("post %d: %v", i, err)
				return false
			}
			return isSet(p)
		})
		// A browser whose pass was taken by its own earlier post is shown that it is done.
		if done == 0 {
			t.Error("nobody got in")
		}
		if n := count(t, s, `SELECT count(*) FROM local_change`); n != 1 {
			t.Errorf("the password was changed %d times", n)
		}
		working := 0
		for _, password := range passwords[:8] {
			if _, ok := s.Visitor().SignIn("victim", password); ok {
				working++
			}
		}
		if working > 1 {
			t.Errorf("%d passwords work", working)
		}
		if n := count(t, s, `SELECT count(*) FROM mail_message WHERE kind = 'changed'`); n != 1 {
			t.Errorf("%d notices were written", n)
		}
		s.Verify()
	})
}

func TestTwoLinksOfOneAccountAtOnceSetOnePassword(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		browsers := make([]*stage.Visitor, 8)
		for i := range browsers {
			s.Visitor().Ask("victim@example.com", "password")
			browsers[i] = s.Visitor()
			browsers[i].Open(s.Letter("victim@example.com", "get back into", i+1).Link)
		}
		done := atOnce(8, func(i int) bool {
			p, err := browsers[i].Do("POST", s.URL+"/recover/open/password", url.Values{"password": {fresh}})
			if err != nil || p.Status >= 500 {
				t.Errorf("post %d: %v", i, err)
				return false
			}
			return isSet(p)
		})
		if n := count(t, s, `SELECT count(*) FROM local_change`); done != 1 || n != 1 {
			t.Errorf("%d were told that they are done, %d changes were made", done, n)
		}
	})
}

func TestCodesTriedAtOnceAreStillCounted(t *testing.T) {
	var key seal.Key
	o := stage.Options{Change: func(o *server.Options) { keyOf(&key)(o); limits(func(*recovery.Limits) {})(o) }}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		thief := s.Visitor()
		inbox := thief.Ask("victim@example.com", "password").URL.Path
		right := code(key, inbox[len("/recover/"):], 1)
		atOnce(32, func(i int) bool {
			_, err := thief.Do("POST", s.URL+inbox+"/code", url.Values{"code": {wrong(right)}})
			return err == nil
		})
		if p := try(t, s, thief, inbox, right); p.URL.Path == "/recover/open" {
			t.Error("the 33rd try was taken")
		}
		// The right code by many at once gives one pass.
		holder := s.Visitor()
		inbox = holder.Ask("victim@example.com", "password").URL.Path
		right = code(key, inbox[len("/recover/"):], 1)
		if passes := atOnce(32, func(i int) bool {
			p, err := holder.Do("POST", s.URL+inbox+"/code", url.Values{"code": {right}})
			return err == nil && p.URL.Path == "/recover/open"
		}); passes != 1 {
			t.Errorf("one code gave %d passes", passes)
		}
	})
}

func TestManyStopsAtOnceAreOneStop(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		s.Visitor().Ask("victim@example.com", "password")
		v := s.Visitor()
		v.Open(s.Letter("victim@example.com", "get back into", 1).Stop)
		atOnce(16, func(int) bool {
			p, err := v.Do("POST", s.URL+"/stop", url.Values{"yes": {"1"}})
			if err != nil || p.Status != 200 {
				t.Error(p.Status, err)
			}
			return true
		})
		if n := count(t, s, `SELECT count(*) FROM recovery_account WHERE contested = 1`); n != 0 {
			t.Error("one stop, sent many times, contests the account")
		}
		if n := count(t, s, `SELECT count(*) FROM mail_message WHERE kind = 'stopped'`); n != 1 {
			t.Errorf("%d notices were written", n)
		}
		s.Verify()
	})
}

func TestAMailIsAskedForOnceHoweverManyButtonsArePressedAtOnce(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		v := s.Visitor()
		inbox := v.Ask("victim@example.com", "password").URL.Path
		mails(t, s, 1)
		s.Clock.Advance(recovery.ResendAfter)
		atOnce(16, func(int) bool {
			_, err := v.Do("POST", s.URL+inbox+"/resend", url.Values{})
			return err == nil
		})
		if n := count(t, s, `SELECT count(*) FROM mail_message`); n != 2 {
			t.Errorf("%d mails were written", n)
		}
	})
}
