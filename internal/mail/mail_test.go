package mail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/testkit"
)

func update(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, d *db.DB, b *Outbox, m Message) Message {
	t.Helper()
	update(t, d, func(tx *db.Tx) (err error) {
		m, err = b.Enqueue(tx, m)
		return err
	})
	return m
}

func TestAMessageIsKeptAsItWasLeft(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		b := NewOutbox(Options{Node: "a", Domain: "keyback.example"})
		m := enqueue(t, d, b, Message{
			Kind: "changed", Lane: Notice, Ref: "rec_1", Party: "holder", Address: "Zoë@example.org", Expires: c.Now().Add(time.Hour), Due: c.Now().Add(time.Minute),
		})
		if !strings.HasPrefix(m.ID, "msg_") || m.MessageID != strings.TrimPrefix(m.ID, "msg_")+"@keyback.example" || m.State != Queued || !m.Created.Equal(c.Now()) {
			t.Errorf("made %+v", m)
		}
		update(t, d, func(tx *db.Tx) error {
			kept, err := Get(tx, m.ID)
			if kept != m {
				t.Errorf("kept %+v, want %+v", kept, m)
			}
			return err
		})
	})
}

func TestAMessageWithoutAnEndEndsAfterFiveDaysAndIsNeverDueLater(t *testing.T) {
	d, c := testkit.SQLite(t)
	m := enqueue(t, d, NewOutbox(Options{}), Message{Address: "a@example.org", Due: c.Now().Add(30 * 24 * time.Hour)})
	if end := c.Now().Add(MaxAge); !m.Expires.Equal(end) || !m.Due.Equal(end) {
		t.Errorf("%+v", m)
	}
}

func TestAnAddressOfSeveralLinesIsNoAddress(t *testing.T) {
	d, _ := testkit.SQLite(t)
	for _, address := range []string{"a@example.org\r\nBcc: b@example.org", "a\x00@example.org", "a\xff@example.org"} {
		err := d.Update(context.Background(), func(tx *db.Tx) error {
			_, err := NewOutbox(Options{}).Enqueue(tx, Message{Address: address})
			return err
		})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAMessageIsBornFreeUnlessAQueueHasRoom(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		b := NewOutbox(Options{Node: "a", Buffer: 2})
		free := enqueue(t, d, b, Message{Address: "a@example.org"})
		b.Start()
		for range 4 {
			enqueue(t, d, b, Message{Address: "b@example.org"})
		}
		if n := len(b.Offers(Recovery)); n != 2 || !b.Left(Recovery) {
			t.Errorf("%d wait in memory, want 2, and more known to be left: %v", n, b.Left(Recovery))
		}
		update(t, d, func(tx *db.Tx) error {
			claimed, err := Claim(tx, "other", Recovery, 10)
			if len(claimed) != 3 || !slices.ContainsFunc(claimed, func(l Lease) bool { return l.Message == free }) {
				t.Errorf("another node could take %+v, want the first and the two without room", claimed)
			}
			return err
		})
	})
}

func TestALeaseIsRenewedAndGivenBackByItsHolderAlone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		enqueue(t, d, NewOutbox(Options{}), Message{Address: "a@example.org"})
		claim := func(node string) (claimed []Lease) {
			update(t, d, func(tx *db.Tx) (err error) {
				claimed, err = Claim(tx, node, Recovery, 10)
				return err
			})
			return claimed
		}
		first := claim("a")[0]
		if again := claim("b"); len(again) != 0 {
			t.Fatal("two hold it")
		}
		c.Advance(Life)
		second := claim("b")[0]
		update(t, d, func(tx *db.Tx) error {
			if ok, err := Renew(tx, &first); ok || err != nil {
				t.Errorf("a lost lease was renewed: %v", err)
			}
			return Release(tx, first)
		})
		if third := claim("c"); len(third) != 0 {
			t.Fatal("the first holder gave back what was the second's")
		}
		update(t, d, func(tx *db.Tx) error {
			c.Advance(time.Second)
			if ok, err := Renew(tx, &second); !ok || err != nil || !second.Until.Equal(tx.Now().Add(Life)) {
				t.Errorf("until %v, %v", second.Until, err)
			}
			return Release(tx, second)
		})
		if third := claim("c"); len(third) != 1 {
			t.Error("what was given back is not free")
		}
	})
}

