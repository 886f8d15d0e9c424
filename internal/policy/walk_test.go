package policy

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// path is one recovery as it was lived, kept beside the situation by somebody who trusts neither table nor Decide: what was really shown, approved
// and waited. Every check is against that memory.
type path struct {
	s     Situation
	now   time.Time
	shown Classes
	yes   int
	until time.Time // the longest hold that was ever told
	held  bool      // a hold was begun
}

func begin(p Protection, w Want, desk Desk) path {
	return path{s: Situation{Protection: p, Want: w, Desk: desk, Opened: noon, Due: noon.Add(UnprovenLife)}, now: noon}
}

// live takes one event and says what path law it broke.
func (p *path) live(e Event) (accepted bool, broken string) {
	was := p.s
	d, ok := Decide(p.s, e, p.now)
	if !ok {
		if after := p.s.After(d); after != was {
			return false, "a refused event changed the recovery"
		}
		return false, ""
	}
	switch e.Kind {
	case Prove:
		p.shown |= e.Classes.whole()
	case Approve:
		p.yes++
	}
	p.s = p.s.After(d)
	if d.State == Waiting && was.State == Open {
		p.held = true
	}
	if d.HoldUntil.Before(p.until) {
		return true, "a hold became shorter"
	}
	p.until = d.HoldUntil
	return true, p.lawful(was, d)
}

func (p *path) lawful(was Situation, d Decision) string {
	lived := p.s
	lived.Shown, lived.Approvals = p.shown, p.yes
	hold, enough := asWritten(&lived)
	switch {
	case was.State.Final():
		return "a final state moved"
	case d.Shown&^p.shown != 0 || d.Approvals > p.yes:
		return "something counts that nobody did"
	case d.State == Granted && was.State != Claimed && !enough:
		return "granted without proofs and approvals"
	case d.State == Granted && was.State != Claimed && hold > 0 && !p.held:
		return "granted without its hold"
	case (d.State == Granted || d.State == Claimed) && p.now.Before(p.until):
		return "granted within the hold"
	case d.State == Completed && was.State != Claimed:
		return "completed without a claim"
	}
	return ""
}

// answers reports whether the recovery can be stopped now and ends by time alone.
func (p path) answers() string {
	if p.s.State.Final() {
		return ""
	}
	if d, ok := Decide(p.s, Event{Stop, SavedCode}, p.now); !ok || !d.State.Final() {
		return "a stop was not answered"
	}
	for range 6 { // a hold, its grant or a block, and the end of either
		p.now = p.now.Add(60 * day)
		_, broken := p.live(Event{Kind: Tick})
		if broken != "" || p.s.State.Final() || p.s.State == Claimed {
			return broken
		}
	}
	return "it never ends by time"
}

var pathEvents = []Event{
	{Prove, Mailbox},
	{Prove, SavedCode},
	{Prove, Factor},
	{Prove, Passkey},
	{Prove, Voucher},
	{Prove, Password},
	{Kind: Approve},
	{Kind: Tick},
	{Kind: Claim},
	{Kind: Apply},
	{Kind: Return},
	{Kind: Withdraw},
	{Kind: Refuse},
	{Stop, Mailbox},
	{Stop, Voucher},
	{Stop, Password},
}

// changes are what happens to the account and the desk meanwhile.
var changes = []func(*Situation){
	func(s *Situation) { s.HighRisk = true },
	func(s *Situation) { s.Hijacked = true },
	func(s *Situation) { s.Frozen = !s.Frozen },
	func(s *Situation) { s.OtherGranted = !s.OtherGranted },
	func(s *Situation) { s.Desk.Open = !s.Desk.Open },
}

// key is a path with its times relative to now, and without those that matter no more in its state, so that two paths that can only go on alike are
// one.
func (p path) key() path {
	rel := func(t time.Time, matters bool) time.Time {
		if t.IsZero() || !matters {
			return time.Time{}
		}
		return time.Time{}.Add(max(t.Sub(p.now), -40*day) + 1000*day)
	}
	k, state := p, p.s.State
	k.s.Opened = rel(p.s.Opened, state == Open)
	k.s.HoldFrom, k.s.HoldUntil = rel(p.s.HoldFrom, state == Waiting), rel(p.s.HoldUntil, state == Waiting)
	k.s.GrantUntil, k.s.Due = rel(p.s.GrantUntil, state == Claimed), rel(p.s.Due, state == Granted)
	k.until, k.now = time.Time{}, time.Time{}
	return k
}

// moments are the times that matter to a recovery from now on: just before a limit, and the limit.
func (p path) moments() []time.Time {
	limits := []time.Time{p.s.Due}
	switch p.s.State {
	case Open:
		limits = append(limits, p.s.endsAt())
	case Waiting:
		limits = []time.Time{p.s.HoldUntil, p.s.endsAt()}
	case Claimed:
		limits = []time.Time{p.s.GrantUntil.Add(-time.Minute), p.s.GrantUntil}
	}
	var all []time.Time
	for _, limit := range limits {
		for _, when := range []time.Time{limit.Add(-µs), limit} {
			if when.After(p.now) {
				all = append(all, when)
			}
		}
	}
	return all
}

