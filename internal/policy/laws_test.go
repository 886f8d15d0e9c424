package policy

import (
	"slices"
	"testing"
	"time"
)

// asWritten is the policy as design has it in prose, written a second time and otherwise than the table: what suffices, and the hold it costs.
// claimant leaves the desk out.
func asWritten(s *Situation) (hold time.Duration, ok bool) {
	claimant, byClaimant := asWrittenForClaimant(s)
	desk, byDesk := asWrittenForDesk(s)
	switch {
	case byClaimant && byDesk:
		return min(claimant, desk), true
	case byClaimant:
		return claimant, true
	}
	return desk, byDesk
}

func asWrittenForClaimant(s *Situation) (hold time.Duration, ok bool) {
	has := func(c Classes) bool { return s.Shown&c != 0 }
	voucher := false
	switch {
	case s.Want == ReplaceAddress, s.Want == ReplaceFactor && s.Protection == Basic:
		return 0, false
	case s.Want == ReplaceFactor:
		three := has(Password) && has(Mailbox)
		switch {
		case three && has(SavedCode):
		case three && has(Voucher), has(SavedCode) && has(Passkey):
			voucher = true
		default:
			return 0, false
		}
	case s.Protection == Basic:
		if !has(Mailbox) && !has(SavedCode) {
			if !has(Voucher) {
				return 0, false
			}
			voucher = true
		}
	case has(Mailbox) && (has(Factor) || has(SavedCode)), has(SavedCode) && has(Factor):
	case (has(Mailbox) || has(SavedCode)) && has(Voucher):
		voucher = true
	default:
		return 0, false
	}
	if s.Want == Unlock {
		return 0, !s.LockedByOperator
	}
	if voucher {
		hold = 24 * time.Hour
	}
	if s.Protection == Guarded {
		if s.Approvals < 2 {
			return 0, false
		}
		hold = 72 * time.Hour
	}
	if s.HighRisk || s.Hijacked {
		hold += 24 * time.Hour
	}
	return hold, true
}

func asWrittenForDesk(s *Situation) (hold time.Duration, ok bool) {
	if !s.Desk.Open || !s.Desk.Evidence || !s.Desk.IdentityChecked || s.Approvals < 2 || s.Protection == Guarded {
		return 0, false
	}
	besides := Mailbox | SavedCode | Voucher | Factor
	switch s.Want {
	case ResetPassword:
	case ReplaceFactor:
		besides = Mailbox | SavedCode | Voucher | Password | Passkey
	default:
		return 0, false
	}
	hold = 14 * 24 * time.Hour
	if s.Shown&besides != 0 {
		hold /= 2
	} else if s.Protection == Protected || s.Want == ReplaceFactor {
		return 0, false
	}
	if s.Protection == Basic && s.Want == ReplaceFactor {
		return 0, false
	}
	if s.HighRisk || s.Hijacked {
		hold += 24 * time.Hour
	}
	return hold, true
}

// Law 1.
func TestNoGrantWithoutAllProofsOfAWayItsApprovalsAndItsHold(t *testing.T) {
	upheld(t, "1 grant", "1 complete", "refused")
}

func grantNeedsAll(st *step) string {
	if !st.ok || st.d.State != Waiting && st.d.State != Granted && st.d.State != Claimed {
		return ""
	}
	if st.s.State == Claimed {
		if st.d.State == Granted && (st.e.Kind != Return || !noon.Before(st.s.GrantUntil) || !st.d.Due.Equal(st.s.GrantUntil)) {
			return "a claim gave back a grant whose time was over"
		}
		return ""
	}
	if st.s.State == st.d.State { // nothing was entered
		return ""
	}
	hold, ok := asWritten(&st.after)
	switch {
	case !ok:
		return "entered " + st.d.State.String() + " without enough"
	case st.s.Frozen || st.s.Contested:
		return "went on while the account was frozen"
	case st.d.State == Waiting && st.d.HoldUntil.Before(noon.Add(hold)):
		return "the hold is too short"
	case st.d.State == Granted && st.s.State == Open && hold > 0:
		return "granted without the hold"
	case st.d.State == Granted && st.s.State == Waiting && (noon.Before(st.s.HoldUntil) || hold > 0 && st.s.HoldFrom.IsZero() || noon.Before(st.s.HoldFrom.Add(hold))):
		return "granted within the hold"
	case st.d.State == Claimed && (st.s.State != Granted || st.e.Kind != Claim || noon.Before(st.s.HoldUntil) || !noon.Before(st.s.Due)):
		return "claimed without a living grant"
	}
	return ""
}

