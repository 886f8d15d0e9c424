package policy

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// The whole space: every meaningful value of every field of a Situation, times as classes around their limits, and every event. A law is a function
// over one step of it. All laws are asserted in one pass over the space, since the space is large and the passes would be alike.

const µs = time.Microsecond

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// step is one event in one situation, and what became of it.
type step struct {
	s     Situation // before
	e     Event
	d     Decision
	after Situation
	ok    bool
}

// entered reports whether the step led into a state.
func (st *step) entered(state State) bool {
	return st.ok && st.s.State != state && st.d.State == state
}

type law func(*step) (broken string)

// laws are asserted over the whole space; the tests in laws_test.go name them.
var laws = map[string]law{
	"1 grant":     grantNeedsAll,
	"1 complete":  enoughIsEnough,
	"2 once":      onceAClass,
	"3 mailbox":   mailboxAlone,
	"4 evidence":  evidenceAlone,
	"5 approvals": approvalsOneByOne,
	"6 answers":   openStatesAnswer,
	"7 stop":      stopsEnd,
	"8 hold":      holdGrows,
	"9 leaf":      leavesAndLetters,
	"10 final":    finalRefuses,
	"11 one":      oneGrant,
	"12 ends":     completionEnds,
	"refused":     refusalChangesNothing,
}

// lawsOfRefusal are those that have something to say of a step in which nothing happened.
var lawsOfRefusal = []string{"6 answers", "7 stop", "refused"}

type verdict struct {
	broken map[string]string
	steps  int
}

