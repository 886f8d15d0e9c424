package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
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
	s.note("a way: start, its page, the mail, the code, the password page, a new password, done, sign in, places; every page is read as a browser would")
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
	before := s.usage(ctx)
	var next atomic.Int64
	next.Store(int64(s.asked))
	failed, times := make(chan error, clients), make([][]float64, clients)
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() { failed <- s.flowClient(ctx, box, before.at.Add(length), &next, &times[i]) })
	}
	running.Wait()
	took := time.Since(before.at).Seconds()
	s.asked = int(next.Load())
	for range clients {
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	all := concat(times)
	usage := s.since(ctx, before, len(all), "flow")
	load := cpuOf(os.Getpid()) - before.load
	late, err := hashes(ctx, clients, length/4)
	if err != nil {
		return nil, err
	}
	a := (early.rate + late.rate) / 2 / hashesPerFlow
	flows := float64(len(all)) / took
	cost := (early.cost + late.cost) / 2
	return append([]Figure{
		one("flows", "a second", flows, nil),
		one("flows that hashes allow", "a second", a, nil),
		one("of what hashes allow", "%", 100*flows/a, atLeast(85)),
		one("the same by CPU time alone", "%", 100*hashesPerFlow*cost/(ours(usage)+per(load, len(all))), nil),
		one("flow p50", "ms", quantile(all, 0.5), nil),
		one("CPU of one hash", "ms", cost, nil),
	}, usage...), nil
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
}

func hashes(ctx context.Context, clients int, length time.Duration) (hashing, error) {
	var pepper [32]byte
	rand.Read(pepper[:])
	h := credential.New(credential.Options{Pepper: pepper, Workers: runtime.GOMAXPROCS(0)})
	var n atomic.Int64
	failed := make(chan error, clients)
	begun, used := time.Now(), cpuOfSelf()
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
	count := float64(n.Load())
	return hashing{count / time.Since(begun).Seconds(), ms(cpuOfSelf()-used) / max(count, 1)}, err
}

func (s *stand) flowClient(ctx context.Context, box *inbox, end time.Time, next *atomic.Int64, times *[]float64) error {
	for ctx.Err() == nil && time.Now().Before(end) {
		begun := time.Now()
		n := int(next.Add(1)) - 1
		if err := s.wholeWay(ctx, box, n); err != nil {
			return fmt.Errorf("flow %d: %w", n, err)
		}
		*times = append(*times, ms(time.Since(begun)))
	}
	return ctx.Err()
}

var codeLine = regexp.MustCompile(`\r\n([0-9]{8})\r\n`)

// wholeWay leads one holder, in a browser of their own, back to their places.
func (s *stand) wholeWay(ctx context.Context, box *inbox, n int) error {
	name := known(n % s.o.Accounts)
	c, err := call(ctx, s.server.host)
	if err != nil {
		return err
	}
	defer c.close()
	letter := box.expect(at(name))
	id, browser, err := s.ask(c, at(name), n)
	if err != nil {
		return err
	}
	if _, err := c.do(request{path: "/recover/" + id, cookies: browser, network: n}, 200); err != nil {
		return err
	}
	m, err := arrival(ctx, letter)
	if err != nil {
		return err
	}
	code := codeLine.FindSubmatch(m.Raw)
	if code == nil {
		return fmt.Errorf("the letter to %s has no code", name)
	}
	a, err := c.do(request{path: "/recover/" + id + "/code", form: url.Values{"code": {string(code[1])}}, cookies: browser, network: n}, 303)
	if err != nil {
		return err
	}
	cookies := browser + "; " + a.cookie("kb_pass")
	if a, err = c.do(request{path: "/recover/open", cookies: cookies, network: n}, 200); err != nil {
		return err
	}
	account := hiddenAccount.FindSubmatch(a.body)
	if account == nil {
		return errors.New("the password page names no account")
	}
	form := url.Values{"account": {string(account[1])}, "password": {newPassword}, "username": {name}}
	if _, err = c.do(request{path: "/recover/open/password", form: form, cookies: cookies, network: n}, 303); err != nil {
		return err
	}
	if _, err = c.do(request{path: "/recover/done", cookies: cookies, network: n}, 200); err != nil {
		return err
	}
	if a, err = c.do(request{path: "/signin", form: url.Values{"login": {name}, "password": {newPassword}}, network: n}, 303); err != nil {
		return err
	}
	a, err = c.do(request{path: "/account", cookies: a.cookie("kb_session"), network: n}, 200)
	if err == nil && !strings.Contains(string(a.body), name) {
		err = fmt.Errorf("the places page is not %s's", name)
	}
	return err
}

var hiddenAccount = regexp.MustCompile(`name="account" value="(acc_[0-9a-z]+)"`)
