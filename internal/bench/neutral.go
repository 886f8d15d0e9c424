package bench

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"
)

// neutral measures whether anything that a stranger sees before a proof tells an
// address with an account from one without: the time of each answer and every byte
// of it. Known and unknown come in pairs, the order within a pair is a coin's, and
// both go over the same connection or over two that were opened alike.
func neutral(ctx context.Context, s *stand) ([]Figure, error) {
	s.note("request, code entry and sign-in: one connection, one request at a time; after a start its mail is waited for, so that none is timed while the other's letter is written")
	s.note("live: %d pairs a second, each member a connection of its own; the status page is read just after the start, the first event timed from its sending", livePerSecond)
	s.note("t is Welch's, without the slowest 5 %% (cut at the 95th percentile of both together); AUC is of all values")
	box := openInbox(s.sink)
	defer box.close()
	return s.each(ctx, func(ctx context.Context, _ int) ([]Figure, error) {
		var figures []Figure
		asked, request, err := s.requests(ctx, box)
		if err != nil {
			return nil, err
		}
		figures = append(figures, request.figures("request")...)
		codes, err := s.codes(ctx, asked)
		if err != nil {
			return nil, err
		}
		figures = append(figures, codes.figures("code entry")...)
		page, event, err := s.live(ctx)
		if err != nil {
			return nil, err
		}
		figures = append(append(figures, page.figures("status page")...), event.figures("first event")...)
		signIns, err := s.signIns(ctx)
		if err != nil {
			return nil, err
		}
		return append(figures, signIns.figures("sign-in")...), nil
	})
}

// sides are the values of both classes and how many pairs differed in a byte.
type sides struct {
	known, unknown []float64
	different      int
	example        string
}

func (v *sides) figures(name string) []Figure {
	k, u := cropped(v.known, v.unknown)
	t := min(math.Abs(welch(k, u)), 1e6) // JSON has no infinity
	return []Figure{
		one(name+": |t|", "", t, atMost(4.5)),
		one(name+": AUC", "", auc(v.known, v.unknown), within(0.49, 0.51)),
		one(name+": pairs that differ in a byte", "", float64(v.different), atMost(0)),
		one(name+": known p50", "ms", quantile(v.known, 0.5), nil),
		one(name+": unknown p50", "ms", quantile(v.unknown, 0.5), nil),
	}
}

// member is one half of a pair.
type member struct {
	name        string
	known       bool
	id, browser string // of the recovery it asked for
}

// pair is the i-th known and unknown, in an order that a coin decides.
func (s *stand) pair(i int) [2]member {
	i %= s.o.Accounts
	two := [2]member{{name: known(i), known: true}, {name: unknown(i)}}
	if rand.N(2) == 0 { //nolint:gosec // the order of a pair is no secret
		two[0], two[1] = two[1], two[0]
	}
	return two
}

// add takes a pair's times and answers in.
func (v *sides) add(two [2]member, took [2]float64, answers [2]string) {
	for i, m := range two {
		if m.known {
			v.known = append(v.known, took[i])
		} else {
			v.unknown = append(v.unknown, took[i])
		}
	}
	if answers[0] != answers[1] {
		v.different++
		v.example = difference(answers[0], answers[1])
	}
}

// requests times POST /recover. It gives back who asked, for the codes.
func (s *stand) requests(ctx context.Context, box *inbox) (asked [][2]member, v sides, err error) {
	c, err := call(ctx, s.server.host)
	if err != nil {
		return nil, v, err
	}
	defer c.close()
	for i := range s.o.Pairs {
		two := s.pair(i)
		var took [2]float64
		var answers [2]string
		for j := range two {
			m := &two[j]
			mail := box.expect(at(m.name))
			sent := time.Now()
			a, err := c.do(request{path: "/recover", form: url.Values{"login": {at(m.name)}, "loss": {"password"}}, network: s.network()}, 303)
			took[j] = ms(time.Since(sent))
			if err != nil {
				return nil, v, err
			}
			m.id, m.browser = recoveryID.FindString(a.header("Location")), a.cookie("kb_browser")
			answers[j] = blotted(a, *m)
			if _, err := arrival(ctx, mail); err != nil {
				return nil, v, err
			}
		}
		v.add(two, took, answers)
		asked = append(asked, two)
	}
	s.differs("request", v)
	return asked, v, nil
}

