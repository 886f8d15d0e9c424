package holder

import (
	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// SignInFailed is the one problem of a sign-in that failed, whatever the reason.
const (
	SignInFailed  = "signin.problem"
	SignInTooSoon = "signin.problem.too-soon" // {time}: when to go on
)

// SignInPage asks for name and password.
type SignInPage struct {
	parts.Visit
	Action  string
	Hidden  []parts.Hidden
	Login   string // as typed; the password is never given back
	Problem i18n.Message
	Forgot  string // to recover a password
	Locked  string // to unlock
}

func (SignInPage) Template() string { return "signin" }

// LoginField carries no problem: neither name nor password is blamed alone.
func (p SignInPage) LoginField() parts.Field {
	return parts.Field{
		Name: "login", Label: i18n.Say("signin.login"), Value: p.Login, Autocomplete: "username", InputMode: "email", Most: 320,
	}
}

func (p SignInPage) PasswordField() parts.Field {
	return parts.Field{Name: "password", Label: i18n.Say("signin.password"), Type: "password", Autocomplete: "current-password", Show: true}
}

func (p SignInPage) Ways() []parts.Way {
	return parts.Ways(
		parts.Way{Text: i18n.Say("ask.way.password"), URL: p.Forgot},
		parts.Way{Text: i18n.Say("ask.way.locked"), URL: p.Locked},
	)
}
