package record_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/testkit"
)

// cpu is the processor time this process has used: of everything, on SQLite.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLeaf measures a leaf's whole life on SQLite, its appending and its sequencing apart,
// in processor time. Each recovery gets four leaves for two parties, in transactions of 64
// leaves, as group commit makes them.
func BenchmarkLeaf(b *testing.B) {
	d, c := testkit.SQLite(b)
	l := open(b, d)
	ctx := context.Background()
	var appending, sequencing time.Duration
	n := 0
	for b.Loop() {
		begun := cpu(b)
		for range 48 { // a second's worth
			err := d.Update(ctx, func(tx *db.Tx) error {
				for i := range 64 {
					e := record.Entry{
						Recovery: fmt.Sprintf("rec_%026x", (n+i)/4*0x9e3779b1), Party: []string{record.Claimant, record.Holder}[i%2], Kind: "recovery.opened",
						Payload: step{"network 203.0.113.0/24, Firefox on Android, resend 2 of 5"},
					}
					if err := l.Append(tx, e); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			n += 64
		}
		c.Advance(time.Second)
		mid := cpu(b)
		if _, err := l.Checkpoint(ctx); err != nil {
			b.Fatal(err)
		}
		appending += mid - begun
		sequencing += cpu(b) - mid
	}
	b.ReportMetric(float64(appending.Microseconds())/float64(n), "µs/append")
	b.ReportMetric(float64(sequencing.Microseconds())/float64(n), "µs/sequence")
	b.ReportMetric(float64(n), "leaves")
}
