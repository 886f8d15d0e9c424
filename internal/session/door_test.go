package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/credential"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/session"
	"keyback/internal/testkit"
)

const password = "correct-horse-battery-staple"

// house is a door with the local directory behind it, and an application whose own
// sign-ins can be ended.
type house struct {
	*session.Door
	local *local.Local
	ended []account.ID // whose sign-ins at the application were ended
	let   error        // what the transaction of a sign-in says
}

type withSessions struct {
	*local.Local
	h *house
}

func (w withSessions) EndSessions(_ context.Context, id account.ID) error {
	w.h.ended = append(w.h.ended, id)
	return nil
}

func door(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{local: local.New(local.Options{DB: d, Hasher: credential.New(credential.Options{})})}
	h.Door = &session.Door{
		DB: d, Places: places, Directory: withSessions{h.local, h},
		SignedIn: func(*db.Tx, account.Account) error { return h.let },
	}
	return h
}

func (h *house) add(t *testing.T, e local.Entry) account.Account {
	t.Helper()
	e.Password = password
	a, err := h.local.Add(t.Context(), e, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) signIn(t *testing.T, login, password string) (string, error) {
	t.Helper()
	return h.SignIn(t.Context(), login, password, session.Session{Label: "Firefox on Linux", Network: "192.0.2.0/24"})
}

func TestTheDoorOpensToTheRightPasswordAlone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		h := door(t, d)
		maria := h.add(t, local.Entry{Name: "maria", Emails: []local.Email{{Address: "maria@example.com"}}})
		h.add(t, local.Entry{Name: "guarded", Protection: policy.Protected})
		for _, try := range [][2]string{{"maria", "wrong"}, {"nobody", password}, {"", password}, {"a@b@c", password}, {"guarded", password}} {
			if _, err := h.signIn(t, try[0], try[1]); !errors.Is(err, session.ErrSignIn) {
				t.Errorf("%q with %q: %v", try[0], try[1], err)
			}
		}
		for _, login := range []string{"maria", "MARIA", "maria@example.com"} {
			secret, err := h.signIn(t, login, password)
			if err != nil {
				t.Fatalf("%q: %v", login, err)
			}
			here, a, all, err := h.Here(t.Context(), secret)
			if err != nil || a.Name != "maria" || here.Account != maria.ID || here.Label != "Firefox on Linux" || len(all) == 0 {
				t.Errorf("signed in as %+v at %+v among %d: %v", a, here, len(all), err)
			}
		}
	})
}

func TestAFrozenAccountAnswersLikeAWrongPassword(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		h := door(t, d)
		maria := h.add(t, local.Entry{Name: "maria"})
		err := d.Update(t.Context(), func(tx *db.Tx) error { return account.Freeze(tx, maria.ID, c.Now().Add(time.Hour), "test") })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.signIn(t, "maria", password); !errors.Is(err, session.ErrSignIn) {
			t.Errorf("a frozen account: %v", err)
		}
		c.Advance(time.Hour)
		if _, err := h.signIn(t, "maria", password); err != nil {
			t.Errorf("after the freeze: %v", err)
		}
	})
}

func TestASignInThatItsTransactionRefusesOpensNoPlace(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		h := door(t, d)
		maria := h.add(t, local.Entry{Name: "maria"})
		h.let = fault.New(fault.Conflict, "Not now.")
		if _, err := h.signIn(t, "maria", password); !errors.Is(err, h.let) {
			t.Errorf("it was refused as %v", err)
		}
		err := d.View(t.Context(), func(tx *db.Tx) error {
			all, err := places.List(tx, maria.ID)
			if len(all) > 0 {
				t.Error("a place was left open")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSigningOutEndsOnePlaceOrAllOfThemTheApplicationsToo(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		h := door(t, d)
		maria := h.add(t, local.Entry{Name: "maria"})
		h.add(t, local.Entry{Name: "eve"})
		enter := func(name string) (string, session.Session) {
			secret, err := h.signIn(t, name, password)
			if err != nil {
				t.Fatal(err)
			}
			return secret, find(t, d, secret)
		}
		desk, _ := enter("maria")
		phone, phoneAt := enter("maria")
		eve, _ := enter("eve")
		// Somebody else's place is not theirs to end.
		_ = h.SignOut(t.Context(), eve, phoneAt.ID)
		find(t, d, phone)
		if err := h.SignOut(t.Context(), desk, phoneAt.ID); err != nil {
			t.Fatal(err)
		}
		unknown(t, d, phone)
		if find(t, d, desk); len(h.ended) > 0 {
			t.Error("ending one place ended the application's sign-ins")
		}
		if err := h.SignOut(t.Context(), desk, ""); err != nil {
			t.Fatal(err)
		}
		unknown(t, d, desk)
		if find(t, d, eve); len(h.ended) != 1 || h.ended[0] != maria.ID {
			t.Errorf("the application's sign-ins of %v were ended", h.ended)
		}
		if err := h.SignOut(t.Context(), desk, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("signing out where nobody is: %v", err)
		}
	})
}

// blind is a directory that checks no passwords.
type blind struct{ account.Directory }

func TestWhereTheDirectoryChecksNoPasswordsNobodySignsInHere(t *testing.T) {
	d, _ := testkit.SQLite(t)
	h := door(t, d)
	h.add(t, local.Entry{Name: "maria"})
	h.Directory = blind{h.local}
	if _, err := h.signIn(t, "maria", password); fault.KindOf(err) != fault.Refused {
		t.Errorf("it was answered with %v", err)
	}
}
