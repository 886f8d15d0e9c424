package queue

import (
	"time"

	"keyback/internal/mail"
)

// waits before the second, third … attempt; the last goes on.
var waits = [...]time.Duration{
	0, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, longestWait,
}

const longestWait = 30 * time.Minute

// wait after so many attempts, a tenth shorter or longer by chance (0 to 1).
func wait(attempts int, chance float64) time.Duration {
	d := waits[min(max(attempts, 1), len(waits))-1]
	return min(d+time.Duration((chance-0.5)/5*float64(d)), longestWait)
}

// plan completes an outcome: its time, and what a deferral means for the message.
func (q *Queue) plan(m mail.Message, o mail.Outcome) *mail.Settlement {
	now := q.o.Now().UTC()
	if o.At.IsZero() {
		o.At = now
	}
	o.Next = time.Time{}
	s := &mail.Settlement{Lease: mail.Lease{Message: m}, Outcome: o}
	if o.Class != mail.Deferred {
		return s
	}
	s.Due = now.Add(wait(m.Attempts+1, q.o.Rand()))
	if s.Due.Before(m.Expires) {
		s.Outcome.Next = s.Due
	} else {
		s.Due = m.Expires
	}
	return s
}
