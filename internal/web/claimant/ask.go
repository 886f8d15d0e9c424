package claimant

import (
	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// Loss is what the first page was asked for.
type Loss string

const (
	LostPassword Loss = "password"
	Locked       Loss = "locked"
)

// What may be wrong with the answer. None of it depends on accounts.
const (
	AskEmpty    = "ask.problem.empty"
	AskNotWhole = "ask.problem.not-whole" // an @, but no address
	AskNoMail   = "ask.problem.no-mail"   // {domain} takes no mail
	AskTooSoon  = "ask.problem.too-soon"  // {time}: when one may ask again
)

// AskPage is the first page: one field, an address or a name.
type AskPage struct {
	parts.Visit
	Form
	Loss       Loss
	Login      string // as typed
	Problem    i18n.Message
	DidYouMean string // an address one slip away from the typed one; "" is none
	Other      string // the page for the other loss
	Cannot     string // where somebody goes who cannot read the mailbox; may be ""
}

func (AskPage) Template() string { return "ask" }

func (p AskPage) Locked() bool { return p.Loss == Locked }

func (p AskPage) Field() parts.Field {
	return parts.Field{
		Name: "login", Label: i18n.Say("ask.login"), Value: p.Login, Autocomplete: "username", InputMode: "email",
		Problem: p.Problem, Most: 320,
	}
}

func (p AskPage) Ways() []parts.Way {
	other := i18n.Say("ask.way.locked")
	if p.Locked() {
		other = i18n.Say("ask.way.password")
	}
	return parts.Ways(
		parts.Way{Text: other, URL: p.Other},
		parts.Way{Text: i18n.Say("way.cannot-read"), URL: p.Cannot},
	)
}
