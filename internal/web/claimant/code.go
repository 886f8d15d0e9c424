package claimant

import (
	"net/http"
	"strings"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/recovery"
)

// code takes the code. What is wrong with it, the page says in one word for every
// reason.
func (p *Pages) code(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "code")
	if err != nil {
		return err
	}
	from, _ := p.origin(w, r)
	id, typed := r.PathValue("id"), strings.TrimSpace(form["code"])
	problem := i18n.Say(CodeEmpty)
	if typed != "" {
		pass, err := p.Recovery.EnterCode(r.Context(), id, from, typed)
		if err == nil {
			p.Cookies.Set(w, cookiePass, pass, recovery.PassLife)
			return to(w, r, "/recover/open")
		}
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
	}
	page, err := p.seen(w, r)
	if err != nil {
		return err
	}
	if typed != "" {
		problem = i18n.Say(CodeWrong, "time", page.NewestSentAt)
	}
	page.CodeTyped, page.Problem, page.Here = cut(form["code"], 40), problem, page.Path
	return p.Site.Write(w, http.StatusUnprocessableEntity, page)
}

// resend asks for a new mail. Too early is no fault of anybody: the page says when.
func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	from, _ := p.origin(w, r)
	id, err := p.Recovery.Resend(r.Context(), r.PathValue("id"), from)
	if kind := fault.KindOf(err); err != nil && kind != fault.Limited && kind != fault.Refused {
		return err
	}
	return to(w, r, "/recover/"+id)
}
