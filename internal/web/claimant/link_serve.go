package claimant

import (
	"net/http"
	"net/url"

	"keyback/internal/account"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// follow takes the token of a letter's link out of the address bar and gives the
// browser its pass. Nothing changes on our side: a scanner may do this as often as
// it likes.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request) error {
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
	if o.Standing != recovery.Good {
		return p.shut(w, r, o)
	}
	if c == nil {
		return p.Site.Write(w, status, p.choosing(r, o, password))
	}
	link := LinkPage{Visit: p.visit(r), Start: "/recover", SignIn: p.Site.Brand().SignIn, Help: "/help"}
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
	page := LinkPage{Visit: p.visit(r), Start: "/recover", SignIn: p.Site.Brand().SignIn, Help: "/help", Newer: o.Sent}
	switch o.Standing {
	case recovery.Replaced:
		page.State = LinkReplaced
	case recovery.Used, recovery.Underway:
		page.State = LinkUsed
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
	if err != nil {
		return err
	}
	return to(w, r, "/recover/"+id)
}

// choosing is a row for each account of the mailbox. The choice stays in the browser.
func (p *Pages) choosing(r *http.Request, o recovery.Opened, password bool) ChoosePage {
	page := ChoosePage{Visit: p.visit(r), Address: o.Address, Help: "/help"}
	for _, c := range o.Choices {
		page.Accounts = append(page.Accounts, parts.Way{Text: i18n.Literal(c.Name), URL: openPath(c.ID, password)})
	}
	return page
}

func openPath(id account.ID, password bool) string {
	q := url.Values{"account": {string(id)}}
	if password {
		q.Set("as", "password")
	}
	return "/recover/open?" + q.Encode()
}

// setting is the password page.
func (p *Pages) setting(r *http.Request, o recovery.Opened, c *recovery.Choice, problem i18n.Message) PasswordPage {
	return PasswordPage{
		Visit: p.visit(r), Form: Form{Action: "/recover/open/password", Hidden: hidden("account", string(c.ID))},
		Account: c.Name, Least: c.Least, Suggested: p.Suggest(), GoodUntil: o.Until, Problem: problem, NotMe: "/help",
	}
}

// unlocking is the unlock page.
func (p *Pages) unlocking(r *http.Request, o recovery.Opened, c *recovery.Choice, problem i18n.Message) UnlockPage {
	return UnlockPage{
		Visit: p.visit(r), Form: Form{Action: "/recover/open/unlock", Hidden: hidden("account", string(c.ID))},
		Account: c.Name, GoodUntil: o.Until, Problem: problem, Forgot: openPath(c.ID, true), NotMe: "/help",
	}
}

func hidden(name, value string) []parts.Hidden { return []parts.Hidden{{Name: name, Value: value}} }

// cut keeps the first n characters of what somebody typed.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// password sets the new password. Until it is taken, nothing is spent.
func (p *Pages) password(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "account", "password", "username")
	if err != nil {
		return err
	}
	return p.change(w, r, form["account"], true, func() error {
		_, err := p.Recovery.SetPassword(r.Context(), p.Cookies.Get(r, cookiePass), account.ID(form["account"]), form["password"], p.where(w, r))
		return err
	})
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

func (p *Pages) where(w http.ResponseWriter, r *http.Request) recovery.Origin {
	from, _ := p.origin(w, r)
	return from
}
