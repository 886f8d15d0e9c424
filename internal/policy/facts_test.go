package policy

import (
	"testing"
	"time"
)

// moments are a day before now, and both sides of each limit that a rule about age names.
var moments = func() []time.Time {
	all := []time.Time{noon.Add(-day)}
	for _, limit := range []time.Duration{YoungFor, RemovedFor, RemovedFor + YoungFor, 365 * day} {
		all = append(all, noon.Add(-limit-µs), noon.Add(-limit), noon.Add(-limit+µs))
	}
	return all
}()

// Law 13.
func TestAYoungFactorClosesNoWayAndARemovedOneProtectsOn(t *testing.T) {
	factors := []FactorFacts{{}}
	for _, confirmed := range moments {
		factors = append(factors, FactorFacts{Confirmed: confirmed})
		for _, removed := range moments {
			if !removed.Before(confirmed) {
				factors = append(factors, FactorFacts{Confirmed: confirmed, Removed: removed})
			}
		}
	}
	protects := func(f FactorFacts) bool {
		if f.Confirmed.IsZero() {
			return false
		}
		if f.Removed.IsZero() {
			return noon.Sub(f.Confirmed) >= 7*day
		}
		return f.Removed.Sub(f.Confirmed) >= 7*day && noon.Sub(f.Removed) < 30*day
	}
	for _, f := range factors {
		for _, g := range factors {
			want := Basic
			if protects(f) || protects(g) {
				want = Protected
			}
			if got := Protect(AccountFacts{Factors: []FactorFacts{f, g}}, noon); got != want {
				t.Fatalf("%+v beside %+v makes the account %v, want %v", f, g, got, want)
			}
			if Protect(AccountFacts{Guarded: true, Factors: []FactorFacts{f, g}}, noon) != Guarded {
				t.Fatal("a guarded account lost its guard")
			}
		}
	}

	// What protection means for the ways: with a young factor everything that was open before still is, holds included.
	young := AccountFacts{Factors: []FactorFacts{{Confirmed: noon.Add(-YoungFor + µs)}}}
	for w := ResetPassword; w <= ReplaceAddress; w++ {
		before, after := Ways(Protect(AccountFacts{}, noon), w), Ways(Protect(young, noon), w)
		if len(before) != len(after) {
			t.Errorf("a young factor changed the ways to %v", w)
		}
	}
}

func TestAnAddressYoungerThanSevenDaysProvesNothing(t *testing.T) {
	for _, since := range moments {
		want := noon.Sub(since) >= 7*day
		if got := Usable(CredentialFacts{Class: Mailbox, Since: since}, time.Time{}, noon); got != want {
			t.Errorf("an address %v old: usable = %v", noon.Sub(since), got)
		}
	}
}

func TestWhereHijackIsClaimedOnlyOlderCredentialsCount(t *testing.T) {
	for _, class := range shownSets[1:] {
		for _, since := range moments {
			for _, named := range moments {
				c := CredentialFacts{Class: class, Since: since}
				want := Usable(c, time.Time{}, noon) && since.Before(named)
				if got := Usable(c, named, noon); got != want {
					t.Fatalf("%q of %v, hijack since %v: usable = %v", class, since, named, got)
				}
			}
		}
	}
}

func TestAMailboxSpokenAgainstProvesNothing(t *testing.T) {
	if Usable(CredentialFacts{Class: Mailbox, Since: noon.Add(-365 * day), Closed: true}, time.Time{}, noon) {
		t.Error("a closed mailbox proved something")
	}
}

// Law 14, by credential.
func TestNothingThatARecoveryMadeProvesAnotherForThirtyDays(t *testing.T) {
	for _, class := range shownSets[1:] {
		for _, since := range moments {
			c := CredentialFacts{Class: class, Since: since, ByRecovery: true}
			if got := Usable(c, time.Time{}, noon); got && noon.Sub(since) < 30*day {
				t.Fatalf("%q, %v after a recovery made it, proved another", class, noon.Sub(since))
			} else if !got && noon.Sub(since) >= 30*day {
				t.Fatalf("%q proves nothing although it was made %v ago", class, noon.Sub(since))
			}
		}
	}
}

// Law 14, by chain. From every set of proofs, everything that it recovers is recovered, and what that made is added as it would be stored; then all
// is tried again. Nothing opens that the first set did not open by itself.
func TestNoChainOfWaysIsWeakerThanItsStrongestStep(t *testing.T) {
	makes := map[Want]Classes{ResetPassword: Password, ReplaceFactor: Factor | Passkey, ReplaceAddress: Mailbox}
	for p := Basic; p <= Guarded; p++ {
		for _, own := range shownSets {
			direct := reachable(p, own)
			made := []CredentialFacts{}
			for want := range direct {
				if class, ok := makes[want]; ok {
					made = append(made, CredentialFacts{Class: class, Since: noon, ByRecovery: true})
				}
			}
			if direct[ResetPassword] { // signed in with the new password, the account page takes a new address
				made = append(made, CredentialFacts{Class: Mailbox, Since: noon, ByRecovery: true})
			}
			chained := reachable(p, own|Available(made, time.Time{}, noon.Add(RecoveredFor-µs)))
			for want := range chained {
				if !direct[want] {
					t.Errorf("%v: %q reaches %q only by a chain", p, own, want)
				}
			}
		}
	}
}

// reachable is what a set of proofs recovers with all the desk can do.
func reachable(p Protection, own Classes) map[Want]bool {
	found := map[Want]bool{}
	for w := ResetPassword; w <= ReplaceAddress; w++ {
		s := Situation{
			Protection: p, Want: w, Opened: noon, Shown: own, Approvals: 2,
			Desk: Desk{Open: true, Evidence: true, IdentityChecked: true},
		}
		if _, ok := s.way(); ok {
			found[w] = true
		}
	}
	return found
}

func TestDisowningACompletedRecoveryFreezesAsAStopWouldHave(t *testing.T) {
	for state := Open; state <= Contested; state++ {
		for _, by := range stopSets {
			for bits := range 4 {
				s := Situation{State: state, StoppedBefore: bits&1 != 0, Contested: bits&2 != 0}
				d, ok := Disown(s, by, noon)
				may := state == Completed && !s.Contested && by&Password == 0 && by&(Mailbox|SavedCode|Factor) != 0
				if ok != may {
					t.Fatalf("%v by %q, contested %v: disowned = %v", state, by, s.Contested, ok)
				}
				if d.State != state {
					t.Fatalf("disowning moved %v to %v", state, d.State)
				}
				if ok && (!d.Effects.Has(Freeze|EndSessions|VoidTokens|VoidSiblings|TellHolder) || d.FreezeUntil != noon.Add(FreezeFor) ||
					d.Effects.Has(Contest|CallLead) != s.StoppedBefore || d.Leaf == "") {
					t.Fatalf("disowning did %+v", d)
				}
			}
		}
	}
}
