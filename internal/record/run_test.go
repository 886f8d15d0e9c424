package record_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/record/tree"
	"keyback/internal/testkit"
)

// runs starts Run and ends it with the test.
func runs(t *testing.T, l *record.Log) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// until asks for the newest checkpoint till it has a size.
func until(t *testing.T, l *record.Log, size int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		c, err := l.Latest(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if c.Size >= size {
			return
		}
	}
}

func TestSeveralSequencersNeverForkTheTreeNorLoseOrRepeatALeaf(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		k := newKeys(t)
		var logs []*record.Log
		for range 3 {
			l := record.New(record.Options{DB: d, Signer: k.signer, Wrap: k.wrap, Every: time.Millisecond, Lease: 2 * time.Millisecond})
			runs(t, l)
			logs = append(logs, l)
		}
		const writers, each = 8, 120
		var wg sync.WaitGroup
		seen := make(chan tree.Checkpoint, writers*each)
		for w := range writers {
			wg.Go(func() {
				l := logs[w%len(logs)]
				for i := range each {
					e := entry(fmt.Sprint("rec_", i%5), record.Claimant, fmt.Sprint(w, " says ", i)) // all writers share the threads
					if err := d.Update(context.Background(), func(tx *db.Tx) error { return l.Append(tx, e) }); err != nil {
						t.Error(err)
						return
					}
					c.Advance(time.Millisecond) // leases lapse all the time
					if i%20 == w {              // and sometimes somebody asks, lease or not
						at, err := l.Checkpoint(context.Background())
						if err != nil {
							t.Error(err)
							return
						}
						seen <- at.Checkpoint
					}
				}
			})
		}
		wg.Wait()
		close(seen)
		last := checkpoint(t, logs[0])
		if last.Size != writers*each {
			t.Fatalf("%d leaves in the tree, want %d", last.Size, writers*each)
		}
		var known []tree.Checkpoint
		for at := range seen {
			known = append(known, at)
			if _, _, err := logs[1].ProveSince(context.Background(), at); err != nil {
				t.Error(err)
			}
		}
		verify(t, logs[2], last.Size, known...)

		said := map[string]bool{}
		for r := range 5 {
			for i, leaf := range leaves(t, logs[0], fmt.Sprint("rec_", r), record.Claimant) {
				if leaf.Number != int64(i+1) || leaf.Position == record.Pending {
					t.Fatalf("leaf %d of rec_%d has number %d, position %d", i, r, leaf.Number, leaf.Position)
				}
				said[string(leaf.Payload)] = true
			}
		}
		if len(said) != writers*each {
			t.Errorf("%d different leaves, want %d", len(said), writers*each)
		}
	})
}

func TestALeafEntersTheTreeSoonAfterItsCommit(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		k := newKeys(t)
		l := record.New(record.Options{DB: d, Signer: k.signer, Wrap: k.wrap, Every: time.Hour}) // the commit rings
		runs(t, l)
		begun := time.Now()
		append1(t, d, l, entry("rec_a", record.Claimant, "hello"))
		until(t, l, 1)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestLeavesThatNobodyRangForAreFound(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		k := newKeys(t)
		append1(t, d, k.log(d), entry("rec_a", record.Claimant, "from a node that died"))
		l := k.log(d)
		runs(t, l)
		until(t, l, 1)
		verify(t, l, 1)
	})
}

func TestRunStopsRatherThanSignOverAnAlteredTree(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		k := newKeys(t)
		fill(t, d, k.log(d), 10)
		before := checkpoint(t, k.log(d))
		update(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE record_tree SET edge = $1`, make([]byte, 10*32))
			return err
		})
		l := k.log(d)
		append1(t, d, l, entry("rec_a", record.Claimant, "hello"))
		if err := l.Run(context.Background()); !errors.Is(err, record.ErrAltered) {
			t.Fatalf("Run ended with %v", err)
		}
		var note string
		err := d.View(context.Background(), func(tx *db.Tx) error {
			return tx.QueryRow(`SELECT note FROM record_tree`).Scan(&note)
		})
		if err != nil || note != before.Note {
			t.Errorf("it signed %q, %v", note, err)
		}
	})
}
