package acme

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages
var files embed.FS

// Each page is the frame with one body.
var (
	signInTemplate  = page("signin.html")
	ordersTemplate  = page("orders.html")
	peopleTemplate  = page("people.html")
	nothingTemplate = page("nothing.html")
)

func page(name string) *template.Template {
	words := template.FuncMap{
		"day":    func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"moment": func(t time.Time) string { return t.UTC().Format("2 January, 15:04 UTC") },
	}
	return template.Must(template.New("frame.html").Funcs(words).ParseFS(files, "pages/frame.html", "pages/"+name))
}

// frame is what the frame needs of every page.
type frame struct {
	Title      string
	RecoverURL string
	Holder     string // who is signed in
}

type signInPage struct {
	frame
	Login  string
	Failed bool
}

type ordersPage struct {
	frame
	Account   held
	Recovered time.Time // zero unless it is to be mentioned
	Here      string
	Places    []place
}

type peoplePage struct {
	frame
	Password string
	People   []held
}

func (a *App) frame(title string) frame { return frame{Title: title, RecoverURL: a.recoverURL} }

func (a *App) signInPage(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := a.holder(r); ok {
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
		return
	}
	show(w, http.StatusOK, signInTemplate, signInPage{frame: a.frame("Sign in"), Login: r.URL.Query().Get("name")})
}

func (a *App) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form is too long.", http.StatusRequestEntityTooLarge)
		return
	}
	login := strings.TrimSpace(r.PostForm.Get("username"))
	named := who{name: login}
	if strings.Contains(login, "@") {
		named = who{address: login}
	}
	account, ok, err := a.shop.check(r.Context(), named, r.PostForm.Get("password"))
	switch {
	case err != nil:
		http.Error(w, "We cannot sign anybody in just now. Try again in a minute.", http.StatusServiceUnavailable)
	case !ok:
		show(w, http.StatusUnprocessableEntity, signInTemplate, signInPage{frame: a.frame("Sign in"), Login: login, Failed: true})
	default:
		a.places.open(w, r, account.ID)
		http.Redirect(w, r, "/orders", http.StatusSeeOther)
	}
}

// holder gives who is signed in at a browser: nobody while the account is locked
// by staff or frozen.
func (a *App) holder(r *http.Request) (held, place, bool) {
	at, ok := a.places.at(r)
	if !ok {
		return held{}, place{}, false
	}
	found := a.shop.find(who{id: at.account})
	if len(found) != 1 || found[0].Locked || found[0].frozen(a.now()) {
		return held{}, place{}, false
	}
	return found[0], at, true
}

// signedIn lets only somebody signed in through.
func (a *App) signedIn(next func(http.ResponseWriter, *http.Request, held, place)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		account, at, ok := a.holder(r)
		if !ok {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		next(w, r, account, at)
	}
}

func (a *App) orders(w http.ResponseWriter, _ *http.Request, account held, at place) {
	p := ordersPage{frame: a.frame("Your orders"), Account: account, Here: at.ID, Places: a.places.of(account.ID)}
	p.Holder = account.FullName
	if a.now().Before(account.recovered) {
		p.Recovered = account.recovered
	}
	show(w, http.StatusOK, ordersTemplate, p)
}

func (a *App) endPlace(w http.ResponseWriter, r *http.Request, account held, _ place) {
	a.places.end(account.ID, r.PostFormValue("place"))
	http.Redirect(w, r, "/orders", http.StatusSeeOther)
}

func (a *App) endOthers(w http.ResponseWriter, r *http.Request, account held, at place) {
	a.places.endAll(account.ID, at.ID)
	http.Redirect(w, r, "/orders", http.StatusSeeOther)
}

func (a *App) signOut(w http.ResponseWriter, r *http.Request, account held, at place) {
	a.places.end(account.ID, at.ID)
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *App) people(w http.ResponseWriter, _ *http.Request) {
	a.shop.mu.Lock()
	p := peoplePage{frame: a.frame("Who has an account here"), Password: Password}
	for _, one := range a.shop.accounts {
		p.People = append(p.People, *one)
	}
	a.shop.mu.Unlock()
	show(w, http.StatusOK, peopleTemplate, p)
}

func (a *App) nothing(w http.ResponseWriter, _ *http.Request) {
	show(w, http.StatusNotFound, nothingTemplate, a.frame("Nothing at this address"))
}

func style(w http.ResponseWriter, _ *http.Request) {
	sheet, err := files.ReadFile("pages/acme.css")
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(sheet) // whoever hung up does not read it
}

func show(w http.ResponseWriter, status int, t *template.Template, data any) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		http.Error(w, "This page is broken. Start again at /.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever hung up does not read it
}
