package limit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/limit"
	"keyback/internal/testkit"
)

func TestABucketIsEmptiedAndFillsAgain(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		rate := limit.Rate{N: 5, Per: time.Hour}
		key := []byte("one")
		for range 5 {
			expect(t, d, key, rate, true, 0)
		}
		expect(t, d, key, rate, false, 12*time.Minute)
		expect(t, d, []byte("another"), rate, true, 0)
		c.Advance(12*time.Minute - time.Microsecond)
		expect(t, d, key, rate, false, time.Microsecond)
		c.Advance(time.Microsecond)
		expect(t, d, key, rate, true, 0)
		expect(t, d, key, rate, false, 12*time.Minute)
	})
}

func TestNoLimitIsNoLimit(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		for range 100 {
			expect(t, d, []byte("one"), limit.Rate{}, true, 0)
		}
	})
}

func TestATryThatIsRolledBackTookNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		rate, key, gone := limit.Rate{N: 1, Per: time.Hour}, []byte("one"), fmt.Errorf("gone")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			if ok, _, err := limit.Take(tx, key, rate); !ok || err != nil {
				t.Errorf("%v %v", ok, err)
			}
			return gone
		})
		if err != gone {
			t.Fatal(err)
		}
		expect(t, d, key, rate, true, 0)
	})
}

func TestSixtyFourAtOnceNeverExceedABucket(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		rate := limit.Rate{N: 10, Per: time.Minute, Burst: 20}
		var taken atomic.Int64
		rush := func() {
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for range 4 {
						if ok, _ := try(t, d, []byte("one"), rate); ok {
							taken.Add(1)
						}
					}
				})
			}
			wg.Wait()
		}
		rush()
		if n := taken.Load(); n != 20 {
			t.Errorf("%d were let through, not 20", n)
		}
		c.Advance(30 * time.Second)
		rush()
		if n := taken.Load(); n != 25 {
			t.Errorf("%d were let through, not 25", n)
		}
	})
}

func TestOneRowIsOneStatementWhateverItSays(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		// A rate that the operator makes stricter applies to buckets that are there.
		key := []byte("one")
		for range 3 {
			expect(t, d, key, limit.Rate{N: 60, Per: time.Hour, Burst: 10}, true, 0)
		}
		strict := limit.Rate{N: 60, Per: time.Hour, Burst: 2}
		expect(t, d, key, strict, false, 2*time.Minute)
		c.Advance(2 * time.Minute)
		expect(t, d, key, strict, true, 0)
	})
}

func TestMissesInARowAreCountedUntilASuccess(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		update(t, d, func(tx *db.Tx) error {
			for want := 1; want <= 3; want++ {
				if n, err := limit.Miss(tx, []byte("one")); n != want || err != nil {
					t.Errorf("%d %v, want %d", n, err, want)
				}
			}
			if n, err := limit.Miss(tx, []byte("another")); n != 1 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if n, err := limit.Misses(tx, []byte("one")); n != 3 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if err := limit.Clear(tx, []byte("one")); err != nil {
				return err
			}
			if n, err := limit.Misses(tx, []byte("one")); n != 0 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			n, err := limit.Miss(tx, []byte("one"))
			if n != 1 {
				t.Errorf("%d after a success", n)
			}
			return err
		})
	})
}

func TestSweepingForgetsOnlyWhatSaysNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		begun := c.Now()
		short, long := limit.Rate{N: 1, Per: time.Minute}, limit.Rate{N: 1, Per: time.Hour}
		expect(t, d, []byte("short"), short, true, 0)
		expect(t, d, []byte("long"), long, true, 0)
		update(t, d, func(tx *db.Tx) error { _, err := limit.Miss(tx, []byte("one")); return err })
		c.Advance(time.Minute)

		if n := sweep(t, d, begun); n != 1 {
			t.Errorf("%d rows went, not the short bucket alone", n)
		}
		expect(t, d, []byte("short"), short, true, 0)
		expect(t, d, []byte("long"), long, false, 59*time.Minute)

		if n := sweep(t, d, c.Now()); n != 1 {
			t.Errorf("%d rows went, not the run alone", n)
		}
	})
}

// BenchmarkTake is one bucket's share of a start.
func BenchmarkTake(b *testing.B) {
	d, _ := testkit.SQLite(b)
	rate := limit.Rate{N: 5, Per: time.Hour}
	for i := 0; b.Loop(); i++ {
		err := d.Update(context.Background(), func(tx *db.Tx) error {
			for j := range 100 { // a commit costs more than a statement
				if _, _, err := limit.Take(tx, fmt.Appendf(nil, "%d", (i*100+j)%5000), rate); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "µs/take")
}

func expect(t *testing.T, d *db.DB, key []byte, rate limit.Rate, ok bool, wait time.Duration) {
	t.Helper()
	if gotOK, gotWait := try(t, d, key, rate); gotOK != ok || gotWait != wait {
		t.Errorf("%s: %v, wait %v; want %v, %v", key, gotOK, gotWait, ok, wait)
	}
}

func try(t *testing.T, d *db.DB, key []byte, rate limit.Rate) (ok bool, wait time.Duration) {
	t.Helper()
	err := d.Update(context.Background(), func(tx *db.Tx) (err error) {
		ok, wait, err = limit.Take(tx, key, rate)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return ok, wait
}

func sweep(t *testing.T, d *db.DB, before time.Time) (n int) {
	t.Helper()
	update(t, d, func(tx *db.Tx) (err error) { n, err = limit.Sweep(tx, before); return err })
	return n
}

func update(t *testing.T, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}
