package policy

import "time"

// Decide says what an event makes of a recovery. False means that nothing changes: the event is refused here, or there is nothing to do; the
// Decision then repeats the situation.
func Decide(s Situation, e Event, now time.Time) (Decision, bool) {
	switch {
	case s.State.Final():
		return s.stay(), false
	case e.Kind == Stop:
		return s.stop(e.Classes, now)
	case s.State == Claimed:
		return s.whileClaimed(e.Kind, now)
	}
	switch e.Kind {
	case Prove:
		return s.prove(e.Classes, now)
	case Approve:
		return s.approve(now)
	case Tick:
		return s.tick(now)
	case Claim:
		return s.claim(now)
	case Refuse:
		return s.finish(Refused, LetterRefused), true
	case Withdraw:
		return s.withdraw(), true
	}
	return s.stay(), false
}

// prove counts what was shown and goes as far as it leads.
func (s Situation) prove(shown Classes, now time.Time) (Decision, bool) {
	if s.State == Granted || s.over(now) {
		return s.stay(), false
	}
	before := s.Shown
	s.Shown |= shown.whole()
	d, moved := s.advance(now)
	if !moved && s.Shown == before {
		return d, false
	}
	return d.noted("proved"), true
}

// approve counts one approval. It comes after the proofs: an agent approves what is complete but for the agents.
func (s Situation) approve(now time.Time) (Decision, bool) {
	if s.State != Open || s.over(now) || s.barred() || !s.awaitsApproval() {
		return s.stay(), false
	}
	s.Approvals++
	d, _ := s.advance(now)
	return d.noted("approved"), true
}

func (s Situation) awaitsApproval() bool {
	awaits := false
	each(s.Protection, s.Want, func(w Way) {
		awaits = awaits || s.walked(w) && s.Approvals < w.Approvals
	})
	return awaits
}

func (s Situation) tick(now time.Time) (Decision, bool) {
	switch {
	case s.State == Granted && now.Before(s.Due):
		return s.stay(), false
	case s.State == Granted, s.over(now):
		return s.expire(), true
	}
	return s.advance(now)
}

// advance moves an Open or Waiting recovery as far as its proofs, approvals and hold lead by now.
func (s Situation) advance(now time.Time) (Decision, bool) {
	d := s.stay()
	if s.State == Open {
		d.Due = s.endsAt()
	}
	w, ok := s.way()
	switch {
	case !ok && s.State == Waiting && !now.Before(s.HoldUntil): // what was enough is so no more: the desk was closed, the account is protected now
		return s.retry(d, now)
	case !ok:
		return d, !d.Due.Equal(s.Due)
	}
	if s.State == Open && s.hold(w) > 0 {
		if s.barred() {
			return s.retry(d, now)
		}
		return s.wait(d, now, s.hold(w)), true
	}
	if s.State == Waiting {
		if longer, grown := s.grow(d, now, s.hold(w)); grown {
			return longer, true
		}
		if now.Before(s.HoldUntil) {
			return d, false
		}
	}
	if s.barred() || s.OtherGranted {
		return s.retry(d, now)
	}
	return s.grant(d, now, w), true
}

func (s Situation) wait(d Decision, now time.Time, hold time.Duration) Decision {
	d.State, d.Leaf = Waiting, Waiting.String()
	d.HoldFrom, d.HoldUntil = now, latest(s.HoldUntil, now.Add(hold))
	d.Due = d.HoldUntil
	d.Letters, d.Effects = []Letter{LetterWaiting}, TellHolder
	return d
}

// grow lengthens a hold that became too short, because risk rose or hijack was claimed since. Nothing shortens one: not a better proof, not a clock
// that was put back.
func (s Situation) grow(d Decision, now time.Time, hold time.Duration) (Decision, bool) {
	if s.HoldFrom.IsZero() {
		d.HoldFrom = now
	}
	until := d.HoldFrom.Add(hold)
	if !until.After(s.HoldUntil) {
		return d, false
	}
	d.HoldUntil, d.Due = until, until
	d.Leaf, d.Letters, d.Effects = "lengthened", []Letter{LetterWaiting}, TellHolder
	return d, true
}

// retry keeps a recovery that would have its grant but for a freeze, another's grant or a change of the account.
func (s Situation) retry(d Decision, now time.Time) (Decision, bool) {
	again := now.Add(RetryEvery)
	switch {
	case s.Due.After(now) && !s.Due.After(again):
		d.Due = s.Due
	case s.endsAt().Before(again):
		d.Due = s.endsAt()
	default:
		d.Due = again
	}
	return d, !d.Due.Equal(s.Due)
}

// grant kills every link and code of the account: from here on only the grant counts.
func (s Situation) grant(d Decision, now time.Time, w Way) Decision {
	d.State, d.Leaf, d.Effects = Granted, Granted.String(), VoidTokens
	life := GrantLife
	if s.State == Waiting {
		life = HeldGrantLife
		d.Letters, d.Effects = []Letter{LetterGranted}, VoidTokens|TellHolder
	}
	if w.By == ByDesk {
		life = DeskGrantLife
	}
	d.GrantUntil = now.Add(life)
	d.Due = d.GrantUntil
	return d
}

// claim looks once more whether the grant still stands: its way, its hold, its time, the account.
func (s Situation) claim(now time.Time) (Decision, bool) {
	_, ok := s.way()
	if s.State != Granted || !ok || !now.Before(s.Due) || now.Before(s.HoldUntil) || s.barred() || s.OtherGranted {
		return s.stay(), false
	}
	d := s.stay()
	d.State, d.Leaf = Claimed, Claimed.String()
	d.GrantUntil, d.Due = s.Due, now.Add(ClaimLife)
	return d, true
}

// whileClaimed waits for the directory alone: the change may be made already, so that only its answer, or a stop, moves anything.
func (s Situation) whileClaimed(e EventKind, now time.Time) (Decision, bool) {
	switch {
	case e == Apply:
		return s.complete(), true
	case e == Return && now.Before(s.GrantUntil) && !s.OtherGranted:
		d := s.stay()
		d.State, d.Due, d.Leaf = Granted, s.GrantUntil, "returned"
		return d, true
	case e == Return:
		return s.expire(), true
	case e == Tick && !now.Before(s.Due):
		d := s.stay()
		d.Due, d.Effects = now.Add(ClaimLife), AskDirectory
		return d, true
	}
	return s.stay(), false
}

func (s Situation) complete() Decision {
	letter := LetterChanged
	if s.Want == Unlock {
		letter = LetterUnlocked
	}
	d := s.finish(Completed, letter)
	d.Effects = EndSessions | VoidTokens | VoidSiblings | DropPending | TellHolder
	return d
}

// expire tells nobody of a recovery in which nothing was proven: anybody can begin one, for any address.
func (s Situation) expire() Decision {
	if s.Shown == None {
		return s.finish(Expired)
	}
	return s.finish(Expired, LetterExpired)
}

// finish ends the recovery; no timer runs on.
func (s Situation) finish(final State, letters ...Letter) Decision {
	d := s.stay()
	d.State, d.Leaf, d.Letters, d.Due = final, final.String(), letters, time.Time{}
	if len(letters) > 0 {
		d.Effects = TellHolder
	}
	return d
}

// noted gives the decision the word of its event, where no change of state has given it one.
func (d Decision) noted(word string) Decision {
	if d.Leaf == "" {
		d.Leaf = word
	}
	return d
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
