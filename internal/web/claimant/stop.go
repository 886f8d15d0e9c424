package claimant

import (
	"net/http"
	"time"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// Happened is what the notice told of.
type Happened string

const (
	SomeoneAsked    Happened = "asked"
	SomeoneChanged  Happened = "changed"
	SomeoneUnlocked Happened = "unlocked"
)

// StopPage is "Was this you?": a box and a button, no sign-in. Showing it stops nothing.
type StopPage struct {
	parts.Visit
	Form
	Happened Happened
	When     time.Time
	Near     string       // "Lyon"; may be ""
	Device   string       // "an iPhone"; may be ""
	Problem  i18n.Message // StopTick
	ItWasMe  string       // the page that leaves all as it is
}

// StopTick is the problem of a box that was not ticked.
const StopTick = "stop.problem.tick"

func (StopPage) Template() string { return "stop" }

// What is the sentence of what happened.
func (p StopPage) What() i18n.Message {
	key := map[Happened]string{
		SomeoneAsked: "stop.what.asked", SomeoneChanged: "stop.what.changed", SomeoneUnlocked: "stop.what.unlocked",
	}[p.Happened]
	return i18n.Say(key, "when", i18n.Weekday(p.When), "where", p.where())
}

func (p StopPage) where() i18n.Message {
	switch {
	case p.Near != "" && p.Device != "":
		return i18n.Say("stop.where.both", "place", p.Near, "device", p.Device)
	case p.Near != "":
		return i18n.Say("stop.where.place", "place", p.Near)
	case p.Device != "":
		return i18n.Say("stop.where.device", "device", p.Device)
	}
	return i18n.Message{}
}

func (p StopPage) Field() parts.Field {
	return parts.Field{Name: "yes", Label: i18n.Say("stop.box"), Problem: p.Problem}
}

// StoppedPage tells the holder what the stop did.
type StoppedPage struct {
	parts.Visit
	HappenedAt, StoppedAt time.Time
	FrozenUntil           time.Time // zero: stopped without a freeze
	ByItself              bool      // it had ended before anybody stopped it
	Prove                 string    // to show that it is theirs, and lift the freeze; may be ""
	Help                  string
}

func (StoppedPage) Template() string { return "stopped" }

func (p StoppedPage) Thread() []parts.Knot {
	knots := []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.someone"), At: p.HappenedAt},
		{Kind: parts.Done, Text: i18n.Say("knot.you-stopped"), At: p.StoppedAt},
	}
	if p.ByItself {
		knots[1].Text = i18n.Say("knot.ended-by-itself")
	}
	if !p.FrozenUntil.IsZero() {
		knots = append(knots,
			parts.Knot{Kind: parts.Now, Text: i18n.Say("knot.frozen")},
			parts.Knot{Kind: parts.Next, Text: i18n.Say("knot.thaws"), Help: i18n.Say("knot.thaws.help", "day", i18n.Day(p.FrozenUntil))})
	}
	return knots
}

// ItWasMePage leaves all as it is.
type ItWasMePage struct {
	parts.Visit
	SignIn string
}

func (ItWasMePage) Template() string { return "itwasme" }

// WasStoppedPage tells the claimant that the holder stopped it.
type WasStoppedPage struct {
	parts.Visit
	AskedAt, StoppedAt time.Time
	Help               string
}

func (WasStoppedPage) Template() string { return "wasstopped" }

func (p WasStoppedPage) Thread() []parts.Knot {
	return []parts.Knot{
		{Kind: parts.Done, Text: i18n.Say("knot.asked"), At: p.AskedAt},
		{Kind: parts.Stopped, Text: i18n.Say("knot.halted"), At: p.StoppedAt},
	}
}

// followStop takes the token of a stop link out of the address bar. One that is not
// ours is not kept: anybody may lead a browser here with anything.
func (p *Pages) followStop(w http.ResponseWriter, r *http.Request) error {
	httpx.Unsaid(w)
	if _, err := p.Recovery.Suspect(r.Context(), r.PathValue("link")); err != nil {
		return err
	}
	p.Cookies.Set(w, cookieStop, r.PathValue("link"), stopLife)
	return to(w, r, "/stop")
}

// wasItYou asks. Showing it stops nothing.
func (p *Pages) wasItYou(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Recovery.Suspect(r.Context(), p.Cookies.Get(r, cookieStop))
	if err != nil {
		return err
	}
	switch {
	case stopped(a):
		return p.Site.Write(w, http.StatusOK, p.stoppedOf(r, a))
	case a.Over:
		return p.Site.Write(w, http.StatusGone, FaultPage{Visit: p.visit(r), Status: http.StatusGone, Start: "/recover", Help: p.Site.Brand().Help})
	}
	return p.Site.Write(w, http.StatusOK, p.asksWho(r, a))
}

// stopped says that there is nothing left to stop: nobody gets in by it any more, or
// the account is frozen.
func stopped(a recovery.Attempt) bool {
	return a.State.Final() && a.State != policy.Completed || !a.FrozenUntil.IsZero()
}

func (p *Pages) asksWho(r *http.Request, a recovery.Attempt) StopPage {
	happened := SomeoneAsked
	if a.State == policy.Completed {
		happened = SomeoneChanged
		if a.Want == policy.Unlock {
			happened = SomeoneUnlocked
		}
	}
	return StopPage{Visit: p.visit(r), Form: Form{Action: "/stop"}, Happened: happened, When: a.At, Device: a.Device, ItWasMe: "/stop/kept"}
}

func (p *Pages) stoppedOf(r *http.Request, a recovery.Attempt) StoppedPage {
	return StoppedPage{Visit: p.visit(r), HappenedAt: a.At, StoppedAt: a.Stopped, FrozenUntil: a.FrozenUntil, ByItself: a.State == policy.Expired, Help: "/help"}
}

// stop stops, for whoever has ticked the box.
func (p *Pages) stop(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "yes")
	if err != nil {
		return err
	}
	link := p.Cookies.Get(r, cookieStop)
	if form["yes"] == "" {
		a, err := p.Recovery.Suspect(r.Context(), link)
		if err != nil {
			return err
		}
		page := p.asksWho(r, a)
		page.Problem, page.Here = i18n.Say(StopTick), "/stop"
		return p.Site.Write(w, http.StatusUnprocessableEntity, page)
	}
	if _, err := p.Recovery.Stop(r.Context(), link); err != nil && fault.KindOf(err) != fault.Refused {
		return err
	}
	return to(w, r, "/stop") // which says what is stopped, or that it is too late
}

func (p *Pages) itWasMe(w http.ResponseWriter, r *http.Request) error {
	p.Cookies.Drop(w, cookieStop)
	return p.Site.Write(w, http.StatusOK, ItWasMePage{Visit: p.visit(r), SignIn: p.Site.Brand().SignInAs("")})
}
