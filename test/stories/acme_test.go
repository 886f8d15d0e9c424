package stories

import (
	"testing"

	"keyback/internal/demo/acme"
	"keyback/internal/demo/walk"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// shop signs in at the sample application itself.
func shop(t *testing.T, s *stage.Stage, v *stage.Visitor, name, password string) (*walk.Page, bool) {
	t.Helper()
	front := v.Open(s.Acme + "/")
	f, ok := front.FormWith("password")
	if !ok {
		t.Fatalf("Acme has no sign-in:\n%s", front.Text())
	}
	fill := map[string]string{"password": password}
	for field := range f.Fields {
		if field != "password" {
			fill[field] = name
		}
	}
	p, err := v.Send(f, fill)
	if err != nil {
		t.Fatal(err)
	}
	return p, p.URL.Path == "/orders"
}

// person is one of Acme's, of a protection and with a mailbox of their own.
func person(t *testing.T, s *stage.Stage, protection string) acme.Account {
	t.Helper()
	people := acme.People(s.Clock.Now())
	for _, a := range people {
		if a.Protection != protection && (a.Protection != "" || protection != "basic") || a.Locked || a.Missed > 0 || len(a.Addresses) == 0 {
			continue
		}
		shared := 0
		for _, other := range people {
			for _, address := range other.Addresses {
				if address.Email == a.Addresses[0].Email {
					shared++
				}
			}
		}
		if shared == 1 {
			return a
		}
	}
	t.Fatalf("Acme has nobody of protection %s with a mailbox of their own", protection)
	return acme.Account{}
}

func TestAPasswordLostAtTheApplicationIsChangedThereAndItsOwnRuleIsTold(t *testing.T) {
	stage.Each(t, testkit.InEveryCheck, stage.Options{Acme: true}, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		there, asking := s.Visitor(), s.Visitor()
		if _, ok := shop(t, s, there, a.Name, acme.Password); !ok {
			t.Fatal("Acme lets nobody in")
		}
		asking.Ask(a.Addresses[0].Email, "password")
		set := asking.Open(s.Letter(a.Addresses[0].Email, "get back into", 1).Link)
		whose(t, set, a.Name)
		// The application's own rule, in its own words; the link lives on.
		refused := choose(asking, set, "acme canal otter plinth")
		is(t, refused, 422, "Choose a new password", "A password here cannot contain the word Acme.")
		done := choose(asking, refused, fresh)
		is(t, done, 200, "Your password is changed")
		if p := there.Open(s.Acme + "/orders"); p.URL.Path == "/orders" {
			t.Error("the application's own sign-in lives on")
		}
		if _, ok := shop(t, s, there, a.Name, acme.Password); ok {
			t.Error("the old password works at Acme")
		}
		if _, ok := shop(t, s, there, a.Name, fresh); !ok {
			t.Error("the new password does not work at Acme")
		}
		s.Verify()
	})
}

func TestMailAloneOpensNoAccountWithASecondStep(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Acme: true}, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "protected")
		v := s.Visitor()
		inbox := v.Ask(a.Addresses[0].Email, "password")
		letter := s.Letter(a.Addresses[0].Email, "get back into", 1)
		if letter.Code != "" || letter.Link == "" {
			t.Errorf("the letter carries a code:\n%s", letter.Text)
		}
		page := v.Open(letter.Link)
		is(t, page, 200, "Mail alone cannot open this", "A person can help you")
		if _, ok := page.FormWith("password"); ok {
			t.Error("the page takes a password")
		}
		is(t, v.Fill(inbox, "code", map[string]string{"code": "12345678"}), 422, "Check your inbox", "That is not the newest code")
		if _, ok := shop(t, s, v, a.Name, acme.Password); !ok {
			t.Error("the password was changed")
		}
	})
}

func TestAFreezeReachesTheApplication(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Acme: true}, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		v, there := s.Visitor(), s.Visitor()
		if _, ok := shop(t, s, there, a.Name, acme.Password); !ok {
			t.Fatal("Acme lets nobody in")
		}
		v.Ask(a.Addresses[0].Email, "password")
		is(t, tick(t, v, v.Open(s.Letter(a.Addresses[0].Email, "get back into", 1).Stop)), 200, "It is stopped", "Your account is frozen until")
		if p := there.Open(s.Acme + "/orders"); p.URL.Path == "/orders" {
			t.Error("the application's own sign-in lives on")
		}
		if _, ok := shop(t, s, there, a.Name, acme.Password); ok {
			t.Error("Acme lets somebody into a frozen account")
		}
	})
}
