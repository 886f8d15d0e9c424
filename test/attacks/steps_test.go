package attacks

import (
	"net/url"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestNoStepCanBeSkipped(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		a := s.Account("victim", "victim@example.com")
		thief := s.Visitor()
		inbox := thief.Ask("victim@example.com", "password").URL.Path
		mails(t, s, 1)
		all := url.Values{"account": {string(a.ID)}, "password": {fresh}, "yes": {"yes"}, "code": {""}, "pass": {"1"}, "state": {"granted"}, "recovery": {inbox[len("/recover/"):]}}
		for _, path := range []string{
			"/recover/open/password", "/recover/open/unlock", "/recover/open/again", "/recover/open", "/recover/done", "/stop",
			inbox + "/code", inbox + "/password", inbox + "/open/password", inbox + "/done", inbox + "/complete", inbox + "/grant", "/recover/open/password?recovery=" + inbox[len("/recover/"):],
		} {
			for _, method := range []string{"POST", "GET", "PUT", "PATCH", "DELETE"} {
				form := all
				if method == "GET" {
					form = nil
				}
				p := do(t, thief, method, s.URL+path, form)
				if isSet(p) || opens(p) || p.Status >= 500 {
					t.Errorf("%s %s was answered with %d at %s", method, path, p.Status, p.URL.Path)
				}
			}
		}
		if n := count(t, s, `SELECT count(*) FROM local_change`) + count(t, s, `SELECT count(*) FROM recovery WHERE state <> 'open'`) + count(t, s, `SELECT count(*) FROM account_freeze`); n != 0 {
			t.Errorf("%d things have changed", n)
		}
		unchanged(t, s, "victim")
	})
}

func TestTheAccountCannotBeSwitchedUnderway(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	victim, thief := s.Account("victim", "victim@example.com"), s.Account("thief", "thief@example.com")
	r := start(s, "thief@example.com", "thief@example.com", 1)
	v := s.Visitor()
	page := v.Open(r.link)
	for _, fill := range []map[string]string{
		{"account": string(victim.ID)}, {"username": "victim"}, {"login": "victim@example.com"}, {"email": "victim@example.com"}, {"user_id": string(victim.ID), "account": string(victim.ID)},
	} {
		fill["password"] = "x"
		v.Fill(page, "password", fill)
	}
	// The name beside the password is for password managers: what counts is the pass.
	f, _ := page.FormWith("password")
	p := do(t, v, "POST", f.Action+"?account="+url.QueryEscape(string(victim.ID)), url.Values{"account": {string(thief.ID)}, "username": {"victim"}, "password": {fresh}})
	if !isSet(p) {
		t.Fatalf("the thief cannot change even the own account: %s", p.Text())
	}
	unchanged(t, s, "victim")
	if _, ok := s.Visitor().SignIn("thief", fresh); !ok {
		t.Error("the thief's own password was not set")
	}
}

func TestNothingAtTheEndSignsIn(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Open(r.link)
	if !isSet(set(t, s, v, "")) || cookie(s, v, "kb_session") != "" {
		t.Error("a reset signs in")
	}
	if p := v.Open("/account"); p.URL.Path != "/signin" {
		t.Errorf("the account page is at %s", p.URL.Path)
	}
}
