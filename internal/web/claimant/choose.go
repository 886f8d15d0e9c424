package claimant

import (
	"net/http"
	"net/url"

	"keyback/internal/account"
	"keyback/internal/i18n"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// ChoosePage is for a mailbox with several accounts: one row each, one tap. It changes nothing on the server.
type ChoosePage struct {
	parts.Visit
	Address  string // the mailbox that was shown
	Accounts []parts.Way
	Help     string
}

func (ChoosePage) Template() string { return "choose" }

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
