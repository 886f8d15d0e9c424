package policy

import "time"

const hour, day = time.Hour, 24 * time.Hour

// Way is one row of the table: all of All and, unless OneOf is empty, one of OneOf, then Approvals of different agents, then Hold.
type Way struct {
	Protection Protection
	Want       Want
	All        Classes
	OneOf      Classes
	Hold       time.Duration // before RiskHold is added
	Approvals  int
	By         By
}

// By says where a way is walked.
type By uint8

const (
	ByClaimant    By = iota // a recovery: the claimant shows the proofs
	ByDesk                  // a recovery at the desk: besides the proofs, evidence in the upper band and an identity check that an agent recorded
	ByAccountPage           // no recovery: a signed-in holder on the account page. Decide never grants it
)

func (b By) String() string { return name(b, "claimant", "desk", "account page") }

// anyProof is "a proof besides" at the desk. What is to be reset or replaced does not prove itself: no password for the password and, for a factor,
// no factor but a passkey that is left.
const (
	anyProof       = Mailbox | SavedCode | Factor | Voucher
	anyProofFactor = Mailbox | SavedCode | Passkey | Voucher | Password
)

// table is the policy. It is never written to.
var table = [...]Way{
	// protection, want, all of, and one of, hold, approvals, by

	{Basic, ResetPassword, None, Mailbox | SavedCode, 0, 0, ByClaimant},
	{Basic, ResetPassword, Voucher, None, 24 * hour, 0, ByClaimant},
	{Basic, ResetPassword, None, anyProof, 7 * day, 2, ByDesk},
	{Basic, ResetPassword, None, None, 14 * day, 2, ByDesk},
	{Basic, ReplaceAddress, Password, None, 0, 0, ByAccountPage},

	{Protected, ResetPassword, Mailbox, Factor | SavedCode, 0, 0, ByClaimant},
	{Protected, ResetPassword, Mailbox | Voucher, None, 24 * hour, 0, ByClaimant},
	{Protected, ResetPassword, SavedCode | Factor, None, 0, 0, ByClaimant},
	{Protected, ResetPassword, SavedCode | Voucher, None, 24 * hour, 0, ByClaimant},
	{Protected, ResetPassword, None, anyProof, 7 * day, 2, ByDesk},
	{Protected, ReplaceFactor, Password | Mailbox | SavedCode, None, 0, 0, ByClaimant},
	{Protected, ReplaceFactor, Password | Mailbox | Voucher, None, 24 * hour, 0, ByClaimant},
	{Protected, ReplaceFactor, SavedCode | Passkey, None, 24 * hour, 0, ByClaimant},
	{Protected, ReplaceFactor, None, anyProofFactor, 7 * day, 2, ByDesk},
	{Protected, ReplaceAddress, Password | Factor, None, 0, 0, ByAccountPage},
}

// likeness is a row that says "as those rows, but": their proofs under another hold and other approvals. The desk's rows are never taken over.
type likeness struct {
	Protection   Protection
	Want         Want
	AsProtection Protection
	AsWant       Want
	Hold         time.Duration
	Approvals    int
}

var likenesses = [...]likeness{
	// protection, want, as protection, as want, hold, approvals

	{Guarded, ResetPassword, Protected, ResetPassword, 72 * hour, 2},
	{Guarded, ReplaceFactor, Protected, ReplaceFactor, 72 * hour, 2},
	{Guarded, ReplaceAddress, Protected, ReplaceAddress, 72 * hour, 0},

	{Basic, Unlock, Basic, ResetPassword, 0, 0},
	{Protected, Unlock, Protected, ResetPassword, 0, 0},
	{Guarded, Unlock, Protected, ResetPassword, 0, 0},
}

// Beside the table: every time that a rule names.
const (
	RiskHold = 24 * hour // added to a hold where risk is high or hijack is claimed; an unlock has no hold to add it to

	GrantLife     = 30 * time.Minute // a grant given to a claimant who is there
	HeldGrantLife = 24 * hour        // a grant that ends a hold: nobody sits and waits for its minute
	DeskGrantLife = 7 * day          // a grant by the desk
	ClaimLife     = time.Minute      // a claim, before the directory is asked what became of it

	UnprovenLife = 4 * hour         // an open recovery without a proof: 3.5 h for its message, 30 min for the token in it
	ProvenLife   = 7 * day          // an open recovery with a proof, from its opening
	DeskLife     = 30 * day         // an open recovery with evidence in the upper band, from its opening
	BlockedLife  = 30 * day         // a recovery whose hold is over, while something keeps it from its grant
	RetryEvery   = 15 * time.Minute // how often such a recovery is looked at again

	FreezeFor     = 72 * hour // after a stop by mailbox, factor or saved code
	ContestWithin = 30 * day  // a second stop in this time contests

	YoungFor     = 7 * day  // a factor closes no way before, an address proves nothing before, an agent approves nothing before
	RemovedFor   = 30 * day // a removed factor still protects so long
	RecoveredFor = 30 * day // what a recovery made proves no other so long
)

// freezing are the proofs by which a stop freezes. A voucher cannot stop at all; a password stops only as part of a whole sign-in.
const freezing = Mailbox | SavedCode | Factor

// Ways lists the rows for a protection and a want, in the order of the table. The slice is the caller's own.
func Ways(p Protection, w Want) []Way {
	var ways []Way
	each(p, w, func(way Way) { ways = append(ways, way) })
	return ways
}

// Offered lists the ways of a recovery that can still be walked with what was shown and with the proofs that exist (available), in the order of the
// table. It is empty where nothing can be granted: the recovery is over, the account is frozen, an operator's lock is to be lifted.
func Offered(s Situation, available Classes) []Way {
	if s.State.Final() || s.State == Claimed || s.barred() {
		return nil
	}
	var ways []Way
	each(s.Protection, s.Want, func(w Way) {
		if w.By != ByAccountPage && (w.By != ByDesk || s.Desk.Open) && w.proven(s.Shown|available) {
			ways = append(ways, w)
		}
	})
	return ways
}

func each(p Protection, want Want, visit func(Way)) {
	for i := range table {
		if table[i].Protection == p && table[i].Want == want {
			visit(table[i])
		}
	}
	for i := range likenesses {
		as := &likenesses[i]
		if as.Protection != p || as.Want != want {
			continue
		}
		for j := range table {
			if table[j].Protection != as.AsProtection || table[j].Want != as.AsWant || table[j].By == ByDesk {
				continue
			}
			way := table[j]
			way.Protection, way.Want, way.Hold, way.Approvals = p, want, as.Hold, as.Approvals
			visit(way)
		}
	}
}

func (w Way) proven(shown Classes) bool {
	return shown.Has(w.All) && (w.OneOf == None || shown.Any(w.OneOf))
}
