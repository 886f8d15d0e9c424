package claimant

import (
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// DonePage says what changed, and leads to the sign-in that proves it. It is never an automatic sign-in.
type DonePage struct {
	parts.Visit
	AskedAt, ShownAt, ChangedAt time.Time
	SignedOut                   int // other places that were signed in
	Told                        int // confirmed addresses that are written to
	SignIn                      string
	SignInNeverWorked           string // help, where the new password does not work; may be ""
}

func (DonePage) Template() string { return "done" }

func (p DonePage) Thread() []parts.Knot {
	return []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: p.AskedAt},
		{Kind: parts.Done, Text: i18n.Say("knot.mailbox-shown"), At: p.ShownAt},
		{Kind: parts.Done, Text: i18n.Say("knot.changed"), At: p.ChangedAt},
		{Kind: parts.Now, Text: i18n.Say("knot.sign-in")},
	}
}

func (p DonePage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("way.does-not-work"), URL: p.SignInNeverWorked})
}

// UnlockedPage says that an account is open again, with its old password.
type UnlockedPage struct {
	parts.Visit
	AskedAt, ShownAt, UnlockedAt time.Time
	SignIn                       string
	Forgot                       string // to reset the password; may be ""
}

func (UnlockedPage) Template() string { return "unlocked" }

func (p UnlockedPage) Thread() []parts.Knot {
	return []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: p.AskedAt},
		{Kind: parts.Done, Text: i18n.Say("knot.mailbox-shown"), At: p.ShownAt},
		{Kind: parts.Done, Text: i18n.Say("knot.unlocked"), At: p.UnlockedAt},
		{Kind: parts.Now, Text: i18n.Say("knot.sign-in")},
	}
}

func (p UnlockedPage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("ask.way.password"), URL: p.Forgot})
}
