package claimant

import (
	"net/http"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// HelpPage leads to a person. It is the same for everybody.
type HelpPage struct {
	parts.Visit
	Contact string // the operator's page, or mailto:
	Start   string
}

func (HelpPage) Template() string { return "help" }

func (p HelpPage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("start.button"), URL: p.Start})
}

func (p *Pages) help(w http.ResponseWriter, r *http.Request) error {
	return p.Site.Write(w, http.StatusOK, HelpPage{Visit: p.visit(r), Contact: p.Contact, Start: "/recover"})
}
