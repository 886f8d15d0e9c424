package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestATokenOfOnePurposeOpensNoOther(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		r := start(s, "victim@example.com", "victim@example.com", 1)
		v := s.Visitor()
		if p := v.Open("/in/" + tokenOf(r.stop)); p.Status != 404 || isSet(set(t, s, v, "")) {
			t.Errorf("a stop link as a way in was answered with %d", p.Status)
		}
		if p := v.Open("/stop/" + tokenOf(r.link)); p.Status != 404 {
			t.Errorf("a way in as a stop link was answered with %d", p.Status)
		}
		do(t, carry(s.Visitor(), "kb_stop="+tokenOf(r.link)), "POST", s.URL+"/stop", url.Values{"yes": {"yes"}})
		if p := v.Open("/in/" + r.code); p.Status != 404 {
			t.Errorf("a code as a link was answered with %d", p.Status)
		}
		if p := try(t, s, r.browser, r.inbox, tokenOf(r.link)); p.URL.Path == "/recover/open" {
			t.Error("a link was taken for a code")
		}
		pass := cookie(s, r.browser, "kb_browser")
		for _, cookies := range []string{"kb_session=" + pass, "kb_session=" + tokenOf(r.link), "kb_pass=" + tokenOf(r.stop), "kb_stop=" + pass} {
			p := carry(s.Visitor(), cookies).Open("/account")
			if p.URL.Path == "/account" {
				t.Errorf("%.20s signs in", cookies)
			}
		}
		if n := count(t, s, `SELECT count(*) FROM account_freeze`); n != 0 {
			t.Error("the account was frozen")
		}
		unchanged(t, s, "victim")
	})
}

func TestALinkIsWholeOrWorthNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	good := tokenOf(r.link)
	flipped := []byte(good)
	variants := []string{good[1:], good[:len(good)-1], good + "A", good + "=", strings.ToUpper(good), strings.ToLower(good), good + "/", good + "%00", good + ".", "A" + good, strings.Repeat(good, 4), good[:20], "", "AAAA"}
	for i := range flipped {
		flipped[i] ^= 1
		variants = append(variants, string(flipped))
		flipped[i] ^= 1
	}
	for _, link := range variants {
		v := s.Visitor()
		if p := v.Open("/in/" + url.PathEscape(link)); opens(p) || isSet(set(t, s, v, "")) {
			t.Errorf("%q opens", link)
		}
	}
	if !opens(s.Visitor().Open(r.link)) {
		t.Error("the whole link does not open any more")
	}
}

func TestACodeOfAnotherRecoveryIsWrong(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	s.Account("thief", "thief@example.com")
	own, other := start(s, "thief@example.com", "thief@example.com", 1), start(s, "victim@example.com", "victim@example.com", 1)
	if p := try(t, s, other.browser, other.inbox, own.code); p.URL.Path == "/recover/open" {
		t.Error("the thief's code opens the victim's recovery")
	}
	if p := try(t, s, own.browser, own.inbox, other.code); p.URL.Path == "/recover/open" {
		t.Error("the victim's code opens the thief's recovery")
	}
}

func TestAMailboxOpensNoAccountThatIsNotThere(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		cafe, bakery := s.Account("cafe", "office@example.com"), s.Account("bakery", "office@example.com")
		victim := s.Account("victim", "victim@example.com")
		r := start(s, "office@example.com", "office@example.com", 1)
		v := s.Visitor()
		if p := v.Open(r.link); !strings.Contains(p.Text(), "cafe") || !strings.Contains(p.Text(), "bakery") || strings.Contains(p.Text(), "victim") {
			t.Errorf("the accounts of the mailbox: %s", p.Text())
		}
		for _, id := range []string{string(victim.ID), "", "cafe", string(cafe.ID)[:20], string(cafe.ID) + "," + string(bakery.ID)} {
			if p := v.Open("/recover/open?account=" + url.QueryEscape(id)); opens(p) {
				t.Errorf("a password page for the account %q", id)
			}
			if isSet(set(t, s, v, id)) {
				t.Errorf("a password for the account %q", id)
			}
		}
		// One link is for one account: the other of the mailbox needs a mail of its own.
		if !isSet(set(t, s, v, string(cafe.ID))) {
			t.Fatal("the chosen account was not changed")
		}
		if set(t, s, v, string(bakery.ID)); count(t, s, `SELECT count(*) FROM local_change`) != 1 {
			t.Error("one link changed two accounts")
		}
		unchanged(t, s, "bakery")
		unchanged(t, s, "victim")
	})
}

func TestALinkThatUnlocksLeavesAnOperatorsLock(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	a := s.Account("victim", "victim@example.com")
	if err := s.Server.LockAccount(t.Context(), a.ID, "operator"); err != nil {
		t.Fatal(err)
	}
	s.Visitor().Ask("victim@example.com", "locked")
	v := s.Visitor()
	v.Open(s.Letter("victim@example.com", "unlock your", 1).Link)
	do(t, v, "POST", s.URL+"/recover/open/unlock", url.Values{"yes": {"yes"}, "account": {string(a.ID)}})
	set(t, s, v, string(a.ID))
	for _, password := range []string{stage.Password, fresh} {
		if _, ok := s.Visitor().SignIn("victim", password); ok {
			t.Error("somebody got past the operator's lock")
		}
	}
}
