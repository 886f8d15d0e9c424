package httpx

import (
	"bytes"
	"net/http"
	"sync"
	"time"

	"keyback/internal/fault"
)

// Streams bounds how many pages are live at once: each holds a connection.
type Streams struct {
	most, share int
	ended       chan struct{}
	once        sync.Once

	mu   sync.Mutex
	open int
	from map[string]int
}

// NewStreams lets n pages be live, a sixteenth of them for one network, so that nobody
// holds the room of all. A page that finds no room goes on without.
func NewStreams(n int) *Streams {
	return &Streams{most: n, share: max(n/16, 1), ended: make(chan struct{}), from: map[string]int{}}
}

// End ends all of them: the server stops. Pages open their streams again by
// themselves.
func (s *Streams) End() { s.once.Do(func() { close(s.ended) }) }

// Ended is closed by End.
func (s *Streams) Ended() <-chan struct{} { return s.ended }

// Stream is one server-sent event stream (WHATWG HTML, section 9.2).
type Stream struct {
	w       http.ResponseWriter
	c       *http.ResponseController
	streams *Streams
	network string
}

// Open begins the answer to a network; to an empty one, which no share binds.
// fault.Unavailable is a server that has no room.
func (s *Streams) Open(w http.ResponseWriter, network string) (*Stream, error) {
	if !s.enter(network) {
		return nil, fault.New(fault.Unavailable, "Too many pages are live just now. Reload this one.").Retry(10 * time.Second)
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // the first event may be a second away; who has left shows at it
	return &Stream{w, http.NewResponseController(w), s, network}, nil
}

func (s *Streams) enter(network string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= s.most || network != "" && s.from[network] >= s.share {
		return false
	}
	s.open++
	s.from[network]++
	return true
}

func (s *Streams) leave(network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.from[network]--; s.from[network] == 0 {
		delete(s.from, network)
	}
}

// Send writes one event and waits until it is on its way. An empty name is a
// message.
func (s *Stream) Send(name string, data []byte) error {
	var b bytes.Buffer
	if name != "" {
		b.WriteString("event: " + name + "\n")
	}
	for line := range bytes.Lines(data) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	if len(data) == 0 {
		b.WriteString("data:\n")
	}
	b.WriteByte('\n')
	// The server's write timeout is for answers, not for pages that stay open.
	if err := s.c.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := s.w.Write(b.Bytes()); err != nil {
		return err
	}
	return s.c.Flush()
}

// Close gives the room back.
func (s *Stream) Close() { s.streams.leave(s.network) }
