package testkit

import (
	"bytes"
	"io"
	"sync"
	"testing"
)

// Log is a writer into a test's log, for a server's. It is quiet once the test has
// ended, so that a late line is no panic.
func Log(t testing.TB) io.Writer {
	l := &log{t: t}
	t.Cleanup(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.t = nil
	})
	return l
}

type log struct {
	mu sync.Mutex
	t  testing.TB
}

func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t != nil {
		l.t.Logf("%s", bytes.TrimRight(line, "\n"))
	}
	return len(line), nil
}