func (s *stand) network() int {
	s.asked++
	return s.asked
}

// codes times a wrong code in the browser that asked, once for each recovery.
func (s *stand) codes(ctx context.Context, asked [][2]member) (v sides, err error) {
	c, err := call(ctx, s.server.host)
	if err != nil {
		return v, err
	}
	defer c.close()
	for _, two := range asked {
		if rand.N(2) == 0 { //nolint:gosec // the order of a pair is no secret
			two[0], two[1] = two[1], two[0]
		}
		took, answers, err := s.wrongCodes(c, two)
		if err == nil && answers[0] != answers[1] {
			// The minute after which a new mail may be asked for ended between the two,
			// perhaps: what is no chance is seen again.
			_, answers, err = s.wrongCodes(c, two)
		}
		if err != nil {
			return v, err
		}
		v.add(two, took, answers)
	}
	s.differs("code entry", v)
	return v, nil
}

func (s *stand) wrongCodes(c *caller, two [2]member) (took [2]float64, answers [2]string, err error) {
	for j, m := range two {
		sent := time.Now()
		a, err := c.do(request{path: "/recover/" + m.id + "/code", form: url.Values{"code": {"0000 0000"}}, cookies: m.browser, network: s.network()}, 422)
		took[j] = ms(time.Since(sent))
		if err != nil {
			return took, answers, err
		}
		answers[j] = blotted(a, m)
	}
	return took, answers, nil
}

// signIns times a wrong password.
func (s *stand) signIns(ctx context.Context) (v sides, err error) {
	c, err := call(ctx, s.server.host)
	if err != nil {
		return v, err
	}
	defer c.close()
	for i := range s.o.SignIns {
		two := s.pair(i)
		var took [2]float64
		var answers [2]string
		for j, m := range two {
			sent := time.Now()
			a, err := c.do(request{path: "/signin", form: url.Values{"login": {m.name}, "password": {newPassword}}, network: s.network()}, 422)
			took[j] = ms(time.Since(sent))
			if err != nil {
				return v, err
			}
			answers[j] = blotted(a, m)
		}
		v.add(two, took, answers)
	}
	s.differs("sign-in", v)
	return v, nil
}

// differs keeps an example in the notes; the figure says how many there are.
func (s *stand) differs(what string, v sides) {
	if v.different > 0 {
		s.note("%s: %d pairs differ, such as %s", what, v.different, v.example)
	}
}

// livePerSecond is how many pairs begin to watch a second: fewer would take hours,
// because each watches for more than a second.
const livePerSecond = 100

// live times the page that waits, read just after the start, when the server is busy
// with the mail, and its first event, at its first tick, at which it shows that the
// mail was handed over.
func (s *stand) live(ctx context.Context) (page, event sides, err error) {
	var mu sync.Mutex
	var watching sync.WaitGroup
	var failed error
	begun := time.Now()
	for i := range s.o.Pairs {
		select {
		case <-time.After(time.Until(begun.Add(time.Duration(i) * time.Second / livePerSecond))):
		case <-ctx.Done():
			return page, event, ctx.Err()
		}
		two, networks := s.pair(i), [2]int{s.network(), s.network()}
		watching.Go(func() {
			w, err := s.watchPair(ctx, two, networks)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = errors.Join(failed, err)
				return
			}
			page.add(two, w.pageTook, w.pages)
			event.add(two, w.took, w.events)
		})
	}
	watching.Wait()
	s.differs("status page", page)
	s.differs("first event", event)
	return page, event, failed
}
