package claimant

import (
	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// MailThread is the way of a mail to a domain, the same for known and unknown accounts.
func MailThread(m Mail, domain string) []parts.Knot {
	knots := []parts.Knot{{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: m.AskedAt, Seconds: true}}
	if !m.Again.IsZero() {
		knots = append(knots, parts.Knot{Kind: parts.Aside, Text: i18n.Say("knot.again"), At: m.Again, Seconds: true})
	}
	handed := parts.Knot{Kind: parts.Done, Text: i18n.Say("knot.handed"), At: m.HandedAt, Seconds: true}
	inbox := parts.Knot{Kind: parts.Next, Text: i18n.Say("knot.inbox")}
	switch m.Stage {
	case Asked:
		return append(knots, parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.writing")}, inbox)
	case Handing:
		return append(knots, parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.handing")}, inbox)
	case HandedOver:
		return append(knots, handed, parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.inbox")})
	case Deferred:
		wait := parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.deferred", "domain", domain)}
		if !m.NextTry.IsZero() {
			wait.Help = i18n.Say("knot.deferred.help", "time", m.NextTry)
		}
		return append(knots, handed, wait, inbox)
	case CameBack:
		return append(knots, handed, parts.Knot{Kind: parts.Stopped, Text: i18n.Say("knot.came-back", "domain", domain)})
	case RanOut:
		return append(knots, parts.Knot{Kind: parts.Stopped, Text: i18n.Say("knot.ran-out", "domain", domain)})
	case Stuck:
		return append(knots, parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.stuck")}, inbox)
	case Halted:
		return append(knots, parts.Knot{Kind: parts.Stopped, Text: i18n.Say("knot.halted")})
	case Elsewhere:
		return append(knots, parts.Knot{Kind: parts.Done, Text: i18n.Say("knot.elsewhere"), At: m.HandedAt, Seconds: true})
	}
	return knots
}
