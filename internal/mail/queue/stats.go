package queue

import (
	"context"
	"sync/atomic"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
)

// counters are this node's, since its start.
type counters struct {
	outcomes [mail.Dropped + 1]atomic.Int64
}

func (c *counters) add(class mail.Class) { c.outcomes[class].Add(1) }

// Stats are figures for the metrics page.
type Stats struct {
	// Of the database, all nodes together.
	Due    int64         // messages whose attempt is due or running
	Later  int64         // messages whose next attempt is planned
	Oldest time.Duration // how long the oldest due message has been due

	// Of this node, since its start.
	InFlight                                      int64 // attempts running or not yet written
	Accepted, Deferred, Refused, Expired, Dropped int64 // outcomes
}

// Stats reads the figures; it counts the open messages, and those alone.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	var b mail.Backlog
	var now time.Time
	err := q.o.DB.View(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		b, err = mail.Waiting(tx)
		return err
	})
	n := func(class mail.Class) int64 { return q.count.outcomes[class].Load() }
	s := Stats{
		Due: b.Due, Later: b.Later, InFlight: int64(q.hand.len()),
		Accepted: n(mail.Accepted), Deferred: n(mail.Deferred), Refused: n(mail.Refused), Expired: n(mail.Expired), Dropped: n(mail.Dropped),
	}
	if !b.Oldest.IsZero() {
		s.Oldest = now.Sub(b.Oldest)
	}
	return s, err
}
