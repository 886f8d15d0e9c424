package stories

import (
	"context"
	"testing"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// lockOut signs in wrongly until the account is locked.
func lockOut(t *testing.T, s *stage.Stage, name string) {
	t.Helper()
	v := s.Visitor()
	for range local.MostMisses {
		if _, ok := v.SignIn(name, "not the password"); ok {
			t.Fatal("a wrong password signs in")
		}
	}
	if _, ok := v.SignIn(name, stage.Password); ok {
		t.Fatal("ten wrong passwords lock nothing")
	}
}

func TestALockedAccountIsOpenedAgainAndThePasswordStays(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		lockOut(t, s, "maria")
		maria := s.Visitor()
		maria.Ask("maria@example.com", "locked")
		letter := s.Letter("maria@example.com", "unlock your account", 1)
		page := maria.Open(letter.Link)
		is(t, page, 200, "Open this account again?", "Yes, open maria")
		// A machine that submits what it finds ticks no box.
		is(t, maria.Click(page, "/recover/open/unlock"), 422, "Open this account again?", "Tick the box first")
		is(t, tick(t, maria, page), 200, "Your account is open again")
		if _, ok := maria.SignIn("maria", stage.Password); !ok {
			t.Error("the old password does not work")
		}
		if l := s.Letter("maria@example.com", "was unlocked", 1); l.Stop == "" {
			t.Error("the notice has no way to stop it")
		}
		s.Verify()
	})
}

func TestAnUnlockMayEndInANewPasswordInstead(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		lockOut(t, s, "maria")
		maria := s.Visitor()
		maria.Ask("maria@example.com", "locked")
		page := maria.Open(s.Letter("maria@example.com", "unlock your account", 1).Link)
		set := link(t, maria, page, "as=password")
		is(t, choose(maria, set, fresh), 200, "Your password is changed")
		s.Letter("maria@example.com", "password was changed", 1)
		if _, ok := maria.SignIn("maria", fresh); !ok {
			t.Error("the new password does not open the locked account")
		}
	})
}

func TestAnOperatorsLockIsNotLiftedByMail(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		maria := s.Account("maria", "maria@example.com")
		if err := s.Server.LockAccount(context.Background(), maria.ID, "an operator"); err != nil {
			t.Fatal(err)
		}
		v := s.Visitor()
		v.Ask("maria@example.com", "locked")
		page := v.Open(s.Letter("maria@example.com", "unlock your account", 1).Link)
		is(t, page, 200, "A person has to open this")
		if _, ok := page.FormTo("/recover/open/unlock"); ok {
			t.Error("the page offers to lift it")
		}
		// A new password is none of the lock's business, and does not lift it.
		is(t, choose(v, v.Open("/recover/open?as=password"), fresh), 200, "Your password is changed")
		if _, ok := v.SignIn("maria", fresh); ok {
			t.Error("a new password lifted the operator's lock")
		}
		if d, err := s.Server.Local.Show(context.Background(), maria.ID); err != nil || d.Lock != account.LockedByOperator {
			t.Errorf("the lock is %v %v", d.Lock, err)
		}
	})
}

func TestAnAccountThatIsNotLockedIsOfferedANewPassword(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		v := s.Visitor()
		v.Ask("maria@example.com", "locked")
		page := v.Open(s.Letter("maria@example.com", "unlock your account", 1).Link)
		is(t, page, 200, "This account is not locked")
		is(t, link(t, v, page, "Choose a new password"), 200, "Choose a new password")
	})
}
