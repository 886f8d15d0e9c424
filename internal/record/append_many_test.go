package record_test

import (
	"fmt"
	"testing"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/testkit"
)

func TestManyLeavesAtOnceAreTheSameAsOneByOne(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		append1(t, d, l, entry("rec_3", record.Holder, "before"))
		var all []record.Entry
		for i := range 41 { // two times sixteen, and some
			all = append(all, entry(fmt.Sprintf("rec_%d", i), record.Holder, fmt.Sprint("first ", i)))
		}
		all = append(all, entry("rec_3", record.Claimant, "for the other party"))
		update(t, d, func(tx *db.Tx) error { return l.AppendAll(tx, all) })
		verify(t, l, 0)
		checkpoint(t, l)
		verify(t, l, int64(len(all)+1))
		for i := range 41 {
			got := leaves(t, l, fmt.Sprintf("rec_%d", i), record.Holder)
			last := got[len(got)-1]
			if string(last.Payload) != fmt.Sprintf(`{"said":"first %d"}`, i) || last.Number != int64(len(got)) {
				t.Errorf("rec_%d ends with leaf %d, %s", i, last.Number, last.Payload)
			}
			if want := map[bool]int{true: 2, false: 1}[i == 3]; len(got) != want {
				t.Errorf("rec_%d has %d leaves, want %d", i, len(got), want)
			}
		}
	})
}

func TestLeavesOfOneThreadAddedAtOnceKeepTheirOrder(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		var all []record.Entry
		for i := range 32 {
			all = append(all, entry(fmt.Sprintf("rec_%d", i%20), record.Claimant, fmt.Sprint("word ", i)))
		}
		update(t, d, func(tx *db.Tx) error { return l.AppendAll(tx, all) })
		got := leaves(t, l, "rec_5", record.Claimant)
		if len(got) != 2 || string(got[0].Payload) != `{"said":"word 5"}` || string(got[1].Payload) != `{"said":"word 25"}` {
			t.Errorf("the thread is %v", got)
		}
	})
}

func TestOneWrongEntryAmongManyAddsNone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		var all []record.Entry
		for i := range 16 {
			all = append(all, entry(fmt.Sprintf("rec_%d", i), record.Claimant, "word"))
		}
		all[9].Party = "stranger"
		if d.Update(t.Context(), func(tx *db.Tx) error { return l.AppendAll(tx, all) }) == nil {
			t.Error("a leaf for nobody was taken")
		}
		if got := leaves(t, l, "rec_0", record.Claimant); len(got) != 0 {
			t.Errorf("%d leaves came in beside the wrong one", len(got))
		}
	})
}
