package claimant

import (
	"net/http"
	"time"

	"keyback/internal/account"
	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// LinkState is why a link from a mail leads no further.
type LinkState string

const (
	LinkRanOut       LinkState = "ran-out"
	LinkReplaced     LinkState = "replaced"      // a newer mail is on its way
	LinkVoid         LinkState = "void"          // the holder signed in, or got in another way, since
	LinkUsed         LinkState = "used"          // it did its work once
	LinkUnderway     LinkState = "underway"      // it is at work, and nobody knows yet what came of it
	LinkFrozen       LinkState = "frozen"        // the account is frozen
	LinkNotAlone     LinkState = "not-alone"     // a protected account: a mailbox is not enough
	LinkNotLocked    LinkState = "not-locked"    // nothing to unlock
	LinkOperatorLock LinkState = "operator-lock" // locked by the operator: only a person can open it
)

// LinkPage says why a link leads no further, and what does.
type LinkPage struct {
	parts.Visit
	State       LinkState
	Newer       time.Time // with LinkReplaced: when the newer mail went
	FrozenUntil time.Time // with LinkFrozen
	Again       Form      // asks for a new mail to the same address: with LinkRanOut and LinkVoid
	Start       string    // the first page
	SignIn      string
	Prove       string // with LinkFrozen; may be ""
	Help        string
}

func (LinkPage) Template() string { return "link" }

func (p LinkPage) Heading() i18n.Message {
	return i18n.Say(map[LinkState]string{
		LinkRanOut: "link.ran-out.heading", LinkReplaced: "link.ran-out.heading", LinkVoid: "link.void.heading", LinkUsed: "link.used.heading", LinkUnderway: "link.underway.heading", LinkFrozen: "frozen.heading",
		LinkNotAlone: "link.not-alone.heading", LinkNotLocked: "link.not-locked.heading", LinkOperatorLock: "link.operator-lock.heading",
	}[p.State])
}

func (p LinkPage) Lead() i18n.Message {
	switch p.State {
	case LinkReplaced:
		return i18n.Say("link.replaced.lead", "time", p.Newer)
	case LinkFrozen:
		return i18n.Say("frozen.lead", "day", i18n.Day(p.FrozenUntil))
	}
	return i18n.Say(map[LinkState]string{
		LinkRanOut: "link.ran-out.lead", LinkVoid: "link.void.lead", LinkUsed: "link.used.lead", LinkUnderway: "link.underway.lead", LinkNotAlone: "link.not-alone.lead",
		LinkNotLocked: "link.not-locked.lead", LinkOperatorLock: "link.operator-lock.lead",
	}[p.State])
}

// Filled is the one filled button, unless the page's is a form.
func (p LinkPage) Filled() (way parts.Way) {
	help := parts.Way{Text: i18n.Say("help.button"), URL: p.Help}
	switch p.State {
	case LinkUsed:
		return parts.Way{Text: i18n.Say("link.sign-in"), URL: p.SignIn}
	case LinkUnderway:
		return parts.Way{Text: i18n.Say("link.underway.button"), URL: p.Start}
	case LinkFrozen:
		if p.Prove != "" {
			return parts.Way{Text: i18n.Say("frozen.button"), URL: p.Prove}
		}
	case LinkNotLocked:
		return parts.Way{Text: i18n.Say("link.not-locked.button"), URL: p.Start}
	case LinkRanOut, LinkReplaced, LinkVoid:
		if p.Again.Action != "" {
			return parts.Way{Text: i18n.Say("resend.button"), URL: p.Again.Action, Post: true, Hidden: p.Again.Hidden}
		}
		return parts.Way{Text: i18n.Say("start.button"), URL: p.Start}
	}
	return help
}

// Ways are the rows below.
func (p LinkPage) Ways() []parts.Way {
	help := parts.Way{Text: i18n.Say("help.button"), URL: p.Help}
	start := parts.Way{Text: i18n.Say("start.button"), URL: p.Start}
	switch p.State {
	case LinkUsed:
		return parts.Ways(start, help)
	case LinkUnderway:
		return parts.Ways(help)
	case LinkRanOut, LinkReplaced, LinkVoid:
		if p.Again.Action != "" {
			return parts.Ways(parts.Way{Text: i18n.Say("way.another-address"), URL: p.Start}, help)
		}
		return parts.Ways(help)
	case LinkFrozen:
		if p.Prove != "" {
			return parts.Ways(help)
		}
	case LinkNotLocked:
		return parts.Ways(parts.Way{Text: i18n.Say("link.sign-in"), URL: p.SignIn}, help)
	}
	return nil
}

// follow takes the token of a letter's link out of the address bar and gives the
// browser its pass. Nothing changes on our side: a scanner may do this as often as
// it likes.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
	httpx.Unsaid(w)
	pass, ok := p.Recovery.Follow(r.PathValue("link"))
	if !ok {
		return p.Site.Write(w, http.StatusNotFound, FaultPage{Visit: p.visit(r), Status: http.StatusNotFound, Start: "/recover", Help: p.Site.Brand().Help})
	}
	p.Cookies.Set(w, cookiePass, pass, recovery.PassLife)
	return to(w, r, "/recover/open")
}

