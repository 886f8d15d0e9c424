package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// perSecond is how many recoveries are started while mails are timed.
const perSecond = 20

// mailing measures the time from sending a request to having its mail, with twenty
// starts a second that wait for nobody.
func mailing(ctx context.Context, s *stand) ([]Figure, error) {
	s.note("open loop: one start at a random moment of each twentieth of a second, so that nothing falls in step with the server's timers")
	box := openInbox(s.sink)
	defer box.close()
	if _, err := s.mailRun(ctx, box, time.Second); err != nil {
		return nil, err
	}
	return s.each(ctx, func(ctx context.Context, _ int) ([]Figure, error) {
		return s.mailRun(ctx, box, s.length(30*time.Second))
	})
}

func (s *stand) mailRun(ctx context.Context, box *inbox, length time.Duration) ([]Figure, error) {
	const slot = time.Second / perSecond
	n := int(length / slot)
	idle := make(chan *caller, n)
	took := make([]float64, n)
	failed := make(chan error, n)
	before := s.usage(ctx)
	var running sync.WaitGroup
	for i := range n {
		when := before.at.Add(time.Duration(i)*slot + rand.N(slot)) //nolint:gosec // when to ask is no secret
		select {
		case <-time.After(time.Until(when)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		number := s.asked
		s.asked++
		running.Go(func() {
			var err error
			if took[i], err = s.timeMail(ctx, box, idle, number); err != nil {
				failed <- err
			}
		})
	}
	running.Wait()
	for len(idle) > 0 {
		(<-idle).close()
	}
	close(failed)
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("%d of %d went wrong, such as: %w", len(failed)+1, n, err)
	}
	return append([]Figure{
		one("request to mail p50", "ms", quantile(took, 0.5), atMost(5)),
		one("request to mail p99", "ms", quantile(took, 0.99), atMost(15)),
		one("request to mail, slowest", "ms", quantile(took, 1), nil),
		one("mails timed", "", float64(n), nil),
	}, s.since(ctx, before, n, "recovery")...), nil
}

// timeMail starts one recovery over a connection that is free, or a new one.
func (s *stand) timeMail(ctx context.Context, box *inbox, idle chan *caller, n int) (float64, error) {
	var c *caller
	var err error
	select {
	case c = <-idle:
	default:
		if c, err = call(ctx, s.server.host); err != nil {
			return 0, err
		}
	}
	mail := box.expect(s.someone(n))
	sent := time.Now()
	_, _, err = s.ask(c, s.someone(n), n)
	idle <- c
	if err != nil {
		return 0, err
	}
	m, err := arrival(ctx, mail)
	return ms(m.At.Sub(sent)), err
}
