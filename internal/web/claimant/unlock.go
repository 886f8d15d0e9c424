package claimant

import (
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// UnlockPage is a box and a button. Showing it spends nothing.
type UnlockPage struct {
	parts.Visit
	Form
	Account   string
	GoodUntil time.Time
	Problem   i18n.Message // UnlockTick, or why it could not be done
	Forgot    string       // to reset the password instead
	NotMe     string
}

// UnlockTick is the problem of a box that was not ticked.
const UnlockTick = "unlock.problem.tick"

func (UnlockPage) Template() string { return "unlock" }

func (p UnlockPage) Field() parts.Field {
	return parts.Field{Name: "yes", Label: i18n.Say("unlock.box", "account", p.Account), Problem: p.Problem}
}

func (p UnlockPage) Ways() []parts.Way {
	return parts.Ways(
		parts.Way{Text: i18n.Say("ask.way.password"), URL: p.Forgot},
		parts.Way{Text: i18n.Say("way.not-me"), URL: p.NotMe},
	)
}
