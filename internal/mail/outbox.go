package mail

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/token"
)

// Options of an Outbox. The zero values are good.
type Options struct {
	Node   string // names this node in rows, for the operator's eyes
	Domain string // right of the @ in a Message-ID; "localhost" if empty
	Buffer int    // messages a lane that may wait in memory; 256 if 0
}

// Outbox is where transactions leave messages for the queue of this node.
//
// While the queue runs and has room, a message is born leased to this node and
// handed over in memory as soon as its transaction commits, so that its first
// attempt costs no query. Where the queue does not run or has no room, it is born
// free and any node's next look at the table finds it.
type Outbox struct {
	node   string
	domain string
	buffer int
	open   atomic.Bool
	offers [Lanes]chan Lease
	taken  [Lanes]chan struct{} // for those who keep pace
	hurry  chan struct{}
	left   [Lanes]atomic.Bool

	mu     sync.Mutex
	turned []Lease // born leased and then without room
}

// NewOutbox makes the outbox of one life of one node: its name in leases is
// never used again.
func NewOutbox(o Options) *Outbox {
	if o.Domain == "" {
		o.Domain = "localhost"
	}
	if o.Buffer <= 0 {
		o.Buffer = 256
	}
	b := &Outbox{node: o.Node + "/" + token.NewID("run"), domain: o.Domain, buffer: o.Buffer, hurry: make(chan struct{}, 1)}
	for lane := range b.offers {
		// Room is judged before the commit and taken after it, so transactions
		// that ran at once may take more than was seen: that has its place too.
		b.offers[lane] = make(chan Lease, o.Buffer+spare)
		b.taken[lane] = make(chan struct{})
	}
	return b
}

// spare is twice what one group commit holds.
const spare = 128

// Enqueue leaves a message in one statement. It fills in ID, MessageID and
// Expires if they are empty, and Created, Due (if it is not later) and State; the
// message it returns is the stored one.
func (b *Outbox) Enqueue(tx *db.Tx, m Message) (Message, error) {
	m, err := b.fill(tx, m)
	if err != nil {
		return Message{}, err
	}
	l := Lease{Message: m}
	ready := m.Due
	if now := tx.Now(); !m.Due.After(now) && b.room(m.Lane) > 0 {
		l.holder, l.Fence, l.Until = b.node, 1, now.Add(Life)
		ready = l.Until
	}
	_, err = tx.Exec(`INSERT INTO mail_message (id, message_id, kind, lane, ref, party, address, created, expires, due, attempts, state, holder, fence, ready)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 'queued', $11, $12, $13)`,
		m.ID, m.MessageID, m.Kind, int64(m.Lane), m.Ref, m.Party, m.Address, db.Micros(m.Created), db.Micros(m.Expires), db.Micros(m.Due),
		l.holder, l.Fence, db.Micros(ready))
	if err != nil {
		return Message{}, err
	}
	if l.holder != "" {
		tx.AfterCommit(func() { b.offer(l) })
	} else if !m.Due.After(tx.Now()) {
		tx.AfterCommit(func() { b.left[m.Lane].Store(true) })
	}
	return m, nil
}

func (b *Outbox) fill(tx *db.Tx, m Message) (Message, error) {
	if !plain(m.Address) || !plain(m.MessageID) {
		return m, fault.New(fault.Invalid, "The address must be one line of plain text.")
	}
	if int(m.Lane) >= Lanes {
		return m, fault.New(fault.Invalid, "There is no such lane.")
	}
	if m.ID == "" {
		m.ID = token.NewID("msg")
	}
	if m.MessageID == "" {
		m.MessageID = m.ID[strings.IndexByte(m.ID, '_')+1:] + "@" + b.domain
	}
	m.Created, m.Attempts, m.State = tx.Now(), 0, Queued
	if m.Expires.IsZero() {
		m.Expires = m.Created.Add(MaxAge)
	}
	if m.Due.Before(m.Created) {
		m.Due = m.Created
	}
	if m.Due.After(m.Expires) {
		m.Due = m.Expires
	}
	return m, nil
}

// plain keeps out what one of the databases or a header would choke on.
func plain(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// Start lets messages be born leased: a queue runs and takes them.
func (b *Outbox) Start() { b.open.Store(true) }

// Stop makes messages be born free again.
func (b *Outbox) Stop() { b.open.Store(false) }

// Opened says whether messages are born leased while there is room.
func (b *Outbox) Opened() bool { return b.open.Load() }

// Node is the holder named in this outbox's leases.
func (b *Outbox) Node() string { return b.node }

// Offers gives the messages of a lane as their transactions commit.
func (b *Outbox) Offers(lane Lane) <-chan Lease { return b.offers[lane] }

// Pace keeps whoever is about to leave a message from being faster than the queue
// for long: where a crowd waits in memory, it returns once one of them is taken, or
// after a moment all the same. In a rush people then wait a little for an answer
// instead of long for their mail, and a queue that stands still stops nobody. What
// it waits for has nothing to do with whom the message is for.
func (b *Outbox) Pace(ctx context.Context, lane Lane) {
	if !b.Opened() || len(b.offers[lane]) < crowd {
		return
	}
	moment := time.NewTimer(longestPace)
	defer moment.Stop()
	select {
	case <-b.taken[lane]:
	case <-moment.C:
	case <-ctx.Done():
	}
}

const (
	crowd       = 128
	longestPace = 250 * time.Millisecond
)

// Took tells that an offer was taken.
func (b *Outbox) Took(lane Lane) {
	select {
	case b.taken[lane] <- struct{}{}:
	default:
	}
}

// Hurry tells that Turned has something.
func (b *Outbox) Hurry() <-chan struct{} { return b.hurry }

// Left says whether due messages of a lane are known to be in the table alone,
// for want of room in memory.
func (b *Outbox) Left(lane Lane) bool { return b.left[lane].Load() }

// SetLeft notes what a look at the table found.
func (b *Outbox) SetLeft(lane Lane, left bool) { b.left[lane].Store(left) }

// Turned takes the leases that found no room after all; they want Release.
func (b *Outbox) Turned() []Lease {
	b.mu.Lock()
	defer b.mu.Unlock()
	turned := b.turned
	b.turned = nil
	return turned
}

// Room is how many more messages of a lane may wait in memory.
func (b *Outbox) Room(lane Lane) int { return b.buffer - len(b.offers[lane]) }

func (b *Outbox) room(lane Lane) int {
	if !b.Opened() {
		return 0
	}
	return b.Room(lane)
}

// Offer puts a claimed message among those that wait in memory.
func (b *Outbox) Offer(l Lease) { b.offer(l) }

func (b *Outbox) offer(l Lease) {
	select {
	case b.offers[l.Message.Lane] <- l:
	default:
		b.mu.Lock()
		b.turned = append(b.turned, l)
		b.mu.Unlock()
		select {
		case b.hurry <- struct{}{}:
		default:
		}
	}
}