var survey = sync.OnceValue(func() verdict {
	total := verdict{broken: map[string]string{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, p := range []Protection{Basic, Protected, Guarded} {
		for _, w := range []Want{ResetPassword, Unlock, ReplaceFactor, ReplaceAddress} {
			wg.Go(func() {
				part := judge(p, w)
				mu.Lock()
				defer mu.Unlock()
				total.steps += part.steps
				for name, b := range part.broken {
					if total.broken[name] == "" {
						total.broken[name] = b
					}
				}
			})
		}
	}
	wg.Wait()
	return total
})

// upheld fails the test where a law is broken anywhere in the space, with the first step that breaks it.
func upheld(t *testing.T, names ...string) {
	t.Helper()
	v := survey()
	for _, name := range names {
		if laws[name] == nil {
			t.Fatalf("no law is called %q", name)
		}
		if b := v.broken[name]; b != "" {
			t.Errorf("law %s: %s", name, b)
		}
	}
	t.Logf("asserted over %d steps", v.steps)
}

func judge(p Protection, w Want) verdict {
	v := verdict{broken: map[string]string{}}
	type named struct {
		name string
		law  law
	}
	var ofAll, ofRefusal []named
	for name, l := range laws {
		ofAll = append(ofAll, named{name, l})
		if slices.Contains(lawsOfRefusal, name) {
			ofRefusal = append(ofRefusal, named{name, l})
		}
	}
	var st step
	situations(p, w, func(s *Situation, events []Event) {
		for _, e := range events {
			v.steps++
			st.s, st.e = *s, e
			st.d, st.ok = Decide(st.s, e, noon)
			st.after = st.s.After(st.d)
			told := ofRefusal
			if st.ok {
				told = ofAll
			}
			for _, n := range told {
				if b := n.law(&st); b != "" && v.broken[n.name] == "" {
					v.broken[n.name] = fmt.Sprintf("%s\n before: %+v\n event: %v by %q\n decision: %v %+v", b, *s, e.Kind, e.Classes, st.ok, st.d)
				}
			}
		}
	})
	return v
}

// shownSets are all sets of proof classes; a passkey is always a factor, too.
var shownSets = func() (sets []Classes) {
	for c := range Classes(1 << 6) {
		if c == c.whole() {
			sets = append(sets, c)
		}
	}
	return sets
}()

var (
	fewSets  = []Classes{None, Mailbox, Voucher, Mailbox | SavedCode, Password | Mailbox | SavedCode | Factor | Passkey | Voucher}
	deskSets = []Desk{
		{},
		{Open: true},
		{Open: true, Evidence: true},
		{Open: true, IdentityChecked: true},
		{Open: true, Evidence: true, IdentityChecked: true},
		{Evidence: true, IdentityChecked: true},
	}
	stopSets = []Classes{None, Mailbox, SavedCode, Factor, Factor | Passkey, Voucher, Voucher | Mailbox, Password, Password | Factor, Password | Mailbox}

	proofEvents = []Event{
		{Prove, None}, {Prove, Mailbox}, {Prove, SavedCode}, {Prove, Factor}, {Prove, Passkey}, {Prove, Voucher}, {Prove, Password}, {Prove, Mailbox | SavedCode},
	}
	otherEvents = []Event{{Kind: Approve}, {Kind: Refuse}, {Kind: Withdraw}, {Kind: Tick}, {Kind: Claim}, {Kind: Apply}, {Kind: Return}, {Kind: Return + 1}}
	stopEvents  = func() (events []Event) {
		for _, by := range stopSets {
			events = append(events, Event{Stop, by})
		}
		return events
	}()
	allButStops = append(append([]Event{}, proofEvents...), otherEvents...)
	afterGrant  = append([]Event{{Prove, Mailbox}}, otherEvents...)
)

// situations visits the product of all fields, with the events to try in each. It leaves out only what Decide does not look at: whether another
// recovery was stopped before matters to a stop alone, what was shown does not matter to a stop, and no proof is counted once there is a grant.
func situations(p Protection, w Want, visit func(*Situation, []Event)) {
	for state := Open; state <= Contested; state++ {
		sets, events := shownSets, allButStops
		if state >= Granted {
			events = afterGrant
		}
		if state >= Claimed {
			sets = fewSets
		}
		for _, s := range timesOf(state) {
			s.State, s.Protection, s.Want = state, p, w
			for _, shown := range sets {
				s.Shown = shown
				vary(s, func(s *Situation) { visit(s, events) })
			}
			for _, shown := range fewSets {
				for _, before := range []bool{false, true} {
					s.Shown, s.StoppedBefore = shown, before
					vary(s, func(s *Situation) { visit(s, stopEvents) })
				}
			}
		}
	}
}

// vary goes through approvals, the desk, risk, and all that bars an account, one bar at a time. An operator's lock bars an unlock alone.
func vary(s Situation, visit func(*Situation)) {
	bars := 4
	if s.Want == Unlock {
		bars = 5
	}
	for s.Approvals = range 3 {
		for _, s.Desk = range deskSets {
			for risk := range 3 {
				s.HighRisk, s.Hijacked = risk == 1, risk == 2
				for bar := range bars {
					s.Frozen, s.Contested, s.OtherGranted, s.LockedByOperator = bar == 1, bar == 2, bar == 3, bar == 4
					visit(&s)
				}
			}
		}
	}
}

// timesOf gives the classes of time that matter in a state: just before, at and after each limit.
func timesOf(state State) []Situation {
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	in := noon.Add
	switch state {
	case Open:
		var all []Situation
		for _, age := range []time.Duration{UnprovenLife - µs, UnprovenLife, ProvenLife - µs, ProvenLife, DeskLife} {
			all = append(all, Situation{Opened: ago(age), Due: in(time.Hour)})
		}
		return append(all, Situation{})
	case Waiting:
		held := func(from, until time.Time) Situation {
			return Situation{Opened: ago(21 * day), HoldFrom: from, HoldUntil: until, Due: until}
		}
		return []Situation{
			held(ago(20*day), in(µs)), held(ago(20*day), noon), held(ago(20*day), ago(time.Hour)),
			held(ago(60*day), ago(BlockedLife)),
			held(ago(2*time.Hour), ago(time.Hour)), // a hold that somebody shortened
			held(time.Time{}, ago(time.Hour)),      // a hold whose beginning was lost
		}
	case Granted:
		grant := func(until, hold time.Time) Situation {
			return Situation{Opened: ago(day), HoldUntil: hold, GrantUntil: until, Due: until}
		}
		return []Situation{grant(in(µs), time.Time{}), grant(noon, time.Time{}), grant(ago(day), ago(2*day)), grant(in(day), in(µs))}
	case Claimed:
		claim := func(due, grant time.Time) Situation { return Situation{Opened: ago(day), Due: due, GrantUntil: grant} }
		return []Situation{claim(in(µs), in(time.Hour)), claim(noon, in(µs)), claim(ago(µs), noon), claim(ago(day), ago(day)), claim(in(µs), time.Time{})}
	}
	return []Situation{{Opened: ago(day), HoldUntil: ago(time.Hour)}}
}
