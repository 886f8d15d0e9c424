package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
)

// batchMax is how many outcomes one transaction writes, and how many may be kept
// unwritten before workers wait.
const batchMax = 64

// writer writes outcomes and keeps those that cannot be written yet.
type writer struct {
	q     *Queue
	kept  []*mail.Settlement
	fails map[string]int // of Fate, by message id
	timer *time.Timer    // until what is kept is tried again
	pause time.Duration
}

// write writes outcomes until there are no more to come, or until it shall give up
// what it cannot write. Once attempts are over it takes whatever comes.
func (q *Queue) write(attempts context.Context, giveUp <-chan struct{}) {
	w := &writer{q: q, fails: map[string]int{}, timer: time.NewTimer(firstPause)}
	defer w.timer.Stop()
	coming, over := q.outcomes, attempts.Done()
	for coming != nil || len(w.kept) > 0 {
		from := coming
		if len(w.kept) >= batchMax && over != nil {
			from = nil // workers wait, so that nothing new is sent
		}
		select {
		case s, ok := <-from:
			if !ok {
				coming = nil
				break
			}
			w.settle(gather(s, from))
		case <-w.timer.C:
			w.again()
		case <-over:
			over = nil
		case <-giveUp:
			w.lose()
			return
		}
	}
}

// gather adds what waits already.
func gather(first *mail.Settlement, from <-chan *mail.Settlement) []*mail.Settlement {
	batch := []*mail.Settlement{first}
	for len(batch) < batchMax {
		select {
		case s, ok := <-from:
			if !ok {
				return batch
			}
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

const (
	firstPause   = 20 * time.Millisecond
	longestPause = 5 * time.Second
)

// again tries what is kept, and waits twice as long before the next time.
func (w *writer) again() {
	kept, pause := w.kept, w.pause
	w.kept = nil
	for batch := range slices.Chunk(kept, batchMax) {
		w.settle(batch)
	}
	w.pause = min(2*pause, longestPause)
	if len(w.kept) > 0 {
		w.timer.Reset(w.pause)
	}
}

// settle writes a batch in one transaction. A member whose Fate fails is kept, and
// the others are written without it; where the database fails, all are kept.
func (w *writer) settle(batch []*mail.Settlement) {
	w.q.table.Lock()
	defer w.q.table.Unlock()
	for len(batch) > 0 {
		failed, err := w.update(batch)
		if err == nil {
			for _, s := range batch {
				w.written(s)
			}
			return
		}
		if failed == nil {
			w.q.o.Log.Error("mail: outcomes could not be written, they are kept and written later", "messages", len(batch), "err", err)
			w.keep(batch...)
			return
		}
		id := failed.Lease.Message.ID
		w.fails[id]++
		w.q.o.Log.Error("mail: an outcome's consequences failed, it is tried again", "message", id, "outcome", failed.Outcome.Class, "time", w.fails[id], "err", err)
		batch = slices.DeleteFunc(slices.Clone(batch), func(s *mail.Settlement) bool { return s == failed })
		w.keep(failed)
	}
}

func (w *writer) keep(batch ...*mail.Settlement) {
	if len(w.kept) == 0 {
		w.pause = firstPause
		w.timer.Reset(w.pause)
	}
	w.kept = append(w.kept, batch...)
}

// update writes a batch. Where it was a Fate that failed, it says whose: what went
// wrong for many at once is done again one by one.
func (w *writer) update(batch []*mail.Settlement) (failed *mail.Settlement, err error) {
	for _, s := range batch {
		if l, ok := w.q.hand.lease(s.Lease.Message.ID); ok {
			s.Lease.Fence = l.Fence
		}
	}
	if w.q.o.Fates != nil && len(batch) > 1 && len(w.fails) == 0 && w.updateMany(batch) == nil {
		return nil, nil
	}
	err = w.q.o.DB.Update(context.Background(), func(tx *db.Tx) error {
		failed = nil
		if err := mail.Settle(tx, batch); err != nil {
			return err
		}
		for _, s := range batch {
			if s.Stale {
				continue
			}
			if err := w.tell(tx, s); err != nil {
				failed = s
				return err
			}
		}
		return nil
	})
	return failed, err
}

func (w *writer) updateMany(batch []*mail.Settlement) error {
	return w.q.o.DB.Update(context.Background(), func(tx *db.Tx) (err error) {
		if err := mail.Settle(tx, batch); err != nil {
			return err
		}
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("fates panicked: %v", v)
			}
		}()
		stale := func(s *mail.Settlement) bool { return s.Stale }
		return w.q.o.Fates(tx, slices.DeleteFunc(slices.Clone(batch), stale))
	})
}

func (w *writer) tell(tx *db.Tx, s *mail.Settlement) (err error) {
	if w.q.o.Fate == nil || w.fails[s.Message.ID] >= w.q.patience {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("fate panicked: %v", v)
		}
	}()
	return w.q.o.Fate(tx, s.Message, s.Outcome)
}

// written is called once an outcome is in the database.
func (w *writer) written(s *mail.Settlement) {
	id := s.Lease.Message.ID
	switch {
	case s.Stale:
		w.q.o.Log.Warn("mail: another node had taken the message over, this outcome is not in its trail", "message", id, "outcome", s.Outcome.Class)
	case w.fails[id] >= w.q.patience:
		w.q.o.Log.Error("mail: an outcome was written without its consequences, which kept failing; look for what failed above", "message", id, "outcome", s.Outcome.Class)
	}
	delete(w.fails, id)
	w.q.hand.drop(id)
	if s.Stale {
		return
	}
	w.q.count.add(s.Outcome.Class)
	if s.Outcome.Class == mail.Deferred && s.Due.Sub(w.q.o.Now()) < idle {
		w.q.Wake()
	}
}

var errLost = errors.New("the database does not take them")

// lose ends the process's knowledge of outcomes that cannot be written.
func (w *writer) lose() {
	for _, s := range w.kept {
		if w.fails[s.Lease.Message.ID] > 0 {
			w.fails[s.Lease.Message.ID] = w.q.patience
		}
	}
	w.again()
	for _, s := range w.kept {
		w.q.o.Log.Error("mail: the queue stops with an outcome unwritten; the message will be sent again, with the same Message-ID",
			"message", s.Lease.Message.ID, "outcome", s.Outcome.Class, "err", errLost)
	}
}
