package claimant

import (
	"errors"
	"net/http"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/policy"
	"keyback/internal/recovery"
)

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
	signIn := p.Site.Brand().SignIn
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

// followStop takes the token of a stop link out of the address bar.
func (p *Pages) followStop(w http.ResponseWriter, r *http.Request) error {
	p.Cookies.Set(w, cookieStop, r.PathValue("link"), stopLife)
	return to(w, r, "/stop")
}

// wasItYou asks. Showing it stops nothing.
func (p *Pages) wasItYou(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Recovery.Suspect(r.Context(), p.Cookies.Get(r, cookieStop))
	if err != nil {
		return err
	}
	if stopped(a) {
		return p.Site.Write(w, http.StatusOK, p.stoppedOf(r, a))
	}
	return p.Site.Write(w, http.StatusOK, p.asksWho(r, a))
}

func stopped(a recovery.Attempt) bool {
	return a.State == policy.Stopped || a.State == policy.Contested || !a.FrozenUntil.IsZero()
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
	return StoppedPage{Visit: p.visit(r), HappenedAt: a.At, StoppedAt: a.Stopped, FrozenUntil: a.FrozenUntil, Help: "/help"}
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
		page.Problem = i18n.Say(StopTick)
		return p.Site.Write(w, http.StatusUnprocessableEntity, page)
	}
	if _, err := p.Recovery.Stop(r.Context(), link); err != nil {
		return err
	}
	return to(w, r, "/stop")
}

func (p *Pages) itWasMe(w http.ResponseWriter, r *http.Request) error {
	p.Cookies.Drop(w, cookieStop)
	return p.Site.Write(w, http.StatusOK, ItWasMePage{Visit: p.visit(r), SignIn: p.Site.Brand().SignIn})
}

func (p *Pages) help(w http.ResponseWriter, r *http.Request) error {
	return p.Site.Write(w, http.StatusOK, HelpPage{Visit: p.visit(r), Contact: p.Contact, Start: "/recover"})
}
