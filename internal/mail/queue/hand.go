package queue

import (
	"sync"
	"time"

	"keyback/internal/mail"
)

// hand holds the leases of messages in hand, by message id. It is what keeps this
// node from attempting a message twice at once, whatever the table says.
type hand struct {
	mu   sync.Mutex
	held map[string]*mail.Lease
}

// take puts a lease in hand; false if its message is there already.
func (h *hand) take(l *mail.Lease) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.held[l.Message.ID]; there {
		return false
	}
	h.held[l.Message.ID] = l
	return true
}

// adopt gives a message in hand its newer lease. It is false where the message is
// not in hand.
func (h *hand) adopt(newer mail.Lease) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, there := h.held[newer.Message.ID]
	if there && newer.Fence >= l.Fence {
		l.Fence, l.Until = newer.Fence, newer.Until
	}
	return there
}

// drop ends the holding of a message.
func (h *hand) drop(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.held, id)
}

// lease is the present lease of a message in hand.
func (h *hand) lease(id string) (mail.Lease, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, there := h.held[id]
	if !there {
		return mail.Lease{}, false
	}
	return *l, true
}

// ending copies the leases that end before a time.
func (h *hand) ending(before time.Time) []mail.Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ending []mail.Lease
	for _, l := range h.held {
		if l.Until.Before(before) {
			ending = append(ending, *l)
		}
	}
	return ending
}

func (h *hand) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.held)
}
