package claimant

import (
	"net/http"
	"time"

	"keyback/internal/account"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// PasswordPage is where a new password is typed. Showing it spends nothing; saving does.
type PasswordPage struct {
	parts.Visit
	Form
	Account   string         // the name that password managers file it under
	Least     int            // characters: 15 alone, 8 beside a second step
	Rules     []i18n.Message // the directory's own, told before typing
	Suggested string         // "amber-canal-otter-plinth"
	GoodUntil time.Time
	Problem   i18n.Message // why the typed one was refused; the field comes back empty
	NotMe     string       // where somebody goes who did not ask; may be ""
}

func (PasswordPage) Template() string { return "password" }

// PasswordKept is the problem of a suggestion that a click filled in and nobody says to have kept: a scanner that clicks
// everything would do as much.
const PasswordKept = "password.problem.kept"

// KeptField is the box that a suggestion needs beside it, shown once a click has filled it in.
func (p PasswordPage) KeptField() parts.Field {
	return parts.Field{Name: "kept", Label: i18n.Say("password.kept")}
}

func (p PasswordPage) AccountField() parts.Field {
	return parts.Field{Name: "username", Label: i18n.Say("password.account"), Value: p.Account, Autocomplete: "username", ReadOnly: true}
}

func (p PasswordPage) Field() parts.Field {
	var brief i18n.Message
	if !p.Problem.Empty() && p.Problem.Key != ChangeNotNow {
		brief = i18n.Say("password.problem.title")
	}
	return parts.Field{
		Brief: brief,
		Name:  "password", Label: i18n.Say("password.field"), Hint: i18n.Say("password.hint", "n", p.Least), Type: "password",
		Autocomplete: "new-password", Problem: p.Problem, Show: true,
	}
}

func (p PasswordPage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("way.not-me"), URL: p.NotMe})
}

// WhyRefused is the problem of a password that was not taken: one of the reasons of package credential, else a
// directory's own rule in its own words.
func WhyRefused(public string, least int) i18n.Message {
	switch public {
	case "password.short", "password.long", "password.unreadable", "password.common", "password.breached", "password.about-you":
		return i18n.Say(public, "n", least)
	}
	return i18n.Literal(public)
}

// setting is the password page.
func (p *Pages) setting(r *http.Request, o recovery.Opened, c *recovery.Choice, problem i18n.Message) PasswordPage {
	page := PasswordPage{
		Visit: p.visit(r), Form: Form{Action: "/recover/open/password", Hidden: hidden("account", string(c.ID))},
		Account: c.Name, Least: c.Least, Suggested: p.Suggest(), GoodUntil: o.Until, Problem: problem, NotMe: "/help",
	}
	if !problem.Empty() {
		page.Here = openPath(c.ID, true)
	}
	return page
}

// password sets the new password. Until it is taken, nothing is spent.
func (p *Pages) password(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "account", "password", "username", "filled", "kept")
	if err != nil {
		return err
	}
	return p.change(w, r, form["account"], true, func() error {
		if form["filled"] != "" && form["kept"] == "" {
			return errTick(PasswordKept)
		}
		_, err := p.Recovery.SetPassword(r.Context(), p.Cookies.Get(r, cookiePass), account.ID(form["account"]), form["password"], p.where(w, r))
		return err
	})
}