// TestEveryReachableRecoveryKeepsThePathLaws walks every situation that can be reached from Open: by all events, by time that passes to the next
// moment that matters, and by one change of the account or the desk meanwhile.
func TestEveryReachableRecoveryKeepsThePathLaws(t *testing.T) {
	reached := map[State]int{}
	for p := Basic; p <= Guarded; p++ {
		for w := ResetPassword; w <= ReplaceAddress; w++ {
			for _, desk := range []Desk{{}, {Open: true, Evidence: true, IdentityChecked: true}} {
				walk(t, begin(p, w, desk), reached)
			}
		}
	}
	for state := range Contested {
		if reached[state] == 0 {
			t.Errorf("no walk reached %v", state)
		}
	}
	t.Logf("reached: %v", reached)
}

func walk(t *testing.T, from path, reached map[State]int) {
	type place struct {
		path
		changed bool
	}
	visited := map[place]bool{}
	front := []place{{path: from}}
	for len(front) > 0 {
		at := front[len(front)-1]
		front = front[:len(front)-1]
		k := place{at.key(), at.changed}
		if visited[k] {
			continue
		}
		visited[k] = true
		reached[at.s.State]++
		if broken := at.answers(); broken != "" {
			t.Fatalf("%s: %+v", broken, at)
		}
		for _, to := range at.steps(t) {
			front = append(front, place{to, at.changed})
		}
		if !at.changed && !at.s.State.Final() {
			for _, change := range changes {
				to := place{at.path, true}
				change(&to.s)
				front = append(front, to)
			}
		}
	}
}

func (p path) steps(t *testing.T) []path {
	if p.s.State.Final() {
		for _, e := range pathEvents {
			if ok, _ := p.live(e); ok {
				t.Fatalf("%v took %v", p.s.State, e.Kind)
			}
		}
		return nil
	}
	var to []path
	for _, e := range pathEvents {
		next := p
		ok, broken := next.live(e)
		if broken != "" {
			t.Fatalf("%s: %v by %q\n before: %+v\n after: %+v", broken, e.Kind, e.Classes, p, next)
		}
		if ok {
			to = append(to, next)
		}
	}
	for _, when := range p.moments() {
		next := p
		next.now = when
		to = append(to, next)
	}
	return to
}

// Law 15, by search: whatever two classes of proof a basic or protected holder keeps, everything that was lost can be had again while the desk is
// open, at any risk, through Decide alone. An address is not searched for: whoever has password and factor again changes it on the account page.
func TestWithTheDeskOpenNobodyWhoKeepsTwoProofClassesIsLockedOutForGood(t *testing.T) {
	for p := Basic; p <= Protected; p++ {
		for _, kept := range shownSets {
			if kept.Count() < 2 {
				continue
			}
			for risk := range 4 {
				lost := []Want{}
				if !kept.Has(Password) {
					lost = append(lost, ResetPassword)
				}
				if p == Protected && !kept.Has(Factor) {
					lost = append(lost, ReplaceFactor)
				}
				for _, want := range lost {
					if !getsIn(p, want, kept, risk) {
						t.Errorf("%v holder with %q cannot %v", p, kept, want)
					}
				}
				if !getsIn(p, Unlock, kept, risk) && !getsIn(p, ResetPassword, kept, risk) {
					t.Errorf("%v holder with %q stays locked", p, kept)
				}
			}
		}
	}
}

func getsIn(p Protection, w Want, kept Classes, risk int) bool {
	at := begin(p, w, Desk{Open: true, Evidence: true, IdentityChecked: true})
	at.s.HighRisk, at.s.Hijacked = risk&1 != 0, risk&2 != 0
	at.live(Event{Prove, kept})
	for range 2 {
		at.live(Event{Kind: Approve})
	}
	if at.s.State == Waiting {
		at.now = at.s.Due
		at.live(Event{Kind: Tick})
	}
	ok, _ := at.live(Event{Kind: Claim})
	return ok
}

func TestAnyCourseOfEventsKeepsThePathLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := begin(
			rapid.SampledFrom([]Protection{Basic, Protected, Guarded}).Draw(t, "protection"),
			rapid.SampledFrom([]Want{ResetPassword, Unlock, ReplaceFactor, ReplaceAddress}).Draw(t, "want"),
			Desk{Open: rapid.Bool().Draw(t, "desk"), Evidence: rapid.Bool().Draw(t, "evidence"), IdentityChecked: rapid.Bool().Draw(t, "identity")},
		)
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				rapid.SampledFrom(changes).Draw(t, "change")(&p.s)
			case 1, 2:
				p.now = p.now.Add(time.Duration(rapid.Int64Range(0, int64(3*day)).Draw(t, "later")))
			case 3:
				if p.s.Due.After(p.now) {
					p.now = p.s.Due
				}
			case 4: // the clock is put back
				p.now = p.now.Add(-time.Duration(rapid.Int64Range(0, int64(day)).Draw(t, "earlier")))
			default:
				e := rapid.SampledFrom(pathEvents).Draw(t, "event")
				if _, broken := p.live(e); broken != "" {
					t.Fatalf("%s after %v by %q: %+v", broken, e.Kind, e.Classes, p)
				}
			}
			if broken := p.answers(); broken != "" {
				t.Fatal(fmt.Sprint(broken, ": ", p))
			}
		}
	})
}
