package queue

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
)

// work attempts messages until ctx ends. A reserved worker takes recovery mail
// alone.
func (q *Queue) work(ctx, attempts context.Context, reserved bool) {
	for {
		l, ok := q.next(ctx, reserved)
		if !ok {
			return
		}
		q.attempt(attempts, &l)
	}
}

func (q *Queue) next(ctx context.Context, reserved bool) (mail.Lease, bool) {
	first, then := q.o.Outbox.Offers(mail.Recovery), q.o.Outbox.Offers(mail.Notice)
	if reserved {
		then = nil
	}
	if ctx.Err() != nil {
		return mail.Lease{}, false
	}
	select {
	case l := <-first:
		return q.took(l), true
	default:
	}
	select {
	case l := <-first:
		return q.took(l), true
	case l := <-then:
		return q.took(l), true
	case <-ctx.Done():
		return mail.Lease{}, false
	}
}

// took lets the next come, and asks for a look at the table when a lane that left
// something there has come down to half of its room.
func (q *Queue) took(l mail.Lease) mail.Lease {
	lane := l.Message.Lane
	q.o.Outbox.Took(lane)
	if q.o.Outbox.Left(lane) && q.o.Outbox.Room(lane) > len(q.o.Outbox.Offers(lane)) {
		q.Wake()
	}
	return l
}

// enough is the life that a lease must have left before an attempt starts.
const enough = mail.Life / 3

// attempt makes one attempt and hands in its outcome. It leaves the message alone
// if its lease is another's by now.
func (q *Queue) attempt(ctx context.Context, l *mail.Lease) {
	if !q.takes(l) || !q.stands(ctx, l.Message.ID) {
		return
	}
	outcome, made := q.outcome(ctx, l.Message)
	if !made {
		return
	}
	q.outcomes <- q.plan(l.Message, outcome)
}

// takes puts a message in hand. A lease that ended while its message waited in
// memory may have been followed by another of this node; then the attempt that
// runs goes on under the newer one.
func (q *Queue) takes(l *mail.Lease) bool {
	if q.hand.take(l) {
		return true
	}
	q.table.Lock()
	defer q.table.Unlock()
	return !q.hand.adopt(*l) && q.hand.take(l)
}

// stands makes sure that the lease will do for an attempt; else the message is in
// hand no longer.
func (q *Queue) stands(ctx context.Context, id string) bool {
	if q.lasts(id) {
		return true
	}
	q.table.Lock()
	defer q.table.Unlock()
	if q.lasts(id) { // a look has leased it anew
		return true
	}
	l, _ := q.hand.lease(id)
	renewed, err := q.renew(ctx, []mail.Lease{l})
	if err != nil {
		q.o.Log.Warn("mail: a lease could not be renewed, its message waits for a later look", "message", id, "err", err)
	}
	if renewed == 0 {
		q.hand.drop(id)
	}
	return renewed == 1
}

func (q *Queue) lasts(id string) bool {
	l, _ := q.hand.lease(id)
	return l.Until.Sub(q.o.Now()) >= enough
}

// renew renews leases of messages in hand in one transaction, and drops nothing:
// a lease that is another's by now simply ends.
func (q *Queue) renew(ctx context.Context, leases []mail.Lease) (int, error) {
	var renewed []mail.Lease
	err := q.o.DB.Update(ctx, func(tx *db.Tx) error {
		renewed = renewed[:0]
		for _, l := range leases {
			ok, err := mail.Renew(tx, &l)
			if err != nil {
				return err
			}
			if ok {
				renewed = append(renewed, l)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, l := range renewed {
		q.hand.adopt(l)
	}
	return len(renewed), nil
}

// outcome composes and delivers. It is false where the lease ran out before
// anything was sent.
func (q *Queue) outcome(ctx context.Context, m mail.Message) (mail.Outcome, bool) {
	if q.over(m) {
		return mail.Outcome{Class: mail.Expired}, true
	}
	composed, err := q.compose(ctx, m)
	if err != nil {
		q.o.Log.Error("mail: a message could not be composed", "message", m.ID, "kind", m.Kind, "err", err)
		return ours, true
	}
	if composed == nil {
		return mail.Outcome{Class: mail.Dropped}, true
	}
	if q.over(m) {
		return mail.Outcome{Class: mail.Expired}, true
	}
	if !q.stands(ctx, m.ID) { // composing took long
		return mail.Outcome{}, false
	}
	ctx, cancel := q.until(ctx, m.Expires)
	defer cancel()
	return q.deliver(ctx, m, composed), true
}

// ours is the outcome of an attempt that failed before anybody was asked.
var ours = mail.Outcome{Class: mail.Deferred, Text: "ours"}

func (q *Queue) over(m mail.Message) bool { return !q.o.Now().Before(m.Expires) }

// until ends an attempt with its message, where the end is near: a letter handed
// over after it would carry a token that its owner counts as gone.
func (q *Queue) until(ctx context.Context, end time.Time) (context.Context, context.CancelFunc) {
	left := end.Sub(q.o.Now())
	if left > 15*time.Minute { // longer than any dialogue
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, left)
}

func (q *Queue) compose(ctx context.Context, m mail.Message) (c *mail.Composed, err error) {
	defer func() {
		if v := recover(); v != nil {
			c, err = nil, fmt.Errorf("composing panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return q.o.Compose(ctx, m)
}

func (q *Queue) deliver(ctx context.Context, m mail.Message, c *mail.Composed) (o mail.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			q.o.Log.Error("mail: delivering panicked", "message", m.ID, "panic", v, "stack", string(debug.Stack()))
			o = ours
		}
	}()
	o = q.o.Deliver(ctx, c)
	if o.Class == mail.Queued {
		o.Class = mail.Deferred
	}
	return o
}