func TestManyOutcomesAreWrittenLikeOne(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		b := NewOutbox(Options{})
		for range 40 {
			enqueue(t, d, b, Message{Address: "a@example.org"})
		}
		var batch []*Settlement
		classes := []Class{Accepted, Deferred, Refused, Expired, Dropped}
		dirty := "no such user \x00 here\xff\r\n" + strings.Repeat("é", 400)
		update(t, d, func(tx *db.Tx) error {
			batch = nil
			claimed, err := Claim(tx, "a", Recovery, 100)
			for i, l := range claimed {
				o := Outcome{Class: classes[i%5], At: tx.Now(), Host: "mx.example", Code: 250 + i, Text: dirty}
				if i%10 == 0 {
					l.Fence-- // a lease that is lost; its acceptance counts all the same
				}
				if i%10 == 1 {
					l.Fence-- // and its deferral does not
				}
				batch = append(batch, &Settlement{Lease: l, Outcome: o, Due: tx.Now().Add(time.Minute)})
			}
			if err != nil {
				return err
			}
			return Settle(tx, batch)
		})
		update(t, d, func(tx *db.Tx) error {
			for i, s := range batch {
				m, err := Get(tx, s.Lease.Message.ID)
				if err != nil {
					return err
				}
				trail, err := Trail(tx, m.ID)
				if err != nil {
					return err
				}
				if i%10 == 1 {
					if !s.Stale || m.State != Queued || len(trail) != 0 {
						t.Errorf("%d: a stale deferral was written: %+v", i, m)
					}
					continue
				}
				tries := 1
				if s.Outcome.Class == Expired || s.Outcome.Class == Dropped {
					tries = 0
				}
				if s.Stale || m != s.Message || m.State != classes[i%5] || m.Attempts != tries || len(trail) != 1 || trail[0] != s.Outcome {
					t.Errorf("%d: stale %v\nkept %+v\nsaid %+v\ntrail %+v", i, s.Stale, m, s.Message, trail)
				}
				if due := c.Now().Add(time.Minute); m.State == Deferred && !m.Due.Equal(due) {
					t.Errorf("%d: due %v", i, m.Due)
				}
				if text := trail[0].Text; len(text) > longest+4 || strings.ContainsAny(text, "\x00\r\n") {
					t.Errorf("%d: text %q", i, text)
				}
			}
			return nil
		})
		update(t, d, func(tx *db.Tx) error {
			again := *batch[0]
			if err := Settle(tx, []*Settlement{&again}); err != nil || !again.Stale {
				t.Errorf("a final message was settled again: %v", err)
			}
			return nil
		})
	})
}

func TestThePageOfARecoverySeesItsOwnMailAndNoNotice(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		b := NewOutbox(Options{})
		b.Start()
		var made []Message
		for i, lane := range []Lane{Recovery, Recovery, Notice} {
			made = append(made, enqueue(t, d, b, Message{Kind: fmt.Sprint(i), Lane: lane, Ref: "rec_1", Address: "a@example.org"}))
			c.Advance(time.Second)
		}
		latest := func() (m Message, trail []Outcome) {
			update(t, d, func(tx *db.Tx) (err error) {
				m, trail, err = Latest(tx, "rec_1")
				return err
			})
			return m, trail
		}
		if m, trail := latest(); m != made[1] || len(trail) != 0 {
			t.Errorf("%+v %+v", m, trail)
		}
		for range 2 {
			update(t, d, func(tx *db.Tx) error {
				if _, err := tx.Exec(`UPDATE mail_message SET ready = due`); err != nil {
					return err
				}
				claimed, err := Claim(tx, "a", Recovery, 10)
				if err != nil {
					return err
				}
				for _, l := range claimed {
					if err := Settle(tx, []*Settlement{{Lease: l, Outcome: Outcome{Class: Deferred, At: tx.Now()}, Due: tx.Now()}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if m, trail := latest(); m.State != Deferred || m.Attempts != 2 || len(trail) != 2 || trail[1].Attempt != 2 {
			t.Errorf("%+v %+v", m, trail)
		}
		update(t, d, func(tx *db.Tx) error {
			all, err := ByRef(tx, "rec_1")
			if len(all) != 3 || all[0].ID != made[2].ID || all[2].ID != made[0].ID {
				t.Errorf("%+v", all)
			}
			if _, _, err := Latest(tx, "rec_2"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v", err)
			}
			if _, err := Get(tx, "msg_none"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%v", err)
			}
			return err
		})
	})
}
