package credential

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"keyback/internal/fault"
)

// gate lets so many through at once, so many more wait in order, and turns the
// rest away.
//
// A hash takes its 19 MiB from the heap and leaves them to the collector: the
// library offers no way to hand a buffer in. While hashing goes on that is well,
// because each collection reuses what the last hashes left. But after a rush the
// runtime would keep the pages (about 100 MiB on two workers) until two of its own
// collections have passed, which with nobody at the door takes four minutes. So
// when the gate has been quiet for a while it collects twice, about 10 ms of work,
// and the background scavenger gives the pages back within a tenth of a second.
// debug.FreeOSMemory would do it at once, but stops to return every free page of
// the program, which is not a package's to decide.
type gate struct {
	slots  chan struct{}
	most   int64        // inside, all told
	inside atomic.Int64 // running and waiting
	took   atomic.Int64 // the last hash, in nanoseconds
	rest   *time.Timer
}

const quiet = 2 * time.Second

func newGate(workers, queue int) *gate {
	g := &gate{slots: make(chan struct{}, workers), most: int64(workers + queue)}
	g.rest = time.AfterFunc(quiet, g.release)
	g.rest.Stop()
	return g
}

// through runs work in the caller's goroutine when its turn comes.
func (g *gate) through(ctx context.Context, work func()) error {
	if g.inside.Add(1) > g.most {
		g.inside.Add(-1)
		return g.full()
	}
	defer func() {
		if g.inside.Add(-1) == 0 {
			g.rest.Reset(quiet)
		}
	}()
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	start := time.Now()
	work()
	g.took.Store(int64(time.Since(start)))
	return nil
}

// full says when the queue as it stands will be done with.
func (g *gate) full() error {
	wait := time.Duration(g.most/int64(cap(g.slots))) * time.Duration(g.took.Load())
	return fault.New(fault.Unavailable, "Very many people are signing in just now. Nothing is lost: try again in a moment.").
		Retry(max(wait.Truncate(time.Second)+time.Second, time.Second)).
		Hint("more processors, or a longer queue, let more people in at once")
}

func (g *gate) busy() (running, waiting int) {
	running = len(g.slots)
	return running, max(0, int(g.inside.Load())-running)
}

func (g *gate) release() {
	if g.inside.Load() == 0 {
		runtime.GC()
		runtime.GC()
	}
}
