package letter

import (
	"errors"
	"time"
)

// Want is what the claimant asked for.
type Want uint8

// What can be asked for by mail.
const (
	Password Want = iota // a new password
	Unlock               // the account unlocked, its password left as it is
)

func (w Want) pick(password, unlock string) string {
	if w == Unlock {
		return unlock
	}
	return password
}

// Place is where somebody sat: the browser's label, the rough place of the
// network, and when. Browser and Near may be empty.
type Place struct {
	Browser string // "Firefox on Windows"
	Near    string // "Lyon"
	At      time.Time
}

// Account is one account that a recovery letter may open.
type Account struct {
	Name        string
	NeedsMore   bool      // mail alone does not open it: it has a second step
	FrozenUntil time.Time // zero when it is not frozen
}

// MaxAccounts is how many accounts one letter can offer.
const MaxAccounts = 8

// Life is how long link and code live once the next server accepted the mail.
const Life = 30 * time.Minute

// Recover is the way back in, for 1 to MaxAccounts accounts of one mailbox. With
// several, the page behind the link asks which. All accounts share link and code.
type Recover struct {
	Want     Want
	Accounts []Account
	Link     string
	Code     string // 8 digits; empty where the link alone counts
	Asked    Place
	Stop     string // link of "This wasn't me"
}

// Kind is "recover".
func (Recover) Kind() string { return "recover" }

func (Recover) neutral() bool     { return true }
func (r Recover) subject() string { return r.Want.pick("recover.subject", "unlock.subject") }

func (r Recover) write(w *writer) {
	s := &w.sheet
	several := len(r.Accounts) > 1
	key := r.Want.pick("recover.", "unlock.")
	s.Heading = w.say(key + "heading")
	if several {
		s.Lead = w.say("recover.lead.several")
		s.Button = w.way("recover.button.several", "link.text", r.Link)
	} else {
		s.Lead = w.say(key + "lead")
		s.Button = w.way(key+"button", "link.text", r.Link)
	}
	r.writeCode(w)
	r.writeAccounts(w)
	w.fact("fact.asked", w.place(r.Asked))
	w.knot(done, r.Asked.At, "recover.thread.asked")
	w.knot(now, time.Time{}, "recover.thread.here")
	w.knot(next, time.Time{}, key+"thread.next")
	s.StopLead = w.say("recover.stop")
	s.Stop = w.way("stop.button", "", r.Stop)
	s.Footer = []string{w.say("recover.footer", "brand", s.Brand)}
}

func (r Recover) writeCode(w *writer) {
	s, minutes := &w.sheet, int(Life/time.Minute)
	if r.Code == "" {
		s.Life = w.say("link.life", "minutes", minutes)
		s.Warning = w.say("link.warning")
		s.Preheader = s.Life
		return
	}
	if !isCode(r.Code) {
		w.fail(errors.New("the code is not 8 digits"))
		return
	}
	s.CodeLead, s.Code = w.say("code.lead"), r.Code
	s.Life = w.say("code.life", "minutes", minutes)
	s.Warning = w.say("code.warning")
	s.Preheader = w.say("code.preheader", "code", r.Code, "minutes", minutes)
	if w.letters.hush {
		s.Preheader = s.Lead
	}
}

// writeAccounts names each account. What stands in its way is a note when it is
// the only one, and a few words behind its name when it is one of several.
func (r Recover) writeAccounts(w *writer) {
	n := len(r.Accounts)
	if n < 1 || n > MaxAccounts {
		w.fail(errors.New("it needs 1 to 8 accounts"))
		return
	}
	if n == 1 {
		a, notes := r.Accounts[0], []string(nil)
		if a.NeedsMore {
			notes = append(notes, w.say("note.more"))
		}
		if !a.FrozenUntil.IsZero() {
			notes = append(notes, w.say("note.frozen", "date", w.date(a.FrozenUntil)))
		}
		if last := len(notes) - 1; last >= 0 {
			notes[last] = w.say("note.page", "note", notes[last])
		}
		w.sheet.Notes = notes
		w.fact("fact.account", w.name(a.Name))
		return
	}
	names := make([]string, 0, n)
	for _, a := range r.Accounts {
		switch name := w.name(a.Name); {
		case !a.FrozenUntil.IsZero():
			names = append(names, w.say("account.frozen", "name", name))
		case a.NeedsMore:
			names = append(names, w.say("account.more", "name", name))
		default:
			names = append(names, name)
		}
	}
	w.fact("fact.accounts", names...)
}

func isCode(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) == 8
}

// NoAccount answers where no account here has the address. Its text is constant:
// nothing that the one who asked has chosen is in it.
type NoAccount struct {
	Want  Want
	Start string // link to the page where recovery starts
}

// Kind is "no-account".
func (NoAccount) Kind() string { return "no-account" }

func (NoAccount) neutral() bool     { return true }
func (n NoAccount) subject() string { return n.Want.pick("recover.subject", "unlock.subject") }

func (n NoAccount) write(w *writer) {
	s := &w.sheet
	s.Heading = w.say("none.heading")
	s.Lead = w.say("none.lead", "brand", s.Brand)
	s.Preheader = s.Lead
	s.Button = w.way("none.button", "link.text", n.Start)
	s.Tips = []string{w.say("none.tip.other"), w.say("none.tip.mails", "brand", s.Brand), w.say("none.tip.mistake")}
	s.Footer = []string{w.say("none.footer", "brand", s.Brand)}
}
