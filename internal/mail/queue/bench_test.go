package queue

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/testkit"
)

// BenchmarkMail measures a message from its Enqueue, in a transaction of its own,
// to its outcome in the database, with a next server that accepts at once. The
// figure cpu-µs/msg is of this process, which on PostgreSQL is half of the truth.
func BenchmarkMail(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmark(b, filepath.Join(b.TempDir(), "keyback.db")) })
	if os.Getenv(testkit.PostgresURL) != "" {
		b.Run("PostgreSQL", func(b *testing.B) { benchmark(b, testkit.PostgresDatabase(b)) })
	}
}

func benchmark(b *testing.B, address string) {
	d, err := db.Open(context.Background(), db.Options{URL: address})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	var done sync.WaitGroup
	outbox := mail.NewOutbox(mail.Options{Node: "bench", Buffer: 1024})
	q := New(Options{
		DB: d, Outbox: outbox, Workers: 32,
		Compose: func(_ context.Context, m mail.Message) (*mail.Composed, error) {
			return &mail.Composed{To: m.Address}, nil
		},
		Deliver: func(context.Context, *mail.Composed) mail.Outcome { return accepted },
		Fate: func(tx *db.Tx, m mail.Message, _ mail.Outcome) error {
			tx.AfterCommit(done.Done)
			return nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	for !outbox.Opened() {
		runtime.Gosched()
	}

	before, began := cpu(b), time.Now()
	b.ResetTimer()
	done.Add(b.N)
	var left atomic.Int64
	left.Store(int64(b.N))
	var callers sync.WaitGroup
	for range 32 {
		callers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := d.Update(ctx, func(tx *db.Tx) error {
					_, err := outbox.Enqueue(tx, mail.Message{Kind: "recover", Ref: "rec_bench", Party: "claimant", Address: "amal@example.org"})
					return err
				}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	callers.Wait()
	done.Wait()
	b.StopTimer()
	if s, err := q.Stats(ctx); err != nil || s.Due != 0 || s.Later != 0 {
		b.Errorf("left behind: %+v %v", s, err)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "msg/s")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/msg")
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
