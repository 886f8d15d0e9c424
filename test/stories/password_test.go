package stories

import (
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

const fresh = "amber canal otter plinth"

func TestALostPasswordIsReplacedByTheCodeInTheSameBrowser(t *testing.T) {
	stage.Each(t, testkit.InEveryCheck, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com", "maria@work.example")
		maria := s.Visitor()
		elsewhere := s.Visitor()
		if _, ok := elsewhere.SignIn("maria", stage.Password); !ok {
			t.Fatal("the old password does not work before")
		}
		inbox := maria.Ask("Maria@Example.com", "password")
		letter := s.Letter("maria@example.com", "get back into", 1)
		if letter.Code == "" || letter.Link == "" || letter.Stop == "" {
			t.Fatalf("the letter lacks something:\n%s", letter.Text)
		}
		set := maria.Fill(inbox, "code", map[string]string{"code": letter.Code[:4] + " " + letter.Code[4:]})
		done := maria.Fill(set, "password", map[string]string{"password": fresh})
		if done.Heading() != "Your password is changed" {
			t.Fatalf("%d %s: %s", done.Status, done.URL.Path, done.Text())
		}
		for _, address := range []string{"maria@example.com", "maria@work.example"} {
			if l := s.Letter(address, "password was changed", 1); l.Stop == "" {
				t.Errorf("the notice to %s has no way to stop it", address)
			}
		}
		if _, ok := maria.SignIn("maria", stage.Password); ok {
			t.Error("the old password still works")
		}
		if _, ok := maria.SignIn("maria@example.com", fresh); !ok {
			t.Error("the new password does not work")
		}
		if p := elsewhere.Open("/account"); !strings.HasPrefix(p.URL.Path, "/signin") {
			t.Errorf("the old place is still signed in: %s", p.URL.Path)
		}
		s.Verify()
	})
}
