package claimant

import (
	"strings"
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// Lead is how the inbox page speaks of the mail. It depends on what was typed and on budgets, never on accounts.
type Lead uint8

const (
	Writing Lead = iota // an address was typed, live state shows
	Spent               // an address was typed, but this network's or address's budget is spent: no live state
	ByName              // a name was typed: no live state, provider or bounce, ever
)

// Stage is how far the mail is.
type Stage uint8

const (
	Asked      Stage = iota // asked for, in the queue
	Handing                 // at the recipient's server now
	HandedOver              // that server has taken it
	Deferred                // that server asked us to wait
	CameBack                // that server refused it: Next is not coming
	RanOut                  // it could not be handed over in time
	Stuck                   // our own mail is down
	Elsewhere               // somebody got in by this mail's link, in another browser
	Halted                  // the holder stopped it
)

// Final tells whether the mail's way ends here, and its live state with it.
func (s Stage) Final() bool { return s == CameBack || s == RanOut || s == Elsewhere || s == Halted }

// CodeWrong is the problem of a code that does not fit, one word for every reason; {time} is when the newest mail went.
const (
	CodeWrong = "inbox.problem.code"
	CodeEmpty = "inbox.problem.empty"
	CodeSpent = "inbox.problem.spent" // too many tries: only the link helps
	NotYet    = "inbox.problem.not-yet"
)

// A Mail is the way of the newest mail of a recovery.
type Mail struct {
	Stage     Stage
	AskedAt   time.Time
	HandedAt  time.Time // when the last attempt ended; with Elsewhere, when the link was used
	NextTry   time.Time // with Deferred
	Again     time.Time // a new mail was asked for; zero is none
	GoodUntil time.Time // of link and code; zero until they live
}

// InboxPage is "Check your inbox": what happens to the mail, a field for the code, a new mail.
type InboxPage struct {
	parts.Visit
	Lead    Lead
	Typed   string // as typed
	Mail    Mail
	Live    string // server-sent events of the live part; "" without
	Mailbox parts.Mailbox
	Sender  string // "Acme <account@acme.example>", as the letter says it
	Subject string

	Code         Form
	CodeTyped    string
	Problem      i18n.Message
	NewestSentAt time.Time

	Resend      Form
	ResendAfter time.Time // when a new mail may be asked for; zero is never

	Change      string // to the first page, to change the address
	NotArriving string // each may be ""
	Another     string
	Cannot      string
	SignIn      string
	Help        string
}

func (InboxPage) Template() string { return "inbox" }

// LivePart is the template of what server-sent events renew.
const LivePart = "inbox.live"

// Domain is whose server we speak to.
func (p InboxPage) Domain() string {
	return strings.ToLower(p.Typed[strings.LastIndexByte(p.Typed, '@')+1:])
}

// Shown is the stage as this page may show it: where live state may not show, the mail is simply asked for.
func (p InboxPage) Shown() Stage {
	if p.Lead == Writing || p.Mail.Stage == Elsewhere || p.Mail.Stage == Halted || p.Mail.Stage == Stuck {
		return p.Mail.Stage
	}
	return Asked
}

// State is the stage's plain name, for styles.
func (p InboxPage) State() string {
	return [...]string{"asked", "handing", "handed", "deferred", "came-back", "ran-out", "stuck", "elsewhere", "halted"}[p.Shown()]
}

func (p InboxPage) Heading() i18n.Message {
	return i18n.Say([...]string{
		"inbox.heading", "inbox.heading", "inbox.heading", "inbox.heading", "inbox.heading.came-back",
		"inbox.heading.ran-out", "inbox.heading.stuck", "inbox.heading.elsewhere", "stopped.heading",
	}[p.Shown()])
}

// Over tells that no code of this mail can work any more.
func (p InboxPage) Over() bool { return p.Shown().Final() }

// OpenMailbox tells whether the filled button leads to the provider.
func (p InboxPage) OpenMailbox() bool {
	return p.Mailbox.URL != "" && p.Lead != ByName && !p.Over() && p.Shown() != Stuck
}

// CodeFirst tells whether the filled button is the code's: where we know no page to read the mail on.
func (p InboxPage) CodeFirst() bool {
	return !p.OpenMailbox() && !p.Over() && p.Shown() != Stuck
}

// Arrived tells whether the mail may be in the inbox by now, for all that this page knows.
func (p InboxPage) Arrived() bool {
	return p.Shown() == HandedOver || p.Lead != Writing
}

// MayResend tells whether a new mail is offered. While one is on its way to the other server a new one would only be
// late; beside the code, which events do not renew, the offer waits hidden for its time.
func (p InboxPage) MayResend() bool {
	return (p.Arrived() || p.CodeFirst()) && !p.Over() && p.Resend.Action != "" && !p.ResendAfter.IsZero()
}

// News is what a screen reader hears when the stage changes.
func (p InboxPage) News() i18n.Message {
	for _, knot := range p.Thread() {
		if knot.Kind == parts.Now || knot.Kind == parts.Stopped {
			return knot.Text
		}
	}
	return p.Heading()
}

func (p InboxPage) Field() parts.Field {
	hint := i18n.Say("inbox.code.hint")
	if !p.Mail.GoodUntil.IsZero() && p.Lead == Writing {
		hint = i18n.Say("inbox.code.hint.until", "time", p.Mail.GoodUntil)
	}
	var brief i18n.Message
	if p.Problem.Key == CodeWrong {
		brief = i18n.Say("inbox.problem.code.title")
	}
	return parts.Field{
		Brief: brief,
		Name:  "code", Label: i18n.Say("inbox.code"), Hint: hint, Value: p.CodeTyped, Autocomplete: "one-time-code",
		InputMode: "numeric", Problem: p.Problem, Code: true, Most: 40,
	}
}

func (p InboxPage) Ways() []parts.Way {
	if p.Over() || p.Shown() == Stuck {
		return nil
	}
	return parts.Ways(
		parts.Way{Text: i18n.Say("way.not-arriving"), URL: p.NotArriving},
		parts.Way{Text: i18n.Say("way.another-address"), URL: p.Another},
		parts.Way{Text: i18n.Say("way.cannot-read"), URL: p.Cannot},
	)
}

// Thread is the mail's way as this page may show it.
func (p InboxPage) Thread() []parts.Knot {
	mail := p.Mail
	mail.Stage = p.Shown()
	if p.Lead != Writing && mail.Stage == Asked {
		return []parts.Knot{
			{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: mail.AskedAt},
			{Kind: parts.Now, Text: i18n.Say("knot.if-account")},
			{Kind: parts.Next, Text: i18n.Say("knot.inbox")},
		}
	}
	return MailThread(mail, p.Domain())
}
