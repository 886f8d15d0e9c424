// Package account is what Keyback knows of any account, wherever it lives: the
// words for it, the Directory that keeps it, the one rule by which what somebody
// typed is compared with an address on file, and Keyback's own freeze.
//
// Three promises hold for every caller:
//
//   - An address is read by one strict rule (ParseLogin, Canonical): one mailbox,
//     nothing quoted, nested, routed or invisible. Characters that merely look
//     like ASCII ones never become them.
//   - Mail goes only to bytes that Match picked out of a confirmed address.
//     Whatever a directory answers, an account without the asked address is
//     dropped, and where two mailboxes answer to the same address and none is the
//     one that was typed, nothing is sent.
//   - A Change is applied once for its key, however often it is asked for.
package account

import (
	"context"
	"time"

	"keyback/internal/policy"
)

// ID names an account in its directory. Keyback takes it as opaque: 1 to 128
// printable ASCII characters.
type ID string

// MaxFound is the most accounts that one look-up answers: as many as one letter
// can offer to choose from.
const MaxFound = 8

// YoungFor is how long a newly confirmed address counts as young.
const YoungFor = 7 * 24 * time.Hour

// Lock says why an account does not let its holder sign in.
type Lock uint8

// The locks. An unlock lifts the one that failures made, never an operator's.
const (
	NotLocked        Lock = iota
	LockedByFailures      // too many wrong passwords in a row
	LockedByOperator      // a person decided it
)

var lockNames = [...]string{"none", "failures", "operator"}

// String is the lock's word, as the command line and the HTTP contract write it.
func (l Lock) String() string {
	if int(l) < len(lockNames) {
		return lockNames[l]
	}
	return "unknown"
}

// ParseLock reads what String writes; false for any other word.
func ParseLock(word string) (Lock, bool) {
	for i, name := range lockNames {
		if name == word {
			return Lock(i), true
		}
	}
	return NotLocked, false
}

// Account is one account as its directory describes it.
type Account struct {
	ID          ID
	Name        string    // what its holder calls it: the user name
	Addresses   []Address // confirmed ones only, the primary first
	Protection  policy.Protection
	Lock        Lock
	Language    string    // a BCP 47 tag such as "de"; empty where nobody said
	FrozenUntil time.Time // zero when the directory knows of no freeze
}

// Frozen says whether the directory keeps the account frozen at now.
func (a Account) Frozen(now time.Time) bool { return now.Before(a.FrozenUntil) }

// Address is a mailbox of an account, confirmed.
type Address struct {
	Email string    // the stored bytes, the only ones that mail goes to
	Since time.Time // when it was confirmed; zero where the directory does not know
	Young bool      // confirmed less than YoungFor ago
}

// YoungAt says whether an address confirmed at since is young at now. One whose
// date nobody knows counts as old: it was there before Keyback was.
func YoungAt(since, now time.Time) bool {
	return !since.IsZero() && now.Sub(since) < YoungFor
}

// Query asks for accounts; exactly one field is set.
type Query struct {
	Address string // an address as it was typed
	Name    string // a user name as it was typed
	ID      ID
}

// Directory is where accounts live.
type Directory interface {
	// Find answers the accounts with that confirmed address, that name or that
	// id, at most MaxFound. Unknown is an empty slice and no error. Callers put
	// the answer through Match before they write to anybody.
	Find(ctx context.Context, q Query) ([]Account, error)

	// Change applies a change, once for its key: asked again it answers what it
	// answered, and changes nothing. fault.Invalid is the directory's own
	// password rule refusing, its public text the rule; the key is then unused
	// and may come again with another password. fault.Conflict is a key that was
	// used for another account. After any other error nobody knows whether it was
	// applied: ask Applied.
	Change(ctx context.Context, c Change) (Result, error)

	// Applied answers what became of a change: Unknown where its key was never
	// applied.
	Applied(ctx context.Context, key string) (Result, error)
}

// Change is what a recovery or a stop does to an account, as one act.
type Change struct {
	Key            string // the id of the recovery or the stop
	Account        ID
	Password       string    // empty leaves it
	Unlock         bool      // lifts LockedByFailures
	Freeze         time.Time // when the freeze ends; zero leaves it, a time gone by lifts it
	RecoveredUntil time.Time // until when to be careful with this account; zero leaves it
}

// Result is what became of a change.
type Result uint8

// The results.
const (
	Unknown Result = iota // never applied
	Done                  // applied
	Refused               // for good: there is no such account, or it may not be changed
)

var resultNames = [...]string{"unknown", "done", "refused"}

// String is the result's word, as the HTTP contract writes it.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return resultNames[Unknown]
}

// ParseResult reads what String writes; false for any other word.
func ParseResult(word string) (Result, bool) {
	for i, name := range resultNames {
		if name == word {
			return Result(i), true
		}
	}
	return Unknown, false
}

// PasswordChecker is a directory that can check a password. It answers false
// alike, and in the same time, for a wrong password, an unknown, a locked and a
// frozen account.
type PasswordChecker interface {
	Check(ctx context.Context, q Query, password string) (Account, bool, error)
}

// SessionEnder is a directory whose application has sign-ins of its own to end.
type SessionEnder interface {
	EndSessions(ctx context.Context, id ID) error
}
