package letter

import "time"

// Did is what an operator did to an account.
type Did string

// What operators do; the names are the catalogue's.
const (
	Added        Did = "added"
	LockedByUs   Did = "locked-by-us"
	UnlockedByUs Did = "unlocked-by-us"
)

// Operator tells every address of an account what the operator did to it.
type Operator struct {
	Did     Did
	Account string
	At      time.Time
	Start   string // link to a person
}

// Kind is "operator".
func (Operator) Kind() string { return "operator" }

func (Operator) neutral() bool     { return false }
func (o Operator) subject() string { return string(o.Did) + ".subject" }

func (o Operator) write(w *writer) {
	s, key := &w.sheet, string(o.Did)
	s.Heading = w.say(key+".heading", "brand", s.Brand)
	s.Lead = w.say(key+".lead", "brand", s.Brand)
	s.Preheader = s.Lead
	s.Button = w.way("operator.button", "link.text", o.Start)
	w.fact("fact.account", w.name(o.Account))
	w.knot(done, o.At, key+".thread")
	s.Footer = []string{w.say("operator.footer", "brand", s.Brand)}
}

// RanOut tells the holder that somebody showed enough to get in and then did not:
// the time for it is over and nothing was changed.
type RanOut struct {
	Account string
	Attempt Place
	At      time.Time
	Start   string // link to the page where recovery starts
	Seal    string
}

// Kind is "expired".
func (RanOut) Kind() string { return "expired" }

func (RanOut) neutral() bool   { return false }
func (RanOut) subject() string { return "ran-out.subject" }

func (r RanOut) write(w *writer) {
	s := &w.sheet
	s.Heading, s.Lead = w.say("ran-out.heading"), w.say("ran-out.lead")
	s.Preheader = s.Lead
	s.Button = w.way("none.button", "link.text", r.Start)
	w.fact("fact.account", w.name(r.Account))
	w.fact("fact.asked", w.place(r.Attempt))
	w.knot(done, r.Attempt.At, "recover.thread.asked")
	w.knot(halt, r.At, "ran-out.thread")
	s.Footer = []string{w.say("notice.footer", "brand", s.Brand)}
	w.seal(r.Seal)
}
