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

// unlocking is the unlock page.
func (p *Pages) unlocking(r *http.Request, o recovery.Opened, c *recovery.Choice, problem i18n.Message) UnlockPage {
	page := UnlockPage{
		Visit: p.visit(r), Form: Form{Action: "/recover/open/unlock", Hidden: hidden("account", string(c.ID))},
		Account: c.Name, GoodUntil: o.Until, Problem: problem, Forgot: openPath(c.ID, true), NotMe: "/help",
	}
	if !problem.Empty() {
		page.Here = openPath(c.ID, false)
	}
	return page
}

// unlock lifts the lock, for whoever has ticked the box.
func (p *Pages) unlock(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "account", "yes")
	if err != nil {
		return err
	}
	return p.change(w, r, form["account"], false, func() error {
		if form["yes"] == "" {
			return errTick(UnlockTick)
		}
		_, err := p.Recovery.Unlock(r.Context(), p.Cookies.Get(r, cookiePass), account.ID(form["account"]), p.where(w, r))
		return err
	})
}
