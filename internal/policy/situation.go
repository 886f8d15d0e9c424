package policy

import "time"

// Desk is what the desk has to say of a recovery.
type Desk struct {
	Open            bool // the operator keeps the desk's way open
	Evidence        bool // the claimant's facts scored in the upper band
	IdentityChecked bool // an agent did and recorded the identity check
}

// Situation is a recovery and its account before an event. Times are UTC; the zero time is none.
type Situation struct {
	State      State
	Want       Want
	Protection Protection

	Hijacked, HighRisk bool

	Shown     Classes // proofs shown that Usable lets count
	Approvals int     // by agents whom MayApprove lets count
	Desk      Desk

	Opened     time.Time // must be set: a recovery that was never opened is over
	HoldFrom   time.Time // when the hold began; a Waiting without it begins now
	HoldUntil  time.Time
	GrantUntil time.Time // while Claimed: how long the grant lives if it comes back
	Due        time.Time // when a Tick is next due; the end of a grant while Granted

	Frozen           bool // the account is frozen
	Contested        bool // the account waits for a lead's decision
	StoppedBefore    bool // within ContestWithin another recovery of this account was disowned, or stopped so that the account froze
	OtherGranted     bool // another recovery of this account is Granted or Claimed
	LockedByOperator bool
}

// EventKind is what can happen to a recovery.
type EventKind uint8

const (
	Prove    EventKind = iota // Classes were shown
	Approve                   // an agent approved whom MayApprove lets count
	Refuse                    // an agent said no
	Stop                      // "this wasn't me", proven by Classes; with Password among them, an ordinary sign-in
	Withdraw                  // the claimant's own stop
	Tick                      // time went by
	Claim                     // the claimant sets the credential now: to be written before the directory is called
	Apply                     // the directory has applied the change
	Return                    // the directory has not, and will not, apply it
)

func (k EventKind) String() string {
	return name(k, "prove", "approve", "refuse", "stop", "withdraw", "tick", "claim", "apply", "return")
}

// Event is one thing that happens to a recovery.
type Event struct {
	Kind    EventKind
	Classes Classes // Prove: what was shown. Stop: by which proof
}

// Decision is what becomes of a recovery: all that was decided, whether changed or not. Leaf is empty where only a timer moved.
type Decision struct {
	State     State
	Shown     Classes
	Approvals int

	HoldFrom, HoldUntil time.Time
	GrantUntil          time.Time
	Due                 time.Time
	FreezeUntil         time.Time // with Freeze

	Effects Effects
	Letters []Letter
	Leaf    string // the record's word: the new state's name, or what happened where the state stayed
}

// After is the situation once the decision was written.
func (s Situation) After(d Decision) Situation {
	s.State, s.Shown, s.Approvals = d.State, d.Shown, d.Approvals
	s.HoldFrom, s.HoldUntil, s.GrantUntil, s.Due = d.HoldFrom, d.HoldUntil, d.GrantUntil, d.Due
	return s
}

// stay is the decision that changes nothing.
func (s Situation) stay() Decision {
	return Decision{
		State: s.State, Shown: s.Shown, Approvals: s.Approvals,
		HoldFrom: s.HoldFrom, HoldUntil: s.HoldUntil, GrantUntil: s.GrantUntil, Due: s.Due,
	}
}

// barred reports whether nobody may get in now, whatever was shown.
func (s Situation) barred() bool {
	return s.Frozen || s.Contested || s.Want == Unlock && s.LockedByOperator
}

// way is the way that is walked to its end but for the hold: proofs, approvals and the desk's part. Of several, the one with the shortest hold.
func (s Situation) way() (best Way, ok bool) {
	each(s.Protection, s.Want, func(w Way) {
		if s.walked(w) && s.Approvals >= w.Approvals && (!ok || w.Hold < best.Hold) {
			best, ok = w, true
		}
	})
	return best, ok
}

// walked reports whether a recovery has shown all that the way asks for, approvals and hold aside.
func (s Situation) walked(w Way) bool {
	switch w.By {
	case ByClaimant:
		return w.proven(s.Shown)
	case ByDesk:
		return w.proven(s.Shown) && s.Desk.Open && s.Desk.Evidence && s.Desk.IdentityChecked
	}
	return false
}

func (s Situation) hold(w Way) time.Duration {
	if s.Want != Unlock && (s.HighRisk || s.Hijacked) {
		return w.Hold + RiskHold
	}
	return w.Hold
}

// endsAt is when an Open or Waiting recovery has run out of time, whether or not a Tick has said so yet.
func (s Situation) endsAt() time.Time {
	switch {
	case s.State == Waiting:
		return s.HoldUntil.Add(BlockedLife)
	case s.Desk.Open && s.Desk.Evidence:
		return s.Opened.Add(DeskLife)
	case s.Shown != None:
		return s.Opened.Add(ProvenLife)
	}
	return s.Opened.Add(UnprovenLife)
}

func (s Situation) over(now time.Time) bool { return !now.Before(s.endsAt()) }
