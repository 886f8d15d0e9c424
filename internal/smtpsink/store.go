package smtpsink

import (
	"hash/maphash"
	"sync"
)

// backlog is how many messages wait for a slow subscriber.
const backlog = 256

// store keeps the newest messages, or only their number.
type store struct {
	mu          sync.Mutex
	total       int64
	ring        []Message // ring[(N-1) % keep]
	keep        int
	arrival     chan struct{} // closed at the next arrival; nil while nobody waits
	subscribers map[chan Message]struct{}
	ended       bool

	counting bool
	seed     maphash.Seed
	ids      map[uint64]uint32
}

func newStore(keep int, counting bool) *store {
	st := &store{keep: keep, counting: counting, subscribers: make(map[chan Message]struct{})}
	if counting {
		st.seed, st.ids = maphash.MakeSeed(), make(map[uint64]uint32)
	}
	return st
}

func (st *store) add(m Message) {
	var id uint64
	if st.counting {
		id = maphash.String(st.seed, m.MessageID)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.total++
	m.N = st.total
	switch {
	case st.counting:
		st.ids[id]++
	case len(st.ring) < st.keep:
		st.ring = append(st.ring, m)
	default:
		st.ring[(m.N-1)%int64(st.keep)] = m
	}
	if st.arrival != nil {
		close(st.arrival)
		st.arrival = nil
	}
	for c := range st.subscribers {
		offer(c, m)
	}
}

// offer never blocks: the oldest message makes room. Only the store sends, under
// its lock, so the second attempt finds room.
func offer(c chan Message, m Message) {
	select {
	case c <- m:
		return
	default:
	}
	select {
	case <-c:
	default:
	}
	c <- m
}

func (st *store) since(n int64) []Message {
	st.mu.Lock()
	defer st.mu.Unlock()
	first := max(n, st.total-int64(len(st.ring)))
	if st.counting || first >= st.total {
		return nil
	}
	out := make([]Message, 0, st.total-first)
	for i := first; i < st.total; i++ {
		out = append(out, st.ring[i%int64(st.keep)])
	}
	return out
}

func (st *store) next() <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.arrival == nil {
		st.arrival = make(chan struct{})
	}
	return st.arrival
}

func (st *store) count() int64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.total
}

func (st *store) distinct() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return len(st.ids)
}

func (st *store) copies(messageID string) int {
	if !st.counting {
		return 0
	}
	id := maphash.String(st.seed, messageID)
	st.mu.Lock()
	defer st.mu.Unlock()
	return int(st.ids[id])
}

func (st *store) subscribe() (<-chan Message, func()) {
	c := make(chan Message, backlog)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended {
		close(c)
		return c, func() {}
	}
	st.subscribers[c] = struct{}{}
	return c, func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		if _, there := st.subscribers[c]; there {
			delete(st.subscribers, c)
			close(c)
		}
	}
}

func (st *store) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ended = true
	for c := range st.subscribers {
		delete(st.subscribers, c)
		close(c)
	}
}
