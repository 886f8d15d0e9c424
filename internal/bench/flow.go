package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"keyback/internal/credential"
)

// hashesPerFlow is what a whole way costs by design: one for the new password, one
// for the sign-in.
const hashesPerFlow = 2

// flow measures how many whole ways a second lead from a lost password to being
// signed in again, beside what the machine's hashes allow: measured before and
// after each run, with as many at once as the server has workers, and nothing else.
func flow(ctx context.Context, s *stand) ([]Figure, error) {
	s.note("a flow: start, the mail read at the sink, its code, a new password, a sign-in; each with a browser and a connection of its own")
	s.note("with pages: the four pages between are read too, as a browser does, and the list of places at the end")
	s.note("allowed: argon2id hashes a second of this machine with the same settings, half before and half after the run, divided by %d", hashesPerFlow)
	box := openInbox(s.sink)
	defer box.close()
	return s.each(ctx, func(ctx context.Context, _ int) ([]Figure, error) { return s.flowRun(ctx, box) })
}

func (s *stand) flowRun(ctx context.Context, box *inbox) ([]Figure, error) {
	length, clients := s.length(20*time.Second), s.clients(4)
	early, err := hashes(ctx, clients, length/4)
	if err != nil {
		return nil, err
	}
	bare, err := s.flows(ctx, box, clients, length, false)
	if err != nil {
		return nil, err
	}
	late, err := hashes(ctx, clients, length/4)
	if err != nil {
		return nil, err
	}
	paged, err := s.flows(ctx, box, clients, length/2, true)
	if err != nil {
		return nil, err
	}
	allowed := (early.rate + late.rate) / 2 / hashesPerFlow
	cost := (early.cost + late.cost) / 2
	return append([]Figure{
		one("flows", "a second", bare.rate, nil),
		one("flows that hashes allow", "a second", allowed, nil),
		one("of what hashes allow", "%", 100*bare.rate/allowed, atLeast(85)),
		one("the same by CPU time alone", "%", 100*hashesPerFlow*cost/bare.cost, nil),
		one("flows with pages", "a second", paged.rate, nil),
		one("with pages, of what hashes allow", "%", 100*paged.rate/(late.rate/hashesPerFlow), nil),
		one("flow p50", "ms", quantile(bare.times, 0.5), nil),
		one("CPU of one hash", "ms", cost, nil),
		one("others while only hashing", "processors", (early.busy+late.busy)/2, nil),
	}, bare.usage...), nil
}

// flown is what some clients did for a while.
type flown struct {
	times []float64 // of each flow, ms
	rate  float64   // a second
	cost  float64   // CPU of a flow, ms: server, database, load
	usage []Figure
}

func (s *stand) flows(ctx context.Context, box *inbox, clients int, length time.Duration, pages bool) (f flown, err error) {
	before := s.usage(ctx)
	var next atomic.Int64
	next.Store(int64(s.asked))
	failed, times := make(chan error, clients), make([][]float64, clients)
	for i := range clients {
		go func() { failed <- s.flowClient(ctx, box, before.at.Add(length), &next, &times[i], pages) }()
	}
	for range clients {
		err = errors.Join(err, <-failed)
	}
	took := time.Since(before.at).Seconds()
	s.asked = int(next.Load())
	if err != nil {
		return f, err
	}
	f.times = concat(times)
	n := len(f.times)
	f.rate, f.usage = float64(n)/took, s.since(ctx, before, n, "flow")
	f.cost = ours(f.usage) + per(cpuOf(os.Getpid())-before.load, n)
	return f, nil
}

// ours is the CPU time a piece of work cost server and database.
func ours(usage []Figure) (sum float64) {
	for _, f := range usage {
		if f.Unit == "ms" {
			sum += f.Median
		}
	}
	return sum
}

// hashing is what the machine's hashes did for a while.
type hashing struct {
	rate float64 // a second
	cost float64 // CPU, ms each
	busy float64 // processors that others used meanwhile
}

func hashes(ctx context.Context, clients int, length time.Duration) (hashing, error) {
	var pepper [32]byte
	rand.Read(pepper[:])
	h := credential.New(credential.Options{Pepper: pepper, Workers: runtime.GOMAXPROCS(0)})
	var n atomic.Int64
	failed := make(chan error, clients)
	begun, used := time.Now(), cpuOfSelf()
	before, _ := cpuOfAll()
	for range clients {
		go func() {
			for time.Since(begun) < length {
				if _, err := h.Hash(ctx, newPassword); err != nil {
					failed <- err
					return
				}
				n.Add(1)
			}
			failed <- nil
		}()
	}
	var err error
	for range clients {
		err = errors.Join(err, <-failed)
	}
	count, wall := float64(n.Load()), time.Since(begun)
	used = cpuOfSelf() - used
	after, _ := cpuOfAll()
	return hashing{count / wall.Seconds(), ms(used) / max(count, 1), max(0, (after-before-used).Seconds()/wall.Seconds())}, err
}

func (s *stand) flowClient(ctx context.Context, box *inbox, end time.Time, next *atomic.Int64, times *[]float64, pages bool) error {
	for ctx.Err() == nil && time.Now().Before(end) {
		begun := time.Now()
		n := int(next.Add(1)) - 1
		if err := s.wholeWay(ctx, box, n, pages); err != nil {
			return fmt.Errorf("flow %d: %w", n, err)
		}
		*times = append(*times, ms(time.Since(begun)))
	}
	return ctx.Err()
}
