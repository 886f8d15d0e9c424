package stories

import (
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestPlacesAreListedAndEndedOneByOneOrAllAtOnce(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		desk, phone, tablet := s.Visitor(), s.Visitor(), s.Visitor()
		phone.Agent = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
		for _, v := range []*stage.Visitor{desk, phone, tablet} {
			if _, ok := v.SignIn("maria@example.com", stage.Password); !ok {
				t.Fatal("the password does not work")
			}
		}
		places := desk.Open("/account")
		is(t, places, 200, "Places you are signed in", "Account maria", "This place", "Android")
		ends := 0
		for _, f := range places.Forms() {
			if !strings.HasSuffix(f.Action, "/account/end") {
				continue
			}
			if ends++; ends == 1 {
				if _, err := desk.Send(f, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if ends != 2 {
			t.Errorf("%d other places can be ended", ends)
		}
		out := 0
		for _, v := range []*stage.Visitor{phone, tablet} {
			if v.Open("/account").URL.Path != "/account" {
				out++
			}
		}
		if out != 1 {
			t.Errorf("ending one place ended %d", out)
		}
		// Somebody else's place is not theirs to end.
		s.Account("eve", "eve@example.com")
		eve := s.Visitor()
		if _, ok := eve.SignIn("eve", stage.Password); !ok {
			t.Fatal("the password does not work")
		}
		if f, ok := desk.Open("/account").FormTo("/account/end"); ok {
			if _, err := eve.Send(f, nil); err != nil {
				t.Fatal(err)
			}
		}
		if p := desk.Click(desk.Open("/account"), "/account/end-all"); !strings.HasPrefix(p.URL.Path, "/signin") {
			t.Errorf("signing out everywhere leads to %s", p.URL)
		}
		for _, v := range []*stage.Visitor{desk, phone, tablet} {
			if p := v.Open("/account"); p.URL.Path == "/account" {
				t.Error("a place outlives signing out everywhere")
			}
		}
		if p := eve.Open("/account"); p.URL.Path != "/account" {
			t.Error("somebody else was signed out")
		}
	})
}

func TestASignInWithThePasswordKillsTheLinksThatAreUnderway(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		thief, opened, holder := s.Visitor(), s.Visitor(), s.Visitor()
		inbox := thief.Ask("maria@example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		live(t, s, thief, inbox).until("handed")
		before := thief.Open(inbox.URL.Path)
		set := opened.Open(letter.Link)
		if _, ok := holder.SignIn("maria", stage.Password); !ok {
			t.Fatal("the password does not work")
		}
		is(t, opened.Open(letter.Link), 200, "This link is not needed any more")
		is(t, choose(opened, set, fresh), 200, "This link is not needed any more")
		is(t, thief.Fill(inbox, "code", map[string]string{"code": letter.Code}), 422, "Check your inbox", "That is not the newest code")
		same(t, "the page of whoever asked", blotted(before, "maria@example.com"), blotted(thief.Open(inbox.URL.Path), "maria@example.com"))
		if p := holder.Open("/account"); p.URL.Path != "/account" {
			t.Error("the holder was signed out")
		}
		// The holder, having forgotten it after all, asks again and gets in.
		again := opened.Click(opened.Open("/recover/open"), "/recover/open/again")
		is(t, again, 200, "Check your inbox")
		whose(t, opened.Open(s.Letter("maria@example.com", "get back into", 2).Link), "maria")
	})
}

func TestASignInPageSaysTheSameOfEveryFailure(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "family@example.com")
		s.Account("jonas", "family@example.com")
		s.Account("amal", "amal@example.com")
		lockOut(t, s, "amal")
		first := signInPage(t, s.Visitor(), "nobody")
		for _, login := range []string{"maria", "maria@", "a@b@c", "nobody@example.com"} {
			same(t, login, first, signInPage(t, s.Visitor(), login))
		}
		for _, login := range []string{"amal", "family@example.com"} { // the address of two is nobody's name
			p, ok := s.Visitor().SignIn(login, stage.Password)
			if ok {
				t.Errorf("%s signs in", login)
			}
			same(t, login, first, blotted(p, login))
		}
	})
}
