package policy

import "time"

// CredentialFacts is what decides whether a credential proves anything in a recovery.
type CredentialFacts struct {
	Class Classes
	Since time.Time // confirmed, enrolled or set

	// ByRecovery says that a recovery made it; or the account page did, in a session that signed in with what a recovery had made.
	ByRecovery bool

	// Closed says that the outside has spoken against it: a mailbox reported as hijacked or as given to somebody else.
	Closed bool
}

// Usable reports whether a credential may prove something now. What a recovery made proves no other for RecoveredFor, a new address proves nothing
// for YoungFor, and where hijack is claimed only what is older than the named date counts (the zero time: no hijack is claimed).
func Usable(c CredentialFacts, hijackedSince, now time.Time) bool {
	switch {
	case c.Closed:
		return false
	case c.ByRecovery && now.Before(c.Since.Add(RecoveredFor)):
		return false
	case c.Class.Has(Mailbox) && now.Before(c.Since.Add(YoungFor)):
		return false
	case !hijackedSince.IsZero() && !c.Since.Before(hijackedSince):
		return false
	}
	return true
}

// Available is the set of classes in which at least one credential is usable: what Offered asks for.
func Available(credentials []CredentialFacts, hijackedSince, now time.Time) Classes {
	var all Classes
	for _, c := range credentials {
		if Usable(c, hijackedSince, now) {
			all |= c.Class.whole()
		}
	}
	return all
}

// FactorFacts is one factor that an account has or had.
type FactorFacts struct {
	Confirmed time.Time // the zero time: never confirmed, so it protects nothing
	Removed   time.Time // the zero time: it is still there
}

// AccountFacts is what decides the protection of an account.
type AccountFacts struct {
	Guarded bool // marked by the operator, or an agent
	Factors []FactorFacts
}

// Protect is the protection that an account has now. A factor younger than YoungFor closes no earlier way, so it protects nothing yet; an older one
// protects on for RemovedFor after it was removed. A factor that never grew old protected nothing, and removing it changes nothing.
func Protect(a AccountFacts, now time.Time) Protection {
	if a.Guarded {
		return Guarded
	}
	for _, f := range a.Factors {
		if f.protects(now) {
			return Protected
		}
	}
	return Basic
}

func (f FactorFacts) protects(now time.Time) bool {
	if f.Confirmed.IsZero() {
		return false
	}
	grown := f.Confirmed.Add(YoungFor)
	if f.Removed.IsZero() {
		return !now.Before(grown)
	}
	return !f.Removed.Before(grown) && now.Before(f.Removed.Add(RemovedFor))
}

// Agent is what decides whether an agent's approval counts.
type Agent struct {
	ID         string
	MadeBy     string    // the agent or operator who created this one
	AssignedBy string    // who gave the case to this one; empty: took it unasked
	Since      time.Time // made
	FactorFrom time.Time // when the factor that approves was enrolled
}

// MayApprove reports whether the next agent's approval counts beside those who approved before: another person, whom none of them made or assigned
// and who made or assigned none of them, neither new nor with a new factor.
func MayApprove(before []Agent, next Agent, now time.Time) bool {
	if next.ID == "" || now.Before(next.Since.Add(YoungFor)) || now.Before(next.FactorFrom.Add(YoungFor)) {
		return false
	}
	for _, b := range before {
		if b.ID == "" || b.ID == next.ID || next.chosenBy(b) || b.chosenBy(next) {
			return false
		}
	}
	return true
}

func (a Agent) chosenBy(other Agent) bool {
	return a.MadeBy == other.ID || a.AssignedBy == other.ID
}
