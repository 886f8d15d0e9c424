package holder

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"keyback/internal/account"
	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/session"
	"keyback/internal/web/parts"
)

// Options of Pages. All are needed.
type Options struct {
	Site    *parts.Site
	Door    *session.Door
	Clients httpx.Clients
	Cookies httpx.Cookies
	Pages   httpx.Pages
	Now     func() time.Time
	// Recovered says when a recovery of the account was last completed, zero where
	// that is long ago.
	Recovered func(context.Context, account.ID) (time.Time, error)
}

// Pages answers the requests of holders.
type Pages struct{ Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o} }

const cookieSession = "kb_session"

// Routes puts the pages on a mux.
func (p *Pages) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]httpx.Handler{
		"GET /signin":           p.form,
		"POST /signin":          p.signIn,
		"GET /account":          p.places,
		"POST /account/end":     p.end,
		"POST /account/end-all": p.endAll,
	} {
		mux.Handle(pattern, p.Pages.Handle(h))
	}
}

func (p *Pages) visit(r *http.Request) parts.Visit {
	return parts.Visit{Language: r.Header.Get("Accept-Language"), Now: p.Now(), Path: r.URL.RequestURI()}
}

func (p *Pages) page(r *http.Request, login string) SignInPage {
	return SignInPage{
		Visit: p.visit(r), Action: "/signin", Login: login, Forgot: "/recover?loss=password", Locked: "/recover?loss=locked",
	}
}

func (p *Pages) form(w http.ResponseWriter, r *http.Request) error {
	return p.Site.Write(w, http.StatusOK, p.page(r, r.URL.Query().Get("name")))
}

// signIn answers every failure with the same words.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "login", "password")
	if err != nil {
		return err
	}
	secret, err := p.Door.SignIn(r.Context(), form["login"], form["password"], session.Session{
		Label: session.Label(r.UserAgent()), Network: p.Clients.Network(r),
	})
	if fault.KindOf(err) == fault.Refused {
		page := p.page(r, form["login"])
		page.Problem, page.Here = i18n.Say(SignInFailed), "/signin?"+url.Values{"name": {page.Login}}.Encode()
		return p.Site.Write(w, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	p.Cookies.Set(w, cookieSession, secret, session.Idle)
	return to(w, "/account")
}

func to(w http.ResponseWriter, path string) error {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// places is where the holder is signed in.
func (p *Pages) places(w http.ResponseWriter, r *http.Request) error {
	here, a, all, err := p.Door.Here(r.Context(), p.Cookies.Get(r, cookieSession))
	if fault.KindOf(err) == fault.NotFound {
		return to(w, "/signin")
	}
	if err != nil {
		return err
	}
	page := AccountPage{
		Visit: p.visit(r), Account: a.Name, EndAction: "/account/end", EndAll: "/account/end-all", Home: p.Site.Brand().Home, Stop: "/help",
	}
	if page.RecoveredAt, err = p.Recovered(r.Context(), a.ID); err != nil {
		return err
	}
	for _, s := range all {
		place := Place{ID: s.ID, Device: s.Label, Since: s.Created, Here: s.ID == here.ID}
		if place.Here {
			page.Places = append([]Place{place}, page.Places...)
		} else {
			page.Places = append(page.Places, place)
		}
	}
	return p.Site.Write(w, http.StatusOK, page)
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	form, err := httpx.Form(r, "place")
	if err != nil {
		return err
	}
	if form["place"] == "" {
		return fault.New(fault.Invalid, "That form did not arrive whole. Send it again.")
	}
	if err := p.Door.SignOut(r.Context(), p.Cookies.Get(r, cookieSession), form["place"]); err != nil {
		return p.orSignIn(w, err)
	}
	return to(w, "/account")
}

func (p *Pages) endAll(w http.ResponseWriter, r *http.Request) error {
	if err := p.Door.SignOut(r.Context(), p.Cookies.Get(r, cookieSession), ""); err != nil {
		return p.orSignIn(w, err)
	}
	p.Cookies.Drop(w, cookieSession)
	return to(w, "/signin")
}

// orSignIn sends somebody whose place has ended to the sign-in.
func (p *Pages) orSignIn(w http.ResponseWriter, err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return to(w, "/signin")
	}
	return err
}