// opened shows what a pass opens: the accounts to choose from, the password page,
// the unlock page, or why it leads no further.
func (p *Pages) opened(w http.ResponseWriter, r *http.Request) error {
	o, c, err := p.look(r, r.URL.Query().Get("account"))
	if err != nil {
		return err
	}
	return p.show(w, r, o, c, r.URL.Query().Get("as") == "password", i18n.Message{})
}

// look reads the pass, and the account that is meant: the only one, or the chosen.
func (p *Pages) look(r *http.Request, chosen string) (recovery.Opened, *recovery.Choice, error) {
	o, err := p.Recovery.Look(r.Context(), p.Cookies.Get(r, cookiePass))
	if err != nil {
		return o, nil, err
	}
	for i := range o.Choices {
		if len(o.Choices) == 1 || o.Choices[i].ID == account.ID(chosen) {
			return o, &o.Choices[i], nil
		}
	}
	return o, nil, nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, o recovery.Opened, c *recovery.Choice, password bool, problem i18n.Message) error {
	status := http.StatusOK
	if !problem.Empty() {
		status = http.StatusUnprocessableEntity
	}
	if problem.Key == ChangeNotNow {
		status = http.StatusServiceUnavailable
	}
	if o.Standing != recovery.Good {
		return p.shut(w, r, o)
	}
	if c == nil {
		return p.Site.Write(w, status, p.choosing(r, o, password))
	}
	link := LinkPage{Visit: p.visit(r), Start: "/recover", SignIn: p.Site.Brand().SignInAs(""), Help: "/help"}
	switch {
	case !c.FrozenUntil.IsZero():
		link.State, link.FrozenUntil = LinkFrozen, c.FrozenUntil
	case !c.ByMail:
		link.State = LinkNotAlone
	case o.Want == policy.ResetPassword || password:
		return p.Site.Write(w, status, p.setting(r, o, c, problem))
	case c.Locked == account.LockedByOperator:
		link.State = LinkOperatorLock
	case c.Locked == account.NotLocked:
		link.State, link.Start = LinkNotLocked, openPath(c.ID, true)
	default:
		return p.Site.Write(w, status, p.unlocking(r, o, c, problem))
	}
	return p.Site.Write(w, http.StatusOK, link)
}

// shut says why a pass opens nothing.
func (p *Pages) shut(w http.ResponseWriter, r *http.Request, o recovery.Opened) error {
	page := LinkPage{Visit: p.visit(r), Start: "/recover", SignIn: p.Site.Brand().SignInAs(""), Help: "/help", Newer: o.Sent}
	switch o.Standing {
	case recovery.Replaced:
		page.State = LinkReplaced
	case recovery.Void:
		page.State, page.Again = LinkVoid, Form{Action: "/recover/open/again"}
	case recovery.Used:
		if _, err := p.Recovery.Finished(r.Context(), p.Cookies.Get(r, cookiePass)); err == nil {
			return to(w, r, "/recover/done") // by this browser: a second click, a page gone back to
		}
		page.State = LinkUsed
	case recovery.Underway:
		page.State, page.Start = LinkUnderway, "/recover/open"
	case recovery.Unopenable:
		page.State = LinkNotAlone
	case recovery.Stopped:
		return p.Site.Write(w, http.StatusOK, WasStoppedPage{Visit: p.visit(r), AskedAt: o.Sent, StoppedAt: o.Ended, Help: "/help"})
	default:
		page.State = LinkRanOut
		if o.Standing == recovery.RunOut {
			page.Again = Form{Action: "/recover/open/again"}
		}
	}
	return p.Site.Write(w, http.StatusOK, page)
}

// again asks for a new mail to where the old one went.
func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	from, _ := p.origin(w, r)
	id, err := p.Recovery.Again(r.Context(), p.Cookies.Get(r, cookiePass), from)
	if fault.KindOf(err) == fault.Refused {
		return to(w, r, "/recover") // nothing is known here of what was asked
	}
	if err != nil {
		return err
	}
	return to(w, r, "/recover/"+id)
}
