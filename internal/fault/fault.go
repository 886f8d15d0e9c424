// Package fault is the error policy of Keyback: a fault has a kind that
// decides how a page or an API answers, a public text that a stranger may read,
// and a private cause that only the log and the operator see. The three never
// mix: nothing of a cause reaches a page.
package fault

import (
	"errors"
	"time"
)

// Kind says what an error means to whoever asked.
type Kind uint8

// The kinds. Unknown is every error that nobody made a fault of: ours.
const (
	Unknown     Kind = iota // a bug or a broken part: logged, answered by 500
	Invalid                 // what was sent cannot be used; the public text says what to change
	NotFound                // there is no such thing, or not for this person
	Refused                 // understood and not allowed
	Conflict                // something else happened first
	Limited                 // too much in too short a time; see RetryAfter
	Unavailable             // a part that we need does not answer; trying again helps
)

var names = [...]string{"unknown", "invalid", "not found", "refused", "conflict", "limited", "unavailable"}

// String is the kind's word, as logs and JSON write it.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return names[Unknown]
}

// Error is a fault. Make it with New and add to it; a fault is not changed
// after it was returned.
type Error struct {
	kind   Kind
	public string
	hint   string
	cause  error
	retry  time.Duration
}

// New makes a fault of a kind. The public text is a sentence for the person who
// asked: what happened and what to do. It must not quote a cause.
func New(kind Kind, public string) *Error { return &Error{kind: kind, public: public} }

// Because adds the private cause.
func (e *Error) Because(cause error) *Error { e.cause = cause; return e }

// Hint adds a sentence for the operator: which setting, which command.
func (e *Error) Hint(operator string) *Error { e.hint = operator; return e }

// Retry says how long to wait before the same may work.
func (e *Error) Retry(after time.Duration) *Error { e.retry = after; return e }

// Error is the whole story, for logs and the command line only.
func (e *Error) Error() string {
	text := e.public
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	if e.hint != "" {
		text += " (" + e.hint + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// KindOf is the kind of the outermost fault in err, Unknown where there is none.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.kind
	}
	return Unknown
}

// Public is the text of the outermost fault in err that a stranger may read,
// empty where there is none.
func Public(err error) string {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.public
	}
	return ""
}

// RetryAfter is how long to wait before trying again, zero where nobody said.
func RetryAfter(err error) time.Duration {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.retry
	}
	return 0
}
