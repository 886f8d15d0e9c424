package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/record/tree"
	"keyback/internal/testkit"
)

func TestAPartyReadsItsOwnHistoryInOrder(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		l := open(t, d)
		start := c.Now()
		for i := range 3 {
			append1(t, d, l, entry("rec_a", record.Claimant, fmt.Sprint("claimant ", i)))
			append1(t, d, l, entry("rec_a", record.Holder, fmt.Sprint("holder ", i)))
			if i == 1 {
				checkpoint(t, l) // the third is read while it waits
			}
			c.Advance(time.Minute)
		}
		mine, theirs := leaves(t, l, "rec_a", record.Claimant), leaves(t, l, "rec_a", record.Holder)
		if len(mine) != 3 || len(theirs) != 3 {
			t.Fatalf("%d and %d leaves, want 3 and 3", len(mine), len(theirs))
		}
		for i, leaf := range mine {
			want := fmt.Sprintf(`{"said":"claimant %d"}`, i)
			if string(leaf.Payload) != want || leaf.Number != int64(i+1) || leaf.Kind != "said" || !leaf.Time.Equal(start.Add(time.Duration(i)*time.Minute)) {
				t.Errorf("leaf %d is %s, number %d, %s, %s", i, leaf.Payload, leaf.Number, leaf.Kind, leaf.Time)
			}
			if waits := leaf.Position == record.Pending; waits != (i == 2) {
				t.Errorf("leaf %d has position %d", i, leaf.Position)
			}
			canonical, err := tree.ParseLeaf(leaf.Bytes)
			if err != nil || canonical.CheckPayload(leaf.Salt, leaf.Payload) != nil {
				t.Errorf("leaf %d cannot be proved by what is given with it", i)
			}
			other, _ := tree.ParseLeaf(theirs[i].Bytes)
			if other.Thread == canonical.Thread {
				t.Error("both parties' leaves carry one pseudonym: each can count the other's")
			}
		}
		if got := leaves(t, l, "rec_b", record.Claimant); len(got) != 0 {
			t.Errorf("a recovery that never was has %d leaves", len(got))
		}
	})
}

func TestTheDatabaseDoesNotTellWhatWasSaid(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		append1(t, d, l, entry("rec_a", record.Claimant, "canary"))
		checkpoint(t, l)
		append1(t, d, l, entry("rec_a", record.Claimant, "canary"))
		err := d.View(context.Background(), func(tx *db.Tx) error {
			for _, table := range []string{"record_leaf", "record_pending"} {
				var leaf, box []byte
				if err := tx.QueryRow("SELECT leaf, box FROM "+table).Scan(&leaf, &box); err != nil {
					return err
				}
				all := append(leaf, box...)
				if bytes.Contains(all, []byte("canary")) || bytes.Contains(all, []byte("rec_a")) {
					t.Errorf("%s tells it", table)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestATransactionThatFailsLeavesNoGapInTheNumbers(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		failed := errors.New("the act failed")
		for i := range 3 { // the first failure is that of the thread's first leaf
			err := d.Update(context.Background(), func(tx *db.Tx) error {
				if err := l.Append(tx, entry("rec_a", record.Claimant, "never")); err != nil {
					return err
				}
				return failed
			})
			if !errors.Is(err, failed) {
				t.Fatal(err)
			}
			append1(t, d, l, entry("rec_a", record.Claimant, fmt.Sprint(i)))
		}
		for i, leaf := range leaves(t, l, "rec_a", record.Claimant) {
			if leaf.Number != int64(i+1) || string(leaf.Payload) != fmt.Sprintf(`{"said":"%d"}`, i) {
				t.Errorf("leaf %d is number %d, %s", i, leaf.Number, leaf.Payload)
			}
		}
		checkpoint(t, l)
		verify(t, l, 3)
	})
}

func TestAClockSetBackBreaksNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		l := open(t, d)
		for i := range 20 {
			append1(t, d, l, entry(fmt.Sprint("rec_", i%2), record.Holder, fmt.Sprint(i)))
			c.Advance(-time.Hour)
			if i%6 == 0 {
				checkpoint(t, l)
			}
		}
		c.Set(time.Unix(-5, 0)) // before 1970
		append1(t, d, l, entry("rec_0", record.Holder, "20"))
		checkpoint(t, l)
		verify(t, l, 21)
		got := leaves(t, l, "rec_0", record.Holder)
		for i, leaf := range got {
			if string(leaf.Payload) != fmt.Sprintf(`{"said":"%d"}`, 2*i) {
				t.Errorf("leaf %d says %s", i, leaf.Payload)
			}
		}
		if last := got[len(got)-1]; !last.Time.Equal(time.Unix(-5, 0)) {
			t.Errorf("the last leaf's time is %s", last.Time)
		}
	})
}

func TestErasureKeepsEveryProofValid(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		fill(t, d, l, 300)
		before := checkpoint(t, l)
		fill(t, d, l, 300)
		held := leaves(t, l, "rec_3", record.Holder)

		update(t, d, func(tx *db.Tx) error { return l.Erase(tx, "rec_3", record.Holder) })

		if got := leaves(t, l, "rec_3", record.Holder); len(got) != 0 {
			t.Fatalf("%d leaves can still be read", len(got))
		}
		after := checkpoint(t, l) // takes in what was pending when it was erased
		verify(t, l, 600, before.Checkpoint, after.Checkpoint)
		var positions []int64
		for _, leaf := range held {
			if leaf.Position != record.Pending {
				positions = append(positions, leaf.Position)
			}
		}
		c, proofs, err := l.Prove(context.Background(), positions...)
		if err != nil || len(positions) < 20 {
			t.Fatal(len(positions), err)
		}
		for i, proof := range proofs {
			leaf := held[i]
			canonical, err := tree.ParseLeaf(leaf.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.CheckLeaf(leaf.Position, leaf.Bytes, proof), canonical.CheckPayload(leaf.Salt, leaf.Payload)); err != nil {
				t.Errorf("leaf %d: %v", leaf.Number, err)
			}
		}

		append1(t, d, l, entry("rec_3", record.Holder, "anew"))
		if got := leaves(t, l, "rec_3", record.Holder); len(got) != 1 || got[0].Number != 1 {
			t.Errorf("after erasure a new thread begins with %v", got)
		}
		checkpoint(t, l)
		verify(t, l, 601)
	})
}

func TestAnEntryThatCannotBeReadBackIsRefused(t *testing.T) {
	d, _ := testkit.SQLite(t)
	l := open(t, d)
	for name, e := range map[string]record.Entry{
		"no recovery":       {Party: record.Holder, Kind: "said"},
		"no such party":     {Recovery: "rec_a", Party: "judge", Kind: "said"},
		"no kind":           {Recovery: "rec_a", Party: record.Holder},
		"an odd kind":       {Recovery: "rec_a", Party: record.Holder, Kind: "Said it"},
		"too much":          {Recovery: "rec_a", Party: record.Holder, Kind: "said", Payload: strings.Repeat("x", record.MaxPayload)},
		"what is not JSON":  {Recovery: "rec_a", Party: record.Holder, Kind: "said", Payload: func() {}},
		"a party by chance": {Recovery: "rec_a", Party: "Holder", Kind: "said"},
	} {
		if err := d.Update(context.Background(), func(tx *db.Tx) error { return l.Append(tx, e) }); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	checkpoint(t, l)
	verify(t, l, 0)
}
