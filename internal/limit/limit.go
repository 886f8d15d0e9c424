// Package limit counts what may be done only so often. It knows keys, not what
// they stand for: known and unknown accounts, networks and browsers are counted
// alike, and rows hold keyed hashes of them (token.Key.Hash), never names.
//
// Take is the generic cell rate algorithm (GCRA): a bucket is one time, the moment
// at which the next try would arrive if everybody kept to the rate. A try is let
// through while that moment is not further ahead than the burst allows. One row,
// one statement, exact under any number of nodes; nothing runs to refill it.
//
// A Take belongs to its transaction: where that rolls back, nothing was taken. It
// also holds its bucket's row until then on PostgreSQL, so take a bucket that
// everybody shares last.
package limit

import (
	"fmt"
	"time"

	"keyback/internal/db"
)

// Rate says how often. The zero value is no limit at all.
type Rate struct {
	N     int           // tries each Per; 0 for no limit
	Per   time.Duration // at least N microseconds
	Burst int           // tries at once out of a rested bucket; N when 0
}

// Within is the rate that lets at most n tries, at least one, through in any stretch
// of that length, wherever it begins. A plain Rate{N: n, Per: per} lets up to 2n-1 through
// in its first: the burst, and what comes back meanwhile.
func Within(n int, per time.Duration) Rate {
	n = max(n, 1)
	back := (n + 1) / 2
	return Rate{N: back, Per: per, Burst: n + 1 - back}
}

// String is the rate in words, for the operator.
func (r Rate) String() string {
	if r.N <= 0 {
		return "no limit"
	}
	return fmt.Sprintf("%d in %v, %d at once", r.N, r.Per, r.burst())
}

// interval is the time a try takes up, in microseconds, rounded up: a limit errs to
// the strict side.
func (r Rate) interval() int64 {
	per := max(r.Per.Nanoseconds(), 1)
	step := int64(r.N) * int64(time.Microsecond)
	return (per + step - 1) / step
}

func (r Rate) burst() int {
	if r.Burst <= 0 {
		return r.N
	}
	return r.Burst
}

const take = `INSERT INTO limit_bucket (key, tat, taken) VALUES ($1, $2, 1)
ON CONFLICT (key) DO UPDATE SET
	taken = CASE WHEN limit_bucket.tat <= $3 THEN 1 ELSE 0 END,
	tat = CASE
		WHEN limit_bucket.tat > $3 THEN limit_bucket.tat
		WHEN limit_bucket.tat > $4 THEN limit_bucket.tat + $5
		ELSE $2 END
RETURNING tat, taken`

// Take tries to take one from the bucket of key. Where it is empty, ok is false,
// nothing is taken, and wait is how long until the same try would be let through if
// nobody else came. One statement; none where the rate is no limit.
func Take(tx *db.Tx, key []byte, rate Rate) (ok bool, wait time.Duration, err error) {
	if rate.N <= 0 {
		return true, 0, nil
	}
	b := at(db.Micros(tx.Now()), rate)
	var tat, taken int64
	if err := tx.QueryRow(take, key, b.first, b.latest, b.now, b.interval).Scan(&tat, &taken); err != nil {
		return false, 0, err
	}
	if taken == 1 {
		return true, 0, nil
	}
	return false, b.wait(tat), nil
}

// bounds is a rate laid against a moment. All in microseconds.
type bounds struct {
	now      int64
	interval int64
	latest   int64 // a bucket further ahead is empty
	first    int64 // what a rested bucket becomes
}

func at(now int64, r Rate) bounds {
	i := r.interval()
	return bounds{now: now, interval: i, latest: now + int64(r.burst()-1)*i, first: now + i}
}

// decide is what the statement does, in Go: the text that its tests read, and that
// the statement is tested against.
func (b bounds) decide(tat int64) (next int64, ok bool) {
	switch {
	case tat > b.latest:
		return tat, false
	case tat > b.now:
		return tat + b.interval, true
	}
	return b.first, true
}

func (b bounds) wait(tat int64) time.Duration {
	return time.Duration(tat-b.latest) * time.Microsecond
}
