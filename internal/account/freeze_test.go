package account_test

import (
	"context"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/testkit"
)

func TestAFreezeOnlyGrowsUntilItIsThawed(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		start := c.Now()
		do := func(what func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Update(context.Background(), what); err != nil {
				t.Fatal(err)
			}
		}
		frozenUntil := func(want time.Time) {
			t.Helper()
			do(func(tx *db.Tx) error {
				got, err := account.Frozen(tx, "acc_1")
				if !got.Equal(want) {
					t.Errorf("frozen until %v, want %v", got, want)
				}
				return err
			})
		}
		freeze := func(hours time.Duration) {
			t.Helper()
			do(func(tx *db.Tx) error {
				return account.Freeze(tx, "acc_1", start.Add(hours*time.Hour), "stopped by the holder")
			})
		}
		frozenUntil(time.Time{})
		freeze(72)
		freeze(24)
		frozenUntil(start.Add(72 * time.Hour))
		freeze(96)
		frozenUntil(start.Add(96 * time.Hour))
		c.Advance(96 * time.Hour)
		frozenUntil(time.Time{})
		freeze(100)
		do(func(tx *db.Tx) error { return account.Thaw(tx, "acc_1") })
		frozenUntil(time.Time{})
	})
}
