package claimant

import (
	"net/http"
	"net/url"
	"strings"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
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

const maxLogin = 320 // characters, as the field has it

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	return p.Site.Write(w, http.StatusOK, p.asking(r, r.URL.Query().Get("loss"), r.URL.Query().Get("name")))
}

func (p *Pages) asking(r *http.Request, loss, login string) AskPage {
	page := AskPage{
		Visit: p.visit(r), Form: Form{Action: "/recover", Hidden: hidden("loss", string(LostPassword))},
		Loss: LostPassword, Login: cut(login, maxLogin), Other: "/recover?loss=locked", Cannot: "/help",
	}
	if Loss(loss) == Locked {
		page.Loss, page.Hidden, page.Other = Locked, hidden("loss", string(Locked)), "/recover?loss=password"
	}
	return page
}

// start opens a recovery. Whatever was typed, if it can be an address or a name at
// all, the answer is the same.
func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "login", "loss")
	if err != nil {
		return err
	}
	page := p.asking(r, form["loss"], form["login"])
	page.Here = "/recover?" + url.Values{"loss": {string(page.Loss)}, "name": {page.Login}}.Encode()
	login := strings.TrimSpace(form["login"])
	if login == "" {
		page.Problem = i18n.Say(AskEmpty)
		return p.Site.Write(w, http.StatusUnprocessableEntity, page)
	}
	want := policy.ResetPassword
	if page.Locked() {
		want = policy.Unlock
	}
	from, returning := p.origin(w, r)
	id, err := p.Recovery.Open(r.Context(), recovery.Start{Login: login, Want: want, From: from, Returning: returning})
	if fault.KindOf(err) == fault.Invalid {
		page.Problem = i18n.Say(AskNotWhole)
		return p.Site.Write(w, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	return to(w, r, "/recover/"+id)
}
