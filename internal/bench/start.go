package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"keyback/internal/fault"
)

// start measures how many recoveries are started a second while their mails go out,
// and how long after the last request the last mail is at the sink. Half of the
// addresses are of an account, half are not.
func start(ctx context.Context, s *stand) ([]Figure, error) {
	s.note("closed loop, keep-alive connections, a new browser, network and address for each request; half of the addresses unknown")
	if _, err := s.startRun(ctx, time.Second); err != nil { // connections, caches, the collector's pace
		return nil, err
	}
	return s.each(ctx, func(ctx context.Context, _ int) ([]Figure, error) {
		return s.startRun(ctx, s.length(10*time.Second))
	})
}

// length is how long a run is, if nobody said.
func (s *stand) length(ordinary time.Duration) time.Duration {
	if s.o.For > 0 {
		return s.o.For
	}
	return ordinary
}

func (s *stand) clients(ordinary int) int {
	if s.o.Clients > 0 {
		return s.o.Clients
	}
	return ordinary
}

func (s *stand) startRun(ctx context.Context, length time.Duration) ([]Figure, error) {
	sunk, different := s.sink.Count(), s.sink.Distinct()
	before := s.usage(ctx)
	var next atomic.Int64
	next.Store(int64(s.asked))
	clients := s.clients(32)
	times := make([][]float64, clients)
	failed := make(chan error, clients)
	ids := make([]map[string]bool, clients)
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			ids[i] = map[string]bool{}
			failed <- s.startClient(ctx, before.at.Add(length), &next, ids[i], &times[i])
		})
	}
	running.Wait()
	last := time.Now()
	s.asked = int(next.Load())
	for range clients {
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	if most := 2 * startsOfOne * s.o.Accounts; s.asked > most {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%d accounts are too few: the limit of an address was reached", s.o.Accounts)).
			Hint("give more --accounts")
	}
	started := distinct(ids)
	all := concat(times)
	if started != len(all) {
		return nil, fmt.Errorf("%d requests were answered with %d recoveries", len(all), started)
	}
	behind := s.sink.Count() - sunk
	late, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := s.sink.WaitCount(late, sunk+int64(started)); err != nil {
		return nil, fmt.Errorf("%d recoveries were started: %w", started, err)
	}
	tail := time.Since(last)
	figures := s.since(ctx, before, started, "recovery")
	if n, d := s.sink.Count()-sunk, s.sink.Distinct()-different; n != int64(started) || d != started {
		return nil, fmt.Errorf("%d recoveries, %d mails, %d of them different", started, n, d)
	}
	seconds := last.Sub(before.at).Seconds()
	return append([]Figure{
		one("started", "a second", float64(started)/seconds, s.startTarget()),
		one("mails at the sink meanwhile", "a second", float64(behind)/seconds, nil),
		one("last request to last mail", "s", tail.Seconds(), atMost(2)),
		one("request p50", "ms", quantile(all, 0.5), nil),
		one("request p99", "ms", quantile(all, 0.99), nil),
		one("recoveries, each with one mail", "", float64(started), nil),
	}, figures...), nil
}

// startsOfOne is how often one address may be asked for at once: the burst of five an
// hour.
const startsOfOne = 3

func (s *stand) startTarget() *Target {
	if s.database.postgres() {
		return atLeast(400)
	}
	return atLeast(1000)
}

// startClient starts recoveries one after the other until the end.
func (s *stand) startClient(ctx context.Context, end time.Time, next *atomic.Int64, ids map[string]bool, times *[]float64) error {
	c, err := call(ctx, s.server.host)
	if err != nil {
		return err
	}
	defer c.close()
	for ctx.Err() == nil && time.Now().Before(end) {
		n := int(next.Add(1)) - 1
		sent := time.Now()
		id, _, err := s.ask(c, s.someone(n), n)
		if err != nil {
			return err
		}
		*times = append(*times, ms(time.Since(sent)))
		ids[id] = true
	}
	return ctx.Err()
}

// someone is the address that the n-th start asks for: of an account each second
// time, and the same again only after all others.
func (s *stand) someone(n int) string {
	if n%2 == 0 {
		return at(known(n / 2 % s.o.Accounts))
	}
	return at(unknown(n / 2 % s.o.Accounts))
}

// ask starts a recovery from the n-th network and gives its id and the browser's
// cookie.
func (s *stand) ask(c *caller, login string, n int) (id, cookie string, err error) {
	a, err := c.do(request{path: "/recover", form: url.Values{"login": {login}, "loss": {"password"}}, network: n}, 303)
	if err != nil {
		return "", "", err
	}
	id, ok := strings.CutPrefix(a.header("Location"), "/recover/")
	if cookie = a.cookie("kb_browser"); !ok || cookie == "" {
		return "", "", errors.New("a start was not answered with its page and a cookie")
	}
	return id, cookie, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func concat(parts [][]float64) (all []float64) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func distinct(parts []map[string]bool) int {
	all := map[string]bool{}
	for _, p := range parts {
		for id := range p {
			all[id] = true
		}
	}
	return len(all)
}
