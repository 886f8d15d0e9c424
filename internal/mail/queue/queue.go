// Package queue attempts messages: it leases what is due, has it composed and
// delivered, writes what came of it, and plans the next attempt.
//
// Terms: an attempt is one call of Compose and, if that gave something to send,
// one call of Deliver. An attempt has exactly one outcome. A message is in hand
// from the start of its attempt until its outcome is in the database.
//
// Retries. Everything that is not an acceptance or a refusal for good is a
// deferral, a failure of ours included. The waits between attempts are 0, 30 s, 1,
// 2, 4, 8, 16 and then always 30 minutes, each up to a tenth shorter or longer. A
// wait never passes the message's end: at that moment it ends as expired. No
// attempt starts at or after it, whatever else is late.
//
// Where messages come from. A transaction that commits on this node hands its
// message over in memory. Everything else, which is retries, mail planned for
// later, mail that found no room in memory and mail of nodes that died, is found
// by looking at the table, at most a second after it is due. Looks lease by lane,
// and as many as there is room for.
//
// Lanes. Some workers take recovery mail alone; the others take it first.
//
// No transaction is open while a message is composed or delivered.
//
// Outcomes are written in batches: one transaction for all that wait, at most 64,
// and a lone one waits for nobody. An outcome that cannot be written is kept in
// hand and written later; its message is not sent again meanwhile, and while 64
// are kept nothing new is sent. If Fate fails, its message is set aside and the
// others of the batch are written without it. It is tried again; when it keeps
// failing while the database works, the outcome is written without it and logged,
// because an acceptance that is not in the database is a second mail after the
// next restart.
//
// After a crash at any instruction every message is still there. Those in hand
// are attempted again, with the same Message-ID; one whose acceptance was written
// is not. Leases decide who may: on SQLite there is one process, so that all
// leases of its earlier lives end when it starts; on PostgreSQL a dead node's
// leases end by time, and a living node's are renewed while in hand. A node that
// cannot reach the database for longer than a lease, in the middle of an attempt,
// may see its message attempted by another too.
package queue

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
)

// Options of a Queue.
type Options struct {
	DB      *db.DB
	Outbox  *mail.Outbox
	Compose mail.Compose
	Fate    mail.Fate                                          // nil = nobody wants to know
	Fates   mail.Fates                                         // tells of many at once, where Fate is given; nil = Fate alone
	Deliver func(context.Context, *mail.Composed) mail.Outcome // ends when its context does

	Workers int // attempts at one time; 32 if 0
	Reserve int // of the workers, those for recovery mail alone; a quarter if 0

	Now   func() time.Time // time.Now if nil
	Rand  func() float64   // in [0, 1), for the jitter of retries; called by many at once
	Grace time.Duration    // for attempts in hand at a stop; 10 s if 0
	Log   *slog.Logger     // slog.Default if nil
}

// Queue attempts the messages of a database.
type Queue struct {
	o        Options
	hand     hand
	table    sync.Mutex // leases and outcomes of this node change one at a time, hand and table together
	outcomes chan *mail.Settlement
	wakes    chan struct{}
	count    counters
	patience int // how often a Fate may fail before its outcome is written without it
}

// New makes a queue; Run starts it.
func New(o Options) *Queue {
	if o.Workers <= 0 {
		o.Workers = 32
	}
	if o.Reserve <= 0 {
		o.Reserve = (o.Workers + 3) / 4
	}
	o.Reserve = min(o.Reserve, o.Workers-1)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Queue{
		o: o, hand: hand{held: map[string]*mail.Lease{}}, patience: 8,
		outcomes: make(chan *mail.Settlement, batchMax), wakes: make(chan struct{}, 1),
	}
}

// Run attempts messages until its context ends. Then it takes no more, lets what
// is in hand finish within Grace, cancels the rest, writes the outcomes, gives
// back the leases of what waits, and returns. It runs once.
func (q *Queue) Run(ctx context.Context) error {
	if q.o.DB.Engine() == db.SQLite {
		if err := q.void(ctx); err != nil {
			return err
		}
	}
	attempts, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var looking, working, writing sync.WaitGroup
	giveUp := make(chan struct{})
	for i := range q.o.Workers {
		working.Go(func() { q.work(ctx, attempts, i < q.o.Reserve) })
	}
	writing.Go(func() { q.write(attempts, giveUp) })
	looking.Go(func() { q.watch(ctx) })
	q.o.Outbox.Start()

	<-ctx.Done()
	q.o.Outbox.Stop()
	late := time.AfterFunc(q.o.Grace, cancel)
	looking.Wait()
	working.Wait()
	late.Stop()
	close(q.outcomes)
	late = time.AfterFunc(q.o.Grace, func() { close(giveUp) })
	writing.Wait()
	late.Stop()
	return q.release(attempts)
}

// Wake makes the queue look at the table now, not within a second.
func (q *Queue) Wake() {
	select {
	case q.wakes <- struct{}{}:
	default:
	}
}

func (q *Queue) void(ctx context.Context) error {
	return q.o.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := mail.Void(tx, q.o.Outbox.Node())
		return err
	})
}

// release gives back what waits in memory.
func (q *Queue) release(ctx context.Context) error {
	waiting := q.o.Outbox.Turned()
	for lane := range mail.Lanes {
		for empty := false; !empty; {
			select {
			case l := <-q.o.Outbox.Offers(mail.Lane(lane)):
				waiting = append(waiting, l)
			default:
				empty = true
			}
		}
	}
	return q.giveBack(context.WithoutCancel(ctx), waiting)
}

func (q *Queue) giveBack(ctx context.Context, leases []mail.Lease) error {
	if len(leases) == 0 {
		return nil
	}
	return q.o.DB.Update(ctx, func(tx *db.Tx) error {
		for _, l := range leases {
			if err := mail.Release(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}
