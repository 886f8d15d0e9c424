package claimant

import (
	"net/http"
	"strings"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
)

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
