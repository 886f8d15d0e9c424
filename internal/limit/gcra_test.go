package limit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTenAtOnceThenOneASecond reads as one afternoon of one bucket.
func TestTenAtOnceThenOneASecond(t *testing.T) {
	rate := Rate{N: 1, Per: time.Second, Burst: 10}
	bucket := bucket{rate: rate, now: 1_000_000_000}

	// Ten at once are let through, the eleventh waits its second.
	for range 10 {
		bucket.let(t)
	}
	bucket.keep(t, time.Second)

	// A refused try takes nothing: asking again does not lengthen the wait.
	bucket.keep(t, time.Second)

	// Just short of the second it is still too early, by a microsecond.
	bucket.pass(time.Second - time.Microsecond)
	bucket.keep(t, time.Microsecond)
	bucket.pass(time.Microsecond)
	bucket.let(t)
	bucket.keep(t, time.Second)

	// Five seconds give five back, no more.
	bucket.pass(5 * time.Second)
	for range 5 {
		bucket.let(t)
	}
	bucket.keep(t, time.Second)

	// A night gives back ten, no more.
	bucket.pass(12 * time.Hour)
	for range 10 {
		bucket.let(t)
	}
	bucket.keep(t, time.Second)

	// A clock put back an hour lets nobody through who would not have been.
	bucket.pass(-time.Hour)
	bucket.keep(t, time.Hour+time.Second)
}

func TestThreeASecondErrsToTheStrictSide(t *testing.T) {
	bucket := bucket{rate: Rate{N: 3, Per: time.Second, Burst: 1}}
	bucket.let(t)
	bucket.keep(t, 333_334*time.Microsecond)
}

func TestNeverMoreThanTheBurstAndTheRateAreLetThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := anyRate(t)
		b := bucket{rate: rate, now: rapid.Int64Range(0, 1<<50).Draw(t, "start")}
		start, taken := b.now, int64(0)
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			b.pass(time.Duration(rapid.Int64Range(0, 3*rate.interval()).Draw(t, "gap")) * time.Microsecond)
			ok, wait := b.try()
			if ok {
				taken++
			} else {
				exact(t, b, wait)
			}
			// burst + rate × time, in whole tries; the rate is never rounded up.
			elapsed := b.now - start
			if most := int64(rate.burst()) + elapsed*int64(rate.N)/rate.Per.Microseconds(); taken > most {
				t.Fatalf("%v let %d through in %d µs, more than %d", rate, taken, elapsed, most)
			}
		}
	})
}

// exact: just as long as it was told to wait, and not a microsecond less.
func exact(t *rapid.T, b bucket, wait time.Duration) {
	early, due := b, b
	early.pass(wait - time.Microsecond)
	due.pass(wait)
	if ok, _ := early.try(); ok {
		t.Fatalf("%v: let through before %v", b.rate, wait)
	}
	if ok, _ := due.try(); !ok {
		t.Fatalf("%v: not let through after %v", b.rate, wait)
	}
}

func TestWithinHoldsInAnyStretchOfItsLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		per := time.Duration(rapid.Int64Range(100, 4_000).Draw(t, "per")) * time.Microsecond
		b := bucket{rate: Within(n, per), now: 1_000}
		var taken []int64
		for range 400 {
			b.pass(time.Duration(rapid.Int64Range(0, max(1, per.Microseconds()/int64(n))).Draw(t, "gap")) * time.Microsecond)
			if ok, _ := b.try(); !ok {
				continue
			}
			taken = append(taken, b.now)
			if i := len(taken) - 1 - n; i >= 0 && taken[len(taken)-1]-taken[i] < per.Microseconds() {
				t.Fatalf("%d in %v (%v)", n+1, per, b.rate)
			}
		}
	})
}

func TestARestedWithinLetsMoreThanHalfThroughAtOnce(t *testing.T) {
	for n := 1; n < 100; n++ {
		b := bucket{rate: Within(n, time.Hour)}
		for range n/2 + 1 {
			if ok, _ := b.try(); !ok {
				t.Fatalf("%v", b.rate)
			}
		}
	}
}

type bucket struct {
	rate     Rate
	now, tat int64
}

func (b *bucket) pass(d time.Duration) { b.now += d.Microseconds() }

func (b *bucket) try() (bool, time.Duration) {
	at := at(b.now, b.rate)
	next, ok := at.decide(b.tat)
	b.tat = next
	if ok {
		return true, 0
	}
	return false, at.wait(next)
}

func (b *bucket) let(t *testing.T) {
	t.Helper()
	if ok, wait := b.try(); !ok {
		t.Errorf("told to wait %v", wait)
	}
}

func (b *bucket) keep(t *testing.T, want time.Duration) {
	t.Helper()
	if ok, wait := b.try(); ok || wait != want {
		t.Errorf("%v, told to wait %v instead of %v", ok, wait, want)
	}
}

func anyRate(t *rapid.T) Rate {
	n := rapid.IntRange(1, 1_000).Draw(t, "n")
	return Rate{
		N:     n,
		Per:   time.Duration(rapid.Int64Range(int64(n), 86_400_000_000).Draw(t, "per")) * time.Microsecond,
		Burst: rapid.IntRange(0, 50).Draw(t, "burst"),
	}
}
