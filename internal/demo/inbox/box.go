// Package inbox shows mail as it arrives at the demonstration's SMTP server: the
// mailbox of everybody at once.
//
// Mail is hostile: anybody's words stand in it. The pages show its text alone, and
// its addresses only where they begin with http. The HTML part has a page of its own
// that runs nothing, loads nothing, sends no form and has no origin (CSP sandbox).
// The source is served as plain text.
package inbox

import (
	"slices"
	"strings"
	"sync"

	"keyback/internal/smtpsink"
)

// keep is how many mails are kept, the newest.
const keep = 500

// Box keeps the newest mails. It is safe for concurrent use.
type Box struct {
	mu      sync.Mutex
	mails   []Mail // the oldest first
	changed chan struct{}
}

// New is an empty box.
func New() *Box { return &Box{changed: make(chan struct{})} }

// Take puts a message in.
func (b *Box) Take(m smtpsink.Message) {
	read := read(m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mails = append(b.mails, read); len(b.mails) > keep {
		b.mails = append(b.mails[:0:0], b.mails[len(b.mails)-keep:]...)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// Newest is the mail that came last.
func (b *Box) Newest() (Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.mails) == 0 {
		return Mail{}, false
	}
	return b.mails[len(b.mails)-1], true
}

// Changed is closed when the next mail arrives.
func (b *Box) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// find is one mail.
func (b *Box) find(n int64) (Mail, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.N == n {
			return m, true
		}
	}
	return Mail{}, false
}

// search are the mails to whom or about what is asked for, the newest first.
func (b *Box) search(what string) []Mail {
	what = strings.ToLower(strings.TrimSpace(what))
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []Mail
	for _, m := range slices.Backward(b.mails) {
		if strings.Contains(strings.ToLower(m.To), what) || strings.Contains(strings.ToLower(m.Subject), what) {
			found = append(found, m)
		}
	}
	return found
}
