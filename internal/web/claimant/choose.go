package claimant

import "keyback/internal/web/parts"

// ChoosePage is for a mailbox with several accounts: one row each, one tap. It changes nothing on the server.
type ChoosePage struct {
	parts.Visit
	Address  string // the mailbox that was shown
	Accounts []parts.Way
	Help     string
}

func (ChoosePage) Template() string { return "choose" }
