package crash

import (
	"context"
	"sync"
	"testing"

	"keyback/internal/demo/walk"
	"keyback/internal/smtpsink"
)

// sink is the mail server that stays up, and keeps of each mail how often it came.
type sink struct {
	*smtpsink.Sink
	t     *testing.T
	links chan string // of letters to holders, as many as somebody wants

	mu     sync.Mutex
	copies map[string]int  // by Message-ID
	known  map[string]bool // accepted for all that the database knows
	again  []string        // came after they were known
}

func newSink(t *testing.T) *sink {
	t.Helper()
	inner, err := smtpsink.Listen(smtpsink.Options{Addr: "127.0.0.1:0", Keep: 4096})
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{Sink: inner, t: t, links: make(chan string, 64), copies: map[string]int{}, known: map[string]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		_, _ = inner.Wait(ctx, func(m smtpsink.Message) bool { s.count(m); return false })
	}()
	t.Cleanup(func() {
		cancel()
		<-counted
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sink) count(m smtpsink.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copies[m.MessageID]++
	if s.known[m.MessageID] {
		s.again = append(s.again, m.MessageID)
	}
	if m.To[:6] != "holder" {
		return
	}
	letter, err := walk.ReadLetter(m.Raw)
	if err != nil {
		s.t.Error(err)
		return
	}
	if letter.Link == "" {
		return
	}
	select {
	case s.links <- letter.Link:
	default:
	}
}

// remember notes mails that must not come again.
func (s *sink) remember(messageIDs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range messageIDs {
		if s.copies[id] > 0 { // not while its first copy waits to be counted
			s.known[id] = true
		}
	}
}

// surplus is how many copies came beyond the first ones.
func (s *sink) surplus() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, copies := range s.copies {
		n += copies - 1
	}
	return n
}
