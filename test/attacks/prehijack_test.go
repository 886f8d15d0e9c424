package attacks

import (
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// Somebody opens an account with the victim's address before the victim does, or puts
// an address of their own on the victim's account, and waits.
func TestAnAddressThatNobodyConfirmedRecoversNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		old := s.Clock.Now().Add(-30 * 24 * time.Hour)
		s.Add(local.Entry{Name: "victim", Password: stage.Password, Emails: []local.Email{
			{Address: "victim@example.com", Since: old}, {Address: "thief@" + evil, Unconfirmed: true},
		}})
		s.Visitor().Ask("thief@"+evil, "password")
		l := read(t, mails(t, s, 1)[0])
		if l.Link != "" || l.Code != "" {
			t.Error("an unconfirmed address got a way in")
		}
		// It hears nothing of what happens to the account either.
		r := start(s, "victim", "victim@example.com", 1)
		v := s.Visitor()
		v.Open(r.link)
		set(t, s, v, "")
		s.Letter("victim@example.com", "password was changed", 1)
		if n := countTo(t, s, "thief@"+evil); n != 1 {
			t.Errorf("%d mails to an unconfirmed address", n)
		}
	})
}

func TestAYoungAddressRecoversNothingForAWeek(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		now := s.Clock.Now()
		s.Add(local.Entry{Name: "victim", Password: stage.Password, Emails: []local.Email{
			{Address: "victim@example.com", Since: now.Add(-30 * 24 * time.Hour)}, {Address: "thief@" + evil, Since: now},
		}})
		freezer := s.Visitor()
		freezer.Ask("thief@"+evil, "password")
		freezer.Fill(freezer.Open(s.Letter("thief@"+evil, "get back into", 1).Stop), "yes", map[string]string{"yes": "yes"})
		if n := count(t, s, `SELECT count(*) FROM account_freeze`); n != 0 {
			t.Error("a young address freezes the account")
		}
		unchanged(t, s, "victim")
		for nth, login := range []string{"thief@" + evil, "THIEF@" + evil} {
			thief := s.Visitor()
			inbox := thief.Ask(login, "password").URL.Path
			l := s.Letter("thief@"+evil, "get back into", nth+2)
			if l.Code != "" && try(t, s, thief, inbox, l.Code).URL.Path == "/recover/open" && isSet(set(t, s, thief, "")) {
				t.Error("a young address recovers by code")
			}
			v := s.Visitor()
			if opens(v.Open(l.Link)) || isSet(set(t, s, v, "")) {
				t.Error("a young address recovers by link")
			}
		}
		s.Clock.Advance(account.YoungFor + time.Hour)
		r := start(s, "thief@"+evil, "thief@"+evil, 4)
		if !opens(s.Visitor().Open(r.link)) {
			t.Error("the address stays young for ever")
		}
	})
}

// A sign-in that was there before the victim came to the account does not outlive the
// victim's recovery.
func TestASignInFromBeforeEndsWithTheRecovery(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	thief := s.Visitor()
	if _, ok := thief.SignIn("victim", stage.Password); !ok {
		t.Fatal("the thief is not signed in to begin with")
	}
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Open(r.link)
	set(t, s, v, "")
	if p := thief.Open("/account"); p.URL.Path == "/account" {
		t.Error("the thief is still signed in")
	}
	if _, ok := thief.SignIn("victim", stage.Password); ok {
		t.Error("the old password still works")
	}
}
