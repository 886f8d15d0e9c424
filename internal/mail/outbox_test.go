package mail

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoeverIsFasterThanTheQueueWaitsUntilAMessageIsTakenButNeverLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewOutbox(Options{})
		b.Start()
		waited := func(during func()) time.Duration {
			began, done := time.Now(), make(chan struct{})
			go func() { b.Pace(context.Background(), Recovery); close(done) }()
			synctest.Wait()
			during()
			<-done
			return time.Since(began)
		}
		for range crowd - 1 {
			b.Offer(Lease{})
		}
		if w := waited(func() {}); w != 0 {
			t.Errorf("waited %v while few were waiting", w)
		}
		b.Offer(Lease{})
		if w := waited(func() { <-b.Offers(Recovery); b.Took(Recovery) }); w != 0 {
			t.Errorf("waited %v after one was taken", w)
		}
		b.Offer(Lease{})
		if w := waited(func() {}); w != longestPace {
			t.Errorf("waited %v for a queue that stands still, not %v", w, longestPace)
		}
		b.Stop()
		if w := waited(func() {}); w != 0 {
			t.Errorf("waited %v for a queue that does not run", w)
		}
	})
}
