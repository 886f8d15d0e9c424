package claimant

import (
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// LinkState is why a link from a mail leads no further.
type LinkState string

const (
	LinkRanOut       LinkState = "ran-out"
	LinkReplaced     LinkState = "replaced"      // a newer mail is on its way
	LinkUsed         LinkState = "used"          // it did its work once
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
	Again       Form      // asks for a new mail to the same address: with LinkRanOut
	Start       string    // the first page
	SignIn      string
	Prove       string // with LinkFrozen; may be ""
	Help        string
}

func (LinkPage) Template() string { return "link" }

func (p LinkPage) Heading() i18n.Message {
	return i18n.Say(map[LinkState]string{
		LinkRanOut: "link.ran-out.heading", LinkReplaced: "link.ran-out.heading", LinkUsed: "link.used.heading", LinkFrozen: "frozen.heading",
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
		LinkRanOut: "link.ran-out.lead", LinkUsed: "link.used.lead", LinkNotAlone: "link.not-alone.lead",
		LinkNotLocked: "link.not-locked.lead", LinkOperatorLock: "link.operator-lock.lead",
	}[p.State])
}

// Filled is the one filled button, unless the page's is a form.
func (p LinkPage) Filled() (way parts.Way) {
	help := parts.Way{Text: i18n.Say("help.button"), URL: p.Help}
	switch p.State {
	case LinkUsed:
		return parts.Way{Text: i18n.Say("link.sign-in"), URL: p.SignIn}
	case LinkFrozen:
		if p.Prove != "" {
			return parts.Way{Text: i18n.Say("frozen.button"), URL: p.Prove}
		}
	case LinkNotLocked:
		return parts.Way{Text: i18n.Say("link.not-locked.button"), URL: p.Start}
	case LinkRanOut, LinkReplaced:
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
	case LinkRanOut, LinkReplaced:
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