// enoughIsEnough is law 1 the other way round: where the policy as written is content, Decide does not ask for more.
func enoughIsEnough(st *step) string {
	if !st.ok || st.s.State != Open || st.d.State != Open || st.s.Frozen || st.s.Contested {
		return ""
	}
	hold, ok := asWritten(&st.after)
	if ok && (hold > 0 || !st.s.OtherGranted) {
		return "enough was shown and the recovery stayed open"
	}
	return ""
}

func refusalChangesNothing(st *step) string {
	if st.ok {
		return ""
	}
	if st.after != st.s || st.d.Effects != 0 || st.d.Letters != nil || st.d.Leaf != "" {
		return "a refused event changed something"
	}
	return ""
}

// Law 2.
func TestTwoProofsOfOneClassCountOnce(t *testing.T) {
	upheld(t, "2 once")
	for _, set := range shownSets {
		for _, again := range []Classes{Mailbox, SavedCode, Factor, Passkey, Voucher, Password} {
			if set.Has(again) && (set|again).Count() != set.Count() {
				t.Errorf("%q shown again beside %q counts twice", again, set)
			}
		}
	}
	if n := (Factor | Passkey).Count(); n != 1 {
		t.Errorf("a passkey counts as %d classes", n)
	}
}

func onceAClass(st *step) string {
	if st.e.Kind != Prove || !st.s.Shown.Has(st.e.Classes) {
		return ""
	}
	if st.d.Shown != st.s.Shown {
		return "showing a class again added to the proofs"
	}
	if st.d.State == st.s.State {
		return ""
	}
	without, _ := Decide(st.s, Event{Kind: Tick}, noon)
	if without.State != st.d.State {
		return "showing a class again led further"
	}
	return ""
}

// Law 3.
func TestAMailboxAloneNeverRecoversAProtectedAccount(t *testing.T) { upheld(t, "3 mailbox") }

func mailboxAlone(st *step) string {
	if st.s.Protection == Basic || st.d.Shown&^Mailbox != 0 || !st.entered(Waiting) && !st.entered(Granted) && !st.entered(Claimed) {
		return ""
	}
	if st.s.State == Claimed || (st.s.Protection == Protected && st.s.Desk.Open && st.s.Desk.Evidence && st.s.Desk.IdentityChecked && st.d.Approvals >= 2) {
		return "" // given back; or not alone, but beside the desk's evidence, check, two agents and hold
	}
	return "a mailbox alone led on"
}

// Law 4.
func TestEvidenceNeverGrantsWithoutIdentityCheckTwoAgentsAndAHold(t *testing.T) {
	upheld(t, "4 evidence")
}

func evidenceAlone(st *step) string {
	if st.s.State == Claimed || !st.entered(Waiting) && !st.entered(Granted) && !st.entered(Claimed) {
		return ""
	}
	if _, without := asWrittenForClaimant(&st.after); without {
		return ""
	}
	desk := st.s.Desk
	switch {
	case !desk.Open || !desk.Evidence || !desk.IdentityChecked || st.d.Approvals < 2:
		return "evidence led on without the desk's whole part"
	case st.s.Protection == Guarded:
		return "the desk recovered a guarded account"
	case st.d.State == Waiting && st.d.HoldUntil.Before(noon.Add(7*day)):
		return "the desk's hold is too short"
	case st.d.State == Granted && (st.s.State != Waiting || noon.Before(st.s.HoldFrom.Add(7*day))):
		return "the desk granted without its hold"
	case st.d.State == Granted && !st.d.Due.Equal(noon.Add(7*day)):
		return "a grant by the desk does not live seven days"
	}
	return ""
}

