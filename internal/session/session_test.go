package session_test

import (
	"bytes"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/session"
	"keyback/internal/testkit"
	"keyback/internal/token"
)

var places = session.New(token.Key{7})

func TestAPlaceIsFoundByItsSecretAlone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		secret := open(t, d, "alice", "Firefox on Android")
		s := find(t, d, secret)
		if s.Account != "alice" || s.Label != "Firefox on Android" || s.Network != "192.0.2.0/24" || !s.Created.Equal(c.Now()) || !s.Seen.Equal(c.Now()) {
			t.Errorf("%+v", s)
		}
		for _, wrong := range []string{"", s.ID, secret + "x", secret[1:], "alice"} {
			unknown(t, d, wrong)
		}
		err := d.View(t.Context(), func(tx *db.Tx) error {
			if _, err := session.New(token.Key{8}).Find(tx, secret); fault.KindOf(err) != fault.NotFound {
				t.Errorf("another key finds it: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestACopyOfTheDatabaseSignsNobodyIn(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		secret := open(t, d, "alice", "Firefox")
		err := d.View(t.Context(), func(tx *db.Tx) error {
			var id, label, network string
			var hash []byte
			if err := tx.QueryRow(`SELECT id, secret, label, network FROM session`).Scan(&id, &hash, &label, &network); err != nil {
				return err
			}
			if row := bytes.Join([][]byte{[]byte(id), hash, []byte(label), []byte(network)}, nil); bytes.Contains(row, []byte(secret)) {
				t.Errorf("the row holds the secret")
			}
			if _, err := places.Find(tx, string(hash)); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the row's hash signs in: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAPlaceEndsAfterThirtyDaysWithoutAVisit(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		secret := open(t, d, "alice", "Firefox")
		c.Advance(session.Idle - time.Second)
		visit(t, d, secret)
		c.Advance(session.Idle - time.Second)
		find(t, d, secret)
		if n := sweep(t, d); n != 0 {
			t.Errorf("%d open places were swept", n)
		}
		c.Advance(time.Second)
		unknown(t, d, secret)
		if l := list(t, d, "alice"); len(l) != 0 {
			t.Errorf("%+v", l)
		}
		if n := sweep(t, d); n != 1 {
			t.Errorf("%d places were swept", n)
		}
	})
}

func TestAVisitIsWrittenDownOnceAMinute(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		opened := c.Now()
		secret := open(t, d, "alice", "Firefox")
		c.Advance(59 * time.Second)
		if s := find(t, d, secret); s.Due(c.Now()) {
			t.Error("due after 59 seconds")
		}
		visit(t, d, secret)
		if s := find(t, d, secret); !s.Seen.Equal(opened) {
			t.Errorf("written down after 59 seconds: %v", s.Seen)
		}
		c.Advance(time.Second)
		if s := find(t, d, secret); !s.Due(c.Now()) {
			t.Error("not due after a minute")
		}
		visit(t, d, secret)
		if s := find(t, d, secret); !s.Seen.Equal(c.Now()) || !s.Created.Equal(opened) {
			t.Errorf("%+v", s)
		}
	})
}

func TestOnePlaceIsEndedAndTheOthersStay(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		phone := open(t, d, "alice", "Firefox on Android")
		c.Advance(time.Hour)
		desk := open(t, d, "alice", "Firefox on Linux")
		other := open(t, d, "bob", "Chrome")
		l := list(t, d, "alice")
		if len(l) != 2 || l[0].Label != "Firefox on Linux" || l[1].Label != "Firefox on Android" {
			t.Fatalf("%+v", l)
		}

		// Nobody ends a place of somebody else by its id.
		update(t, d, func(tx *db.Tx) error { return places.End(tx, "bob", l[1].ID) })
		find(t, d, phone)

		update(t, d, func(tx *db.Tx) error { return places.End(tx, "alice", l[1].ID) })
		unknown(t, d, phone)
		find(t, d, desk)
		find(t, d, other)
	})
}

func TestAllPlacesAreEndedAndCounted(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		long := open(t, d, "alice", "long ago")
		c.Advance(session.Idle)
		a, b, here := open(t, d, "alice", "a"), open(t, d, "alice", "b"), open(t, d, "alice", "here")
		other := open(t, d, "bob", "Chrome")
		if n := endAll(t, d, "alice", find(t, d, here).ID); n != 2 {
			t.Errorf("%d places ended, not 2: one had ended by itself", n)
		}
		unknown(t, d, long)
		unknown(t, d, a)
		unknown(t, d, b)
		find(t, d, here)
		find(t, d, other)
		if n := endAll(t, d, "alice", ""); n != 1 {
			t.Errorf("%d places ended, not 1", n)
		}
		unknown(t, d, here)
		find(t, d, other)
	})
}

func open(t *testing.T, d *db.DB, id account.ID, label string) (secret string) {
	t.Helper()
	update(t, d, func(tx *db.Tx) (err error) {
		secret, err = places.Open(tx, session.Session{Account: id, Label: label, Network: "192.0.2.0/24"})
		return err
	})
	return secret
}

func find(t *testing.T, d *db.DB, secret string) (s session.Session) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) { s, err = places.Find(tx, secret); return err })
	if err != nil {
		t.Error(err)
	}
	return s
}

func unknown(t *testing.T, d *db.DB, secret string) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) error { _, err := places.Find(tx, secret); return err })
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("%q: %v", secret, err)
	}
}

func visit(t *testing.T, d *db.DB, secret string) {
	t.Helper()
	update(t, d, func(tx *db.Tx) error {
		s, err := places.Find(tx, secret)
		if err != nil {
			return err
		}
		return places.Seen(tx, s.ID)
	})
}

func list(t *testing.T, d *db.DB, id account.ID) (l []session.Session) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) { l, err = places.List(tx, id); return err })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func endAll(t *testing.T, d *db.DB, id account.ID, except string) (n int) {
	t.Helper()
	update(t, d, func(tx *db.Tx) (err error) { n, err = places.EndAll(tx, id, except); return err })
	return n
}

func sweep(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	update(t, d, func(tx *db.Tx) (err error) { n, err = places.Sweep(tx); return err })
	return n
}

func update(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
