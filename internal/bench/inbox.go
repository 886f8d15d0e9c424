package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"keyback/internal/smtpsink"
)

// inbox hands each mail to whoever waits for mail at its address.
type inbox struct {
	cancel  func()
	mu      sync.Mutex
	waiting map[string]chan smtpsink.Message
}

func openInbox(sink *smtpsink.Sink) *inbox {
	mails, cancel := sink.Subscribe()
	b := &inbox{cancel: cancel, waiting: map[string]chan smtpsink.Message{}}
	go func() {
		for m := range mails {
			b.mu.Lock()
			c := b.waiting[m.To]
			delete(b.waiting, m.To)
			b.mu.Unlock()
			if c != nil {
				c <- m
			}
		}
	}()
	return b
}

// expect is called before the request that causes the mail. Later mails to the same
// address, such as the letter after a change, are nobody's.
func (b *inbox) expect(address string) <-chan smtpsink.Message {
	c := make(chan smtpsink.Message, 1)
	b.mu.Lock()
	b.waiting[address] = c
	b.mu.Unlock()
	return c
}

func arrival(ctx context.Context, c <-chan smtpsink.Message) (smtpsink.Message, error) {
	select {
	case m := <-c:
		return m, nil
	case <-ctx.Done():
		return smtpsink.Message{}, ctx.Err()
	case <-time.After(patience):
		return smtpsink.Message{}, fmt.Errorf("a mail did not come within %v", patience)
	}
}

func (b *inbox) close() { b.cancel() }