// Law 5. Decide counts one approval an event and takes none before the proofs; MayApprove says whose approval is such an event. That the caller asks
// it, with the agents as they are stored, is the desk's part.
func TestTheTwoAgentsAreDifferentAndNeitherMadeOrAssignedTheOther(t *testing.T) {
	upheld(t, "5 approvals")

	ids := []string{"", "ada", "bob", "eve"}
	old, young := noon.Add(-YoungFor), noon.Add(-YoungFor+µs)
	var agents []Agent
	for _, id := range ids {
		for _, madeBy := range ids {
			for _, assignedBy := range ids {
				for _, since := range []time.Time{old, young} {
					for _, factor := range []time.Time{old, young} {
						agents = append(agents, Agent{ID: id, MadeBy: madeBy, AssignedBy: assignedBy, Since: since, FactorFrom: factor})
					}
				}
			}
		}
	}
	for _, first := range agents {
		for _, next := range agents {
			fit := next.ID != "" && next.Since == old && next.FactorFrom == old
			apart := first.ID != next.ID && first.ID != "" &&
				next.MadeBy != first.ID && next.AssignedBy != first.ID && first.MadeBy != next.ID && first.AssignedBy != next.ID
			if got := MayApprove([]Agent{first}, next, noon); got && (!fit || !apart) || !got && fit && apart {
				t.Fatalf("MayApprove = %v\n first: %+v\n next: %+v", got, first, next)
			}
		}
	}
}

func approvalsOneByOne(st *step) string {
	if !st.ok || st.d.Approvals == st.s.Approvals {
		return ""
	}
	if st.e.Kind != Approve || st.s.State != Open || st.d.Approvals != st.s.Approvals+1 {
		return "approvals grew otherwise than by one approval"
	}
	two := st.s
	two.Approvals = 2
	if _, ok := asWritten(&two); !ok {
		return "an approval came before the proofs"
	}
	return ""
}

// Law 6.
func TestEveryOpenStateAnswersStopAndTimeout(t *testing.T) { upheld(t, "6 answers") }

func openStatesAnswer(st *step) string {
	if st.s.State.Final() || st.e.Kind != Tick {
		return ""
	}
	if _, ok := Decide(st.s, Event{Stop, Mailbox}, noon); !ok {
		return "a stop was not answered"
	}
	later := noon.Add(365 * day)
	d, ok := Decide(st.s, Event{Kind: Tick}, later)
	switch {
	case !ok:
		return "time alone changes nothing"
	case st.s.State == Claimed && (!d.Effects.Has(AskDirectory) || d.State != Claimed || !d.Due.Equal(later.Add(time.Minute))):
		return "an old claim does not ask the directory"
	case st.s.State != Claimed && d.State != Expired && d.State != Granted && !d.HoldUntil.After(st.s.HoldUntil):
		return "time does not end it"
	case st.s.State == Granted && st.ok == noon.Before(st.s.Due):
		return "a grant does not end at its time"
	}
	return ""
}

// Law 7. Which stop was within 30 days of another is read from storage, as StoppedBefore.
func TestAStopEndsARecoveryFromAnyOpenStateAndASecondOneContests(t *testing.T) { upheld(t, "7 stop") }

func stopsEnd(st *step) string {
	if st.e.Kind == Withdraw && !st.s.State.Final() {
		if st.ok != (st.s.State != Claimed) || st.ok && (st.d.State != Stopped || st.d.Effects.Has(Freeze) || st.d.Effects&(VoidSiblings|VoidTokens) != 0) {
			return "a withdrawal did not end its own recovery alone"
		}
	}
	if st.e.Kind != Stop || st.s.State.Final() {
		return ""
	}
	by := st.e.Classes
	signIn := by&Password != 0
	whole := signIn && (st.s.Protection == Basic || by&Factor != 0) && !st.s.Hijacked
	proven := !signIn && by&(Mailbox|SavedCode|Factor) != 0
	frozen := Freeze | EndSessions | VoidTokens | VoidSiblings | TellHolder
	switch {
	case st.ok != (whole || proven):
		return "the wrong one could stop, or the right one could not"
	case !st.ok:
		return ""
	case st.s.State == Claimed && !st.d.Effects.Has(AskDirectory):
		return "a stop during a claim does not ask what became of it"
	case whole && (st.d.State != Stopped || st.d.Effects.Has(Freeze)):
		return "a sign-in did more than stop"
	case whole:
		return ""
	case st.s.Contested && (st.d.State != Stopped || st.d.Effects&(Freeze|Contest|CallLead|EndSessions|VoidSiblings) != 0):
		return "a stop on a contested account did something by itself"
	case st.s.Contested:
		return ""
	case st.d.FreezeUntil != noon.Add(72*time.Hour) || !st.d.Effects.Has(frozen):
		return "a stop did not freeze for 72 hours"
	case st.s.StoppedBefore && (st.d.State != Contested || !st.d.Effects.Has(Contest|CallLead)):
		return "a second stop did not contest"
	case !st.s.StoppedBefore && (st.d.State != Stopped || st.d.Effects.Has(Contest)):
		return "a first stop did not simply stop"
	}
	return ""
}

