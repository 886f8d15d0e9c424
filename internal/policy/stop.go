package policy

import "time"

// Disown is "this wasn't me" said to a recovery that is completed. The recovery stays completed; the account is frozen, or contested, just as if
// the recovery had been stopped in time. Recoveries in any other state, and a sign-in, disown nothing: an open one is stopped by Decide.
func Disown(s Situation, by Classes, now time.Time) (Decision, bool) {
	if s.State != Completed || s.Contested || by.Any(Password) || !by.Any(freezing) {
		return s.stay(), false
	}
	d := s.freeze(now)
	d.State, d.Leaf = Completed, "disowned"
	return d, true
}

// stop ends an open recovery. Who may: whoever proves mailbox, saved code or factor, which freezes the account; and the holder who simply signs in,
// which does not. A voucher cannot.
func (s Situation) stop(by Classes, now time.Time) (Decision, bool) {
	var d Decision
	switch {
	case by.Any(Password):
		if s.Hijacked || !s.signsIn(by) {
			return s.stay(), false
		}
		d = s.finish(Stopped, LetterStopped)
		d.Effects |= VoidTokens
	case !by.Any(freezing):
		return s.stay(), false
	case s.Contested: // ends this recovery, and does nothing more by itself
		d = s.finish(Stopped, LetterStopped)
		d.Effects |= VoidTokens
	default:
		d = s.freeze(now)
	}
	if s.State == Claimed { // the change may be made already; the record must say
		d.Effects |= AskDirectory
	}
	return d, true
}

// freeze is the stop that freezes: the second one in ContestWithin contests.
func (s Situation) freeze(now time.Time) Decision {
	final, letter, effects := Stopped, LetterStopped, Effects(0)
	if s.StoppedBefore {
		final, letter, effects = Contested, LetterContested, Contest|CallLead
	}
	d := s.finish(final, letter)
	d.Effects = effects | Freeze | EndSessions | VoidTokens | VoidSiblings | TellHolder
	d.FreezeUntil = now.Add(FreezeFor)
	return d
}

// signsIn reports whether what was shown is a sign-in at the account's full protection.
func (s Situation) signsIn(by Classes) bool {
	return by.Has(Password) && (s.Protection == Basic || by.Has(Factor))
}

// withdraw is the claimant's own stop. The claimant has perhaps proven nothing, so it touches no other recovery, freezes nothing and does not count
// as a stop before; the holder hears of it if a hold was told before.
func (s Situation) withdraw() Decision {
	var d Decision
	if s.HoldUntil.IsZero() {
		d = s.finish(Stopped)
	} else {
		d = s.finish(Stopped, LetterStopped)
	}
	d.Leaf = "withdrawn"
	return d
}
