package claimant

import (
	"errors"
	"net/http"
	"time"

	"keyback/internal/fault"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/web/parts"
)

// DonePage says what changed, and leads to the sign-in that proves it. It is never an automatic sign-in.
type DonePage struct {
	parts.Visit
	AskedAt, ShownAt, ChangedAt time.Time
	SignedOut                   int // other places that were signed in
	Told                        int // confirmed addresses that are written to
	SignIn                      string
	SignInNeverWorked           string // help, where the new password does not work; may be ""
}

func (DonePage) Template() string { return "done" }

func (p DonePage) Thread() []parts.Knot {
	return []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: p.AskedAt},
		{Kind: parts.Done, Text: i18n.Say("knot.mailbox-shown"), At: p.ShownAt},
		{Kind: parts.Done, Text: i18n.Say("knot.changed"), At: p.ChangedAt},
		{Kind: parts.Now, Text: i18n.Say("knot.sign-in")},
	}
}

func (p DonePage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("way.does-not-work"), URL: p.SignInNeverWorked})
}

// UnlockedPage says that an account is open again, with its old password.
type UnlockedPage struct {
	parts.Visit
	AskedAt, ShownAt, UnlockedAt time.Time
	SignIn                       string
	Forgot                       string // to reset the password; may be ""
}

func (UnlockedPage) Template() string { return "unlocked" }

func (p UnlockedPage) Thread() []parts.Knot {
	return []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: p.AskedAt},
		{Kind: parts.Done, Text: i18n.Say("knot.mailbox-shown"), At: p.ShownAt},
		{Kind: parts.Done, Text: i18n.Say("knot.unlocked"), At: p.UnlockedAt},
		{Kind: parts.Now, Text: i18n.Say("knot.sign-in")},
	}
}

func (p UnlockedPage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("ask.way.password"), URL: p.Forgot})
}

// ChangeNotNow is the problem of a change that the directory did not make.
const ChangeNotNow = "change.problem.not-now"

// errTick is a box that was not ticked; the text is the catalogue's key.
type errTick string

func (e errTick) Error() string { return "the box was not ticked: " + string(e) }

// change does what spends a pass. What is wrong with the answer comes back on the
// page; a pass that is worth nothing any more shows why.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, chosen string, password bool, do func() error) error {
	err := do()
	if err == nil {
		return to(w, r, "/recover/done")
	}
	problem := i18n.Message{}
	tick, unticked := errors.AsType[errTick](err)
	kind := fault.KindOf(err)
	switch {
	case unticked:
		problem = i18n.Say(string(tick))
	case kind == fault.Unavailable:
		problem = i18n.Say(ChangeNotNow)
	case kind != fault.Invalid && kind != fault.Refused && kind != fault.Conflict:
		return err
	}
	o, c, looked := p.look(r, chosen)
	if looked != nil {
		return looked
	}
	if kind == fault.Invalid {
		least := 0
		if c != nil {
			least = c.Least
		}
		problem = WhyRefused(fault.Public(err), least)
	}
	return p.show(w, r, o, c, password, problem)
}

// done tells the browser that spent its pass what that did.
func (p *Pages) done(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Recovery.Finished(r.Context(), p.Cookies.Get(r, cookiePass))
	if err != nil {
		return err
	}
	visit := p.visit(r)
	if c, err := p.Recovery.Seal(r.Context()); err == nil {
		visit.Seal = c
	}
	signIn := p.Site.Brand().SignInAs(d.Name)
	if d.Want == policy.Unlock {
		return p.Site.Write(w, http.StatusOK, UnlockedPage{
			Visit: visit, AskedAt: d.Asked, ShownAt: d.Shown, UnlockedAt: d.At, SignIn: signIn, Forgot: "/recover?loss=password",
		})
	}
	return p.Site.Write(w, http.StatusOK, DonePage{
		Visit: visit, AskedAt: d.Asked, ShownAt: d.Shown, ChangedAt: d.At, SignedOut: d.Places, Told: d.Told, SignIn: signIn,
		SignInNeverWorked: "/help",
	})
}
