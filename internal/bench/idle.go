package bench

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// idle measures what a server costs that nobody uses, and how fast it is there.
func idle(ctx context.Context, s *stand) ([]Figure, error) {
	program, err := exec.LookPath(s.o.Command[0])
	if err != nil {
		return nil, err
	}
	file, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	s.note("on an existing database with %d accounts; memory is what lies in RAM (VmRSS) after %v at rest", s.o.Accounts, s.o.Rest)
	const mega = 1 << 20
	figures, err := s.each(ctx, func(ctx context.Context, _ int) ([]Figure, error) {
		var ready []float64
		for range 5 { // five starts a run, the disk's cache warm
			if err := s.server.stop(); err != nil {
				return nil, err
			}
			if err := s.start(ctx); err != nil {
				return nil, err
			}
			ready = append(ready, ms(s.server.ready))
		}
		return []Figure{one("start to ready", "ms", quantile(ready, 0.5), atMost(150))}, nil
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(s.o.Rest):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	memory := one("idle memory", "MiB", 0, atMost(40))
	memory.add(rss(s.server.pid()) / mega)
	size := one("binary", "MB", 0, atMost(45))
	size.add(float64(file.Size()) / 1e6)
	return append(figures, memory, size), nil
}
