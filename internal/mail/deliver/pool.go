package deliver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"keyback/internal/mail"
)

// pool bounds the connections and keeps the idle ones. The one used last is used
// next, so that those not needed grow old and go.
type pool struct {
	slots    chan struct{}
	idleLife time.Duration
	maxLife  time.Duration
	closing  chan struct{}

	mu     sync.Mutex
	idle   []*conn // by idleSince, the oldest first
	sweep  *time.Timer
	closed bool
}

func newPool(size int, idleLife, maxLife time.Duration) *pool {
	return &pool{slots: make(chan struct{}, size), idleLife: idleLife, maxLife: maxLife, closing: make(chan struct{})}
}

var errClosing = errors.New("we are shutting down")

// enter waits for the right to use a connection.
func (p *pool) enter(ctx context.Context) error {
	select {
	case <-p.closing:
		return errClosing
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-p.closing:
		return errClosing
	case <-ctx.Done():
		return &failure{class: mail.Deferred, text: "all connections to the server were busy"}
	}
}

func (p *pool) leave() { <-p.slots }

// take gives an idle connection, or nil.
func (p *pool) take() *conn {
	k, old := p.pop()
	for _, o := range old {
		o.quit()
	}
	return k
}

func (p *pool) pop() (k *conn, old []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.idle) > 0 {
		last := len(p.idle) - 1
		k = p.idle[last]
		p.idle[last], p.idle = nil, p.idle[:last]
		if now.Sub(k.idleSince) < p.idleLife && now.Sub(k.born) < p.maxLife {
			return k, old
		}
		old = append(old, k)
	}
	return nil, old
}

// keep puts a connection back.
func (p *pool) keep(k *conn) {
	if !p.push(k) {
		k.quit()
	}
}

func (p *pool) push(k *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.idleLife < 0 {
		return false
	}
	k.idleSince = time.Now()
	p.idle = append(p.idle, k)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.idleLife, p.expire)
	}
	return true
}

// expire ends the connections that nobody used for idleLife.
func (p *pool) expire() {
	for _, k := range p.expired() {
		k.quit()
	}
}

func (p *pool) expired() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].idleSince) >= p.idleLife {
		n++
	}
	old := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	p.sweep = nil
	if len(p.idle) > 0 && !p.closed {
		p.sweep = time.AfterFunc(p.idle[0].idleSince.Add(p.idleLife).Sub(now), p.expire)
	}
	return old
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	close(p.closing)
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for _, k := range p.idle {
		k.quit()
	}
	p.idle = nil
}
