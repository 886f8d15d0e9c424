package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/account/local"
	"keyback/internal/demo/acme"
	"keyback/internal/policy"
	"keyback/internal/seal"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// At Acme, ines has a second step.
func TestAMailboxDoesNotSkipASecondStep(t *testing.T) {
	var key seal.Key
	o := stage.Options{Acme: true, Loose: true, Change: keyOf(&key)}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		thief := s.Visitor()
		inbox := thief.Ask("ines@example.org", "password").URL.Path
		l := s.Letter("ines@example.org", "get back into", 1)
		if l.Code != "" {
			t.Error("the letter for a protected account carries a code")
		}
		right := code(key, inbox[len("/recover/"):], 1)
		first, second := try(t, s, thief, inbox, wrong(right)), try(t, s, thief, inbox, right)
		if second.URL.Path == "/recover/open" {
			t.Error("a code opens a protected account")
		}
		if a, b := whole(first, wrong(right)), whole(second, right); a != b {
			t.Errorf("the right code is answered otherwise than a wrong one:\n%s\n---\n%s", a, b)
		}
		v := s.Visitor()
		if p := v.Open(l.Link); opens(p) {
			t.Error("the link alone leads to a password")
		}
		for _, account := range []string{"", "cust_i7041"} {
			if isSet(set(t, s, v, account)) {
				t.Error("the link alone sets a password")
			}
			do(t, v, "POST", s.URL+"/recover/open/unlock", url.Values{"account": {account}, "yes": {"yes"}})
		}
		unlock := s.Visitor()
		unlock.Ask("ines@example.org", "locked")
		unlock.Open(s.Letter("ines@example.org", "", 2).Link)
		set(t, s, unlock, "cust_i7041")
		do(t, unlock, "POST", s.URL+"/recover/open/unlock", url.Values{"account": {"cust_i7041"}, "yes": {"yes"}})
		if n := count(t, s, `SELECT count(*) FROM recovery WHERE state <> 'open'`); n != 0 {
			t.Errorf("%d recoveries went on", n)
		}
		if p, ok := s.Visitor().SignIn("ines", fresh); ok {
			t.Errorf("a new password opens ines: %s", p.URL)
		}
	})
}

func TestAPasswordAloneSignsNobodyInWhoHasASecondStep(t *testing.T) {
	for name, open := range map[string]func() (*stage.Stage, string){
		"at Acme": func() (*stage.Stage, string) {
			return stage.Open(t, stage.Options{Acme: true, Loose: true}), acme.Password
		},
		"here": func() (*stage.Stage, string) {
			s := stage.Open(t, stage.Options{Loose: true})
			s.Add(local.Entry{Name: "ines", Password: stage.Password, Protection: policy.Protected}, "ines@example.org")
			return s, stage.Password
		},
	} {
		s, password := open()
		p, ok := s.Visitor().SignIn("ines", password)
		if ok {
			t.Errorf("%s: signed in by a password alone", name)
		}
		refused, _ := s.Visitor().SignIn("ines", password+"x")
		if a, b := whole(p), whole(refused); a != b {
			t.Errorf("%s: the right password is answered otherwise than a wrong one:\n%s\n---\n%s", name, a, b)
		}
	}
}

func TestAnAccountThatBecomesProtectedUnderwayIsProtected(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Add(local.Entry{Name: "guarded", Password: stage.Password, Protection: policy.Guarded}, "guarded@example.com")
	r := start(s, "guarded@example.com", "guarded@example.com", 1)
	v := s.Visitor()
	if p := v.Open(r.link); opens(p) || isSet(set(t, s, v, "")) || strings.Contains(p.Text(), "Choose a new password") {
		t.Error("a guarded account opens by mail alone")
	}
}
