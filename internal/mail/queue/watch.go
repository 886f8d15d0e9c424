package queue

import (
	"context"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
)

// idle is the longest time between two looks at the table.
const idle = time.Second

// watch looks at the table until ctx ends: each second, when a retry falls due,
// and when woken.
func (q *Queue) watch(ctx context.Context) {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for ctx.Err() == nil {
		_, wait, err := q.look(ctx)
		if err != nil && ctx.Err() == nil {
			q.o.Log.Error("mail: the queue could not look for due messages, it tries again in a second", "err", err)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-q.wakes:
		case <-q.o.Outbox.Hurry():
		case <-ctx.Done():
		}
	}
}

// look keeps leases alive, gives back those that found no room, and leases what
// is due. It returns how many messages it leased and when to look again. Where
// nothing is to be done it costs one read.
func (q *Queue) look(ctx context.Context) (leased int, wait time.Duration, err error) {
	if err := q.giveBack(ctx, q.o.Outbox.Turned()); err != nil {
		return 0, idle, err
	}
	if err := q.keep(ctx); err != nil {
		return 0, idle, err
	}
	var ready [mail.Lanes]time.Time
	if err := q.o.DB.View(ctx, func(tx *db.Tx) (err error) {
		ready, err = mail.NextReady(tx)
		return err
	}); err != nil {
		return 0, idle, err
	}
	wait = idle
	for lane, at := range ready {
		if at.IsZero() {
			continue
		}
		if left := at.Sub(q.o.Now()); left > 0 {
			wait = min(wait, left)
			continue
		}
		n, err := q.lease(ctx, mail.Lane(lane))
		if err != nil {
			return leased, idle, err
		}
		leased += n
	}
	return leased, wait, nil
}

// keep renews the leases of what is in hand once they are half over.
func (q *Queue) keep(ctx context.Context) error {
	q.table.Lock()
	defer q.table.Unlock()
	ending := q.hand.ending(q.o.Now().Add(mail.Life / 2))
	if len(ending) == 0 {
		return nil
	}
	_, err := q.renew(ctx, ending)
	return err
}

// claimMax is how many messages one look leases of a lane.
const claimMax = 128

// lease takes due messages of a lane, as many as there is room for.
func (q *Queue) lease(ctx context.Context, lane mail.Lane) (int, error) {
	n := min(q.o.Outbox.Room(lane), claimMax)
	if n <= 0 {
		q.o.Outbox.SetLeft(lane, true)
		return 0, nil
	}
	q.table.Lock()
	defer q.table.Unlock()
	var claimed []mail.Lease
	if err := q.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
		claimed, err = mail.Claim(tx, q.o.Outbox.Node(), lane, n)
		return err
	}); err != nil {
		return 0, err
	}
	q.o.Outbox.SetLeft(lane, len(claimed) >= n)
	for _, l := range claimed {
		// Where the database was away for longer than a lease, the table offers
		// what this node still has in hand.
		if !q.hand.adopt(l) {
			q.o.Outbox.Offer(l)
		}
	}
	if len(claimed) >= n && q.o.Outbox.Room(lane) > 0 {
		q.Wake()
	}
	return len(claimed), nil
}
