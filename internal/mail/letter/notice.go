package letter

import "time"

// Changed tells every address of an account that its password was changed.
type Changed struct {
	Account  string
	Changed  Place
	Proved   time.Time // when link or code was used; zero leaves it out
	SignedIn bool      // places stayed signed in: the directory cannot end them
	Stop     string    // link of "This wasn't me"
	Seal     string
}

// Kind is "changed".
func (Changed) Kind() string { return "changed" }

func (Changed) neutral() bool   { return false }
func (Changed) subject() string { return "changed.subject" }

func (c Changed) write(w *writer) {
	s := &w.sheet
	s.Heading, s.Lead = w.say("changed.heading"), w.say("notice.lead")
	s.Preheader = s.Lead
	w.fact("fact.account", w.name(c.Account))
	w.fact("fact.changed", w.place(c.Changed))
	if !c.Proved.IsZero() {
		w.knot(done, c.Proved, "changed.thread.proved")
	}
	w.knot(done, c.Changed.At, "changed.thread.changed")
	if !c.SignedIn {
		w.knot(done, c.Changed.At, "changed.thread.ended")
	}
	w.knot(next, time.Time{}, "changed.thread.next")
	s.StopLead = w.say("notice.stop")
	s.Stop = w.way("stop.button", "link.text", c.Stop)
	s.Footer = []string{w.say("notice.footer", "brand", s.Brand)}
	w.seal(c.Seal)
}

// Unlocked tells every address of an account that it was unlocked.
type Unlocked struct {
	Account  string
	Unlocked Place
	Stop     string // link of "This wasn't me"
	Seal     string
}

// Kind is "unlocked".
func (Unlocked) Kind() string { return "unlocked" }

func (Unlocked) neutral() bool   { return false }
func (Unlocked) subject() string { return "unlocked.subject" }

func (u Unlocked) write(w *writer) {
	s := &w.sheet
	s.Heading, s.Lead = w.say("unlocked.heading"), w.say("notice.lead")
	s.Preheader = s.Lead
	w.fact("fact.account", w.name(u.Account))
	w.fact("fact.unlocked", w.place(u.Unlocked))
	w.knot(done, u.Unlocked.At, "unlocked.thread.unlocked")
	w.knot(next, time.Time{}, "unlocked.thread.next")
	s.StopLead = w.say("notice.stop")
	s.Stop = w.way("stop.button", "link.text", u.Stop)
	s.Footer = []string{w.say("notice.footer", "brand", s.Brand)}
	w.seal(u.Seal)
}

// Stopped tells every address of an account that somebody stopped an attempt
// to get into it, and until when the account is frozen.
type Stopped struct {
	Account     string
	Attempt     Place // what was stopped; a zero At leaves it out of the thread
	At          time.Time
	FrozenUntil time.Time // zero: the holder signed in, so nothing is frozen
	Start       string    // link to the page where the holder gets back in
	Seal        string
}

// Kind is "stopped".
func (Stopped) Kind() string { return "stopped" }

func (Stopped) neutral() bool   { return false }
func (Stopped) subject() string { return "stopped.subject" }

func (p Stopped) write(w *writer) {
	s := &w.sheet
	s.Heading = w.say("stopped.heading")
	s.Lead = w.say("stopped.lead.signed-in")
	if !p.FrozenUntil.IsZero() {
		s.Lead = w.say("stopped.lead", "date", w.date(p.FrozenUntil))
	}
	s.Preheader = s.Lead
	s.Button = w.way("stopped.button", "link.text", p.Start)
	w.fact("fact.account", w.name(p.Account))
	if !p.Attempt.At.IsZero() {
		w.fact("fact.asked", w.place(p.Attempt))
		w.knot(done, p.Attempt.At, "recover.thread.asked")
	}
	w.knot(halt, p.At, "stopped.thread.stopped")
	s.Footer = []string{w.say("stopped.footer", "brand", s.Brand)}
	w.seal(p.Seal)
}

// Locked tells an account's first address that too many wrong passwords locked
// it, and how to unlock it.
type Locked struct {
	Account string
	Tries   int
	Last    Place  // of the last wrong password
	Start   string // link to the page where an unlock starts
}

// Kind is "locked".
func (Locked) Kind() string { return "locked" }

func (Locked) neutral() bool   { return false }
func (Locked) subject() string { return "locked.subject" }

func (l Locked) write(w *writer) {
	s := &w.sheet
	s.Heading = w.say("locked.heading")
	s.Lead = w.say("locked.lead", "tries", l.Tries)
	s.Preheader = s.Lead
	s.Button = w.way("locked.button", "link.text", l.Start)
	s.Tips = []string{w.say("locked.tip.keep"), w.say("locked.tip.other")}
	w.fact("fact.account", w.name(l.Account))
	w.fact("fact.tried", w.place(l.Last))
	w.knot(halt, l.Last.At, "locked.thread.locked")
	w.knot(next, time.Time{}, "unlock.thread.next")
	s.Footer = []string{w.say("locked.footer", "brand", s.Brand)}
}
