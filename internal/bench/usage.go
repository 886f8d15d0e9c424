package bench

import (
	"context"
	"os"
	"time"
)

// usage is the CPU time that everybody had used at a moment.
type usage struct {
	at                                  time.Time
	server, load, database, all, stolen time.Duration
	backends                            map[int]time.Duration
}

func (s *stand) usage(ctx context.Context) usage {
	u := usage{at: time.Now(), server: cpuOf(s.server.pid()), load: cpuOf(os.Getpid()), backends: s.database.backends(ctx)}
	u.all, u.stolen = cpuOfAll()
	return u
}

// since says who used what since an earlier moment, in processors, and what the
// server, with its database, used for each of n pieces of work, in milliseconds.
func (s *stand) since(ctx context.Context, before usage, n int, what string) []Figure {
	now := s.usage(ctx)
	wall := now.at.Sub(before.at).Seconds()
	for pid, used := range now.backends {
		now.database += used - before.backends[pid]
	}
	server, load := now.server-before.server, now.load-before.load
	share := func(d time.Duration) float64 { return max(0, d.Seconds()/wall) }
	figures := []Figure{one("server CPU a "+what, "ms", per(server, n), nil)}
	if s.database.postgres() {
		figures = append(figures, one("PostgreSQL CPU a "+what, "ms", per(now.database, n), nil))
	}
	return append(figures,
		one("load and sink", "processors", share(load), nil),
		one("others on this machine", "processors", share(now.all-before.all-server-load-now.database), nil),
		one("stolen by the hypervisor", "processors", share(now.stolen-before.stolen), nil),
	)
}

func per(d time.Duration, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(d) / float64(time.Millisecond) / float64(n)
}
