package record

import (
	"context"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/seal"
	"keyback/internal/testkit"
)

func TestOneNodeSequencesUntilItsLeaseLapses(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		signer, err := NewSigner("example.org/record")
		if err != nil {
			t.Fatal(err)
		}
		wrap := seal.New()
		node := func() *Log { return New(Options{DB: d, Signer: signer, Wrap: wrap, Lease: time.Minute}) }
		first, second := node(), node()
		var size int64
		// turn adds a leaf, gives a node its turn and says whether it took it.
		turn := func(l *Log) bool {
			t.Helper()
			ctx := context.Background()
			err := d.Update(ctx, func(tx *db.Tx) error {
				return first.Append(tx, Entry{Recovery: "rec_a", Party: Holder, Kind: "said"})
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := l.turn(ctx); err != nil {
				t.Fatal(err)
			}
			at, err := l.Latest(ctx)
			if err != nil {
				t.Fatal(err)
			}
			moved := at.Size > size
			size = at.Size
			return moved
		}
		for _, step := range []struct {
			what string
			pass time.Duration
			node *Log
			want bool
		}{
			{"the first takes the free lease", 0, first, true},
			{"the second waits", 0, second, false},
			{"the first goes on", 30 * time.Second, first, true},
			{"and has renewed it", 40 * time.Second, second, false},
			{"it lapses and the second takes it", 20 * time.Second, second, true},
			{"now the first waits", 0, first, false},
			{"set back a day, the clock makes the lease void", -24 * time.Hour, first, true},
			{"and the second waits again", 0, second, false},
		} {
			c.Advance(step.pass)
			if got := turn(step.node); got != step.want {
				t.Fatalf("%s: moved %t", step.what, got)
			}
		}
	})
}

func TestARollBackOfABatchLeavesNothingBehind(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		signer, err := NewSigner("example.org/record")
		if err != nil {
			t.Fatal(err)
		}
		l := New(Options{DB: d, Signer: signer, Wrap: seal.New()})
		ctx := context.Background()
		for range 3 {
			err := d.Update(ctx, func(tx *db.Tx) error {
				for range 300 {
					if err := l.Append(tx, Entry{Recovery: "rec_a", Party: Holder, Kind: "said"}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			err = d.Update(ctx, func(tx *db.Tx) error {
				if _, _, err := l.batch(tx); err != nil {
					return err
				}
				return context.Canceled // the crash
			})
			if err != context.Canceled {
				t.Fatal(err)
			}
			if _, err := l.Checkpoint(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := l.Verify(ctx); n != 900 || err != nil {
			t.Fatal(n, err)
		}
	})
}
