package limit

import (
	"math/rand/v2"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/testkit"
)

func TestTheStatementDecidesAsTheRulesSay(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		for seed := range uint64(8) {
			random := rand.New(rand.NewPCG(seed, 1))
			rate := Rate{N: 1 + random.IntN(20), Per: time.Duration(1+random.IntN(1000)) * time.Millisecond, Burst: random.IntN(6)}
			key, tat := []byte{byte(seed)}, int64(0)
			for range 50 {
				// Mostly onwards, now and then back: clocks are moved.
				c.Advance(time.Duration(random.Int64N(3*rate.interval())-rate.interval()/4) * time.Microsecond)
				at := at(db.Micros(c.Now()), rate)
				next, want := at.decide(tat)
				tat = next
				err := d.Update(t.Context(), func(tx *db.Tx) error {
					ok, wait, err := Take(tx, key, rate)
					if ok != want || !ok && wait != at.wait(next) {
						t.Errorf("seed %d, %v: %v, %v; want %v, %v", seed, rate, ok, wait, want, at.wait(next))
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
