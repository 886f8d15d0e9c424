// Package mail owns messages: any mail of the service, from the moment a
// transaction decides on it to the last thing known of its delivery.
//
// A message holds no text. What it says is made by a Compose function just
// before each attempt, so that no table, queue or dump ever holds a token.
//
// Promises:
//
//   - Enqueue is one statement in the caller's transaction. A message exists
//     if and only if that transaction committed.
//   - Every message ends: accepted, refused, expired or dropped. Each thing
//     that happened to it is a row of its trail, written with its state.
//   - One Message-ID serves all its attempts.
//   - A message is attempted by the holder of its lease alone. A lease ends by
//     time, so that no message is lost with the node that held it. An
//     acceptance is final whoever reports it; any other outcome counts only
//     while the lease it was made under stands.
//
// The package writes all rows of mail_message and mail_trail; when to lease,
// attempt and retry is decided in mail/queue. It never touches the network and
// never learns why a message is sent: it imports neither recovery, desk nor
// record, which bind themselves by Compose and Fate.
package mail

import (
	"context"
	"time"

	"keyback/internal/db"
)

// Lane orders messages by what waits on them. A lower number goes first, and
// what is reserved for a lane is never used by a lower one.
type Lane uint8

const (
	Recovery Lane = iota // a person waits for it in front of a page
	Notice               // other security notices

	Lanes = int(Notice) + 1
)

// Class says where a message stands, and what one outcome did to it: a
// message's state is the class of its last outcome, or Queued before the first.
type Class uint8

const (
	Queued   Class = iota // no outcome yet
	Accepted              // the next server took it
	Deferred              // not now; it is tried again
	Refused               // never; the next server said so for good
	Expired               // its time ran out before anybody took it
	Dropped               // there was nothing to send
)

var classNames = [...]string{"queued", "accepted", "deferred", "refused", "expired", "dropped"}

// String is the name that rows, logs and metrics use.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Final reports whether nothing more will happen to the message.
func (c Class) Final() bool { return c != Queued && c != Deferred }

func parseClass(name string) Class {
	for c, n := range classNames {
		if n == name {
			return Class(c)
		}
	}
	return Queued
}

// Message is one mail to one recipient.
type Message struct {
	ID        string // "msg_…"
	MessageID string // of all its attempts, without angle brackets
	Kind      string // what Compose shall write: a word of the caller's
	Lane      Lane
	Ref       string    // what it belongs to: a recovery's id
	Party     string    // to whom its acts are ascribed in the record
	Address   string    // as asked; Compose decides the recipient
	Expires   time.Time // never attempted at or after it; zero = MaxAge after its making
	Due       time.Time // of the next attempt; before Expires or equal to it
	Attempts  int       // made so far
	Created   time.Time
	State     Class
}

// MaxAge is the life of a message that names no end of its own, RFC 5321 §4.5.4.1.
const MaxAge = 5 * 24 * time.Hour

// Composed is a message ready to be handed over.
type Composed struct {
	From, To string // of the envelope
	Raw      []byte // the MIME message, its Message-ID included
}

// Compose writes a message for one attempt. It is called anew for each, with
// no transaction open. A nil Composed without an error means that there is
// nothing to send. An error is ours, not the recipient's: the message is tried
// again later.
type Compose func(context.Context, Message) (*Composed, error)

// Fate tells the message's owner what became of it, in the transaction that
// writes it. It may run more than once and does no I/O but by tx. Its message
// is as it stands after the outcome.
type Fate func(tx *db.Tx, m Message, o Outcome) error

// Fates is Fate for many messages at once, for an owner to whom that is cheaper.
// Where it fails, each is told by Fate, so that only the one at fault is set aside.
type Fates func(tx *db.Tx, all []*Settlement) error

// Outcome is what came of one attempt, or of having made none (Expired, Dropped).
type Outcome struct {
	Class    Class
	Attempt  int       // attempts made when it came, this one included
	At       time.Time // zero = when the queue heard of it
	Host     string    // the server that spoke
	TLS      string    // version and suite, empty without
	Code     int       // of the SMTP reply, 0 if none
	Enhanced string    // RFC 3463, empty if none
	Text     string    // of the reply, or our word for it: "ours" where we failed ourselves
	Next     time.Time // planned next attempt of a deferral, zero if none remains
}
