// Package policy holds every rule of recovery, and nothing else: who may get back in, by which proofs, after what wait, and what ends it.
//
// The rules are one table (table.go), read top to bottom, and one pure function over it, Decide. Every form, call, click and timer goes through
// Decide; nothing else moves a recovery from one state to another. The package keeps no state, reads no clock and does no input or output, so the
// fifteen laws of the policy are asserted over the whole space of situations and events, not over examples (laws_test.go).
//
// What it promises: no grant without all proofs of a way, its approvals and its hold; a hold only grows; every open state can be stopped and ends
// by time; a state that is final refuses everything. What it leaves to its callers: to show only proofs that Usable lets count, to count only
// approvals that MayApprove lets count, to write state, leaf, letters and effects of a Decision in one transaction, and to keep the partial unique
// index that lets one recovery of an account hold a grant.
//
// docs/policy.md is made from the table.
package policy

import "strings"

// Protection is how well an account is kept, weakest first.
type Protection uint8

const (
	Basic     Protection = iota // a password
	Protected                   // a factor beside it
	Guarded                     // marked by the operator; agents always
)

func (p Protection) String() string {
	return name(p, "basic", "protected", "guarded")
}

// Want is what a recovery is to give.
type Want uint8

const (
	ResetPassword  Want = iota
	Unlock              // lift the lock that failed sign-ins made; never an operator's
	ReplaceFactor       // the old factor goes only once the new one is confirmed
	ReplaceAddress      // only ever from the account page: no recovery grants it
)

func (w Want) String() string {
	return name(w, "reset the password", "unlock", "replace a factor", "replace an address")
}

// Classes is a set of proof classes. Two proofs of one class are one member, so they count once.
type Classes uint8

const (
	Mailbox   Classes = 1 << iota // a link or code from a confirmed address
	SavedCode                     // one of the codes the holder kept
	Factor                        // a TOTP or passkey bound to the account
	Passkey                       // says that the factor is a passkey: implies Factor and is no class of its own
	Voucher                       // somebody the holder named vouches
	Password                      // the account's password

	None Classes = 0
)

// Has reports whether all of need is in c; a passkey is a factor, too.
func (c Classes) Has(need Classes) bool { return c.whole()&need == need }

// Any reports whether anything of some is in c.
func (c Classes) Any(some Classes) bool { return c.whole()&some != 0 }

// Count is the number of classes in c. A passkey is one factor, not two classes.
func (c Classes) Count() int {
	n := 0
	for _, one := range []Classes{Mailbox, SavedCode, Factor, Voucher, Password} {
		if c.Has(one) {
			n++
		}
	}
	return n
}

func (c Classes) whole() Classes {
	if c&Passkey != 0 {
		return c | Factor
	}
	return c
}

// String names the members in a fixed order: "mailbox + saved code"; a passkey hides the factor it is.
func (c Classes) String() string {
	if c&Passkey != 0 {
		c &^= Factor
	}
	return strings.Join(c.names(), " + ")
}

func (c Classes) names() []string {
	var names []string
	for i, n := range []string{"mailbox", "saved code", "factor", "passkey", "voucher", "password"} {
		if c&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// State is where a recovery stands.
type State uint8

const (
	Open      State = iota // proofs and approvals are gathered
	Waiting                // enough was proven; the hold runs, everybody is told and may stop it
	Granted                // a credential may be set, once
	Claimed                // it is being set; the directory was, or is to be, called
	Completed              // final: it is set
	Stopped                // final: "this wasn't me", or the claimant gave up
	Expired                // final: its time ran out
	Refused                // final: an agent said no
	Contested              // final: a second stop in 30 days; both sides are frozen until a lead decides
)

// Final reports whether nothing can change the state any more.
func (s State) Final() bool { return s >= Completed }

func (s State) String() string {
	return name(s, "open", "waiting", "granted", "claimed", "completed", "stopped", "expired", "refused", "contested")
}

// Effects is a set of what must be done in the transaction that writes a Decision (AskDirectory alone: after it).
type Effects uint16

const (
	EndSessions  Effects = 1 << iota // every place where the account is signed in
	VoidTokens                       // every link and code of every recovery of the account, this one's too
	VoidSiblings                     // every other open recovery of the account ends
	DropPending                      // pending changes, unconfirmed addresses and factors
	Freeze                           // nobody gets in or changes anything until Decision.FreezeUntil
	Contest                          // the account is contested: frozen until a lead decides
	CallLead                         // a lead is told at once
	TellHolder                       // the letters go to every confirmed address
	AskDirectory                     // ask the directory whether the change was applied; Apply or Return tells its answer
)

// Has reports whether all of need is in e.
func (e Effects) Has(need Effects) bool { return e&need == need }

// Letter names a letter that a change of state makes due; mail/letter has the same names.
type Letter string

const (
	LetterWaiting   Letter = "waiting"   // enough was proven; how long the hold runs, and how to stop it
	LetterGranted   Letter = "granted"   // the hold is over: come back
	LetterChanged   Letter = "changed"   // password, factor: what changed, and "this wasn't me"
	LetterUnlocked  Letter = "unlocked"  // the account is unlocked, and "this wasn't me"
	LetterStopped   Letter = "stopped"   // it was stopped; until when the account is frozen, if it is
	LetterContested Letter = "contested" // two stops: both sides frozen, a lead decides
	LetterExpired   Letter = "expired"   // its time ran out
	LetterRefused   Letter = "refused"   // an agent said no, and the way to appeal
)

func name[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}