// Law 8.
func TestAHoldOnlyEverGrows(t *testing.T) { upheld(t, "8 hold") }

func holdGrows(st *step) string {
	if st.d.HoldUntil.Before(st.s.HoldUntil) {
		return "a hold became shorter"
	}
	if !st.s.HoldFrom.IsZero() && st.s.State != Open && !st.d.HoldFrom.Equal(st.s.HoldFrom) {
		return "a hold began anew"
	}
	return ""
}

// Law 9.
func TestEveryChangeOfStateLeavesALeafAndItsDueLetters(t *testing.T) { upheld(t, "9 leaf") }

func leavesAndLetters(st *step) string {
	if !st.ok {
		return ""
	}
	if st.d.State == st.s.State {
		if st.d.Leaf == "" && (st.after.Shown != st.s.Shown || st.after.Approvals != st.s.Approvals || !st.after.HoldUntil.Equal(st.s.HoldUntil)) {
			return "something was counted without a leaf"
		}
		return ""
	}
	var due []Letter
	switch st.d.State {
	case Waiting:
		due = []Letter{LetterWaiting}
	case Granted:
		if st.s.State == Waiting {
			due = []Letter{LetterGranted}
		}
	case Completed:
		due = []Letter{LetterChanged}
		if st.s.Want == Unlock {
			due = []Letter{LetterUnlocked}
		}
	case Stopped:
		if st.e.Kind == Stop || !st.s.HoldUntil.IsZero() {
			due = []Letter{LetterStopped}
		}
	case Contested:
		due = []Letter{LetterContested}
	case Refused:
		due = []Letter{LetterRefused}
	case Expired:
		if st.s.Shown != None {
			due = []Letter{LetterExpired}
		}
	}
	switch {
	case st.d.Leaf == "":
		return "a change of state left no leaf"
	case !slices.Equal(st.d.Letters, due):
		return "the letters due were not sent"
	case len(due) > 0 && !st.d.Effects.Has(TellHolder):
		return "a letter goes out without telling the holder"
	}
	return ""
}

// Law 10.
func TestFinalStatesRefuseEverything(t *testing.T) { upheld(t, "10 final") }

func finalRefuses(st *step) string {
	if st.s.State >= Completed && st.ok {
		return "a final state moved"
	}
	if st.ok && st.d.State >= Completed && !st.d.Due.IsZero() {
		return "a timer runs on after the end"
	}
	return ""
}

// Law 11. Decide never makes a second grant while the situation says there is one; that two at the same instant cannot both be written is kept by a
// partial unique index in storage.
func TestOneRecoveryAnAccountCanReachAGrant(t *testing.T) { upheld(t, "11 one") }

func oneGrant(st *step) string {
	if st.s.OtherGranted && (st.entered(Granted) || st.entered(Claimed)) {
		return "a second grant"
	}
	if st.entered(Granted) && st.s.State != Claimed && !st.d.Effects.Has(VoidTokens) {
		return "a grant left the account's other links and codes alive"
	}
	return ""
}

// Law 12. Decide orders all of it, whatever completed; recovery does it in the transaction that writes the state.
func TestCompletionEndsSessionsTokensPendingChangesAndUnconfirmedFactors(t *testing.T) {
	upheld(t, "12 ends")
}

func completionEnds(st *step) string {
	if !st.entered(Completed) {
		return ""
	}
	if st.s.State != Claimed || st.e.Kind != Apply {
		return "completed otherwise than by the directory's answer"
	}
	if !st.d.Effects.Has(EndSessions | VoidTokens | VoidSiblings | DropPending | TellHolder) {
		return "something outlives the completion"
	}
	return ""
}
