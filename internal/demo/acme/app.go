// Package acme is the sample application: a small shop with accounts of its own
// that put Keyback in front of them. It is another company's program, so it takes
// nothing from Keyback but the contract of docs/directory.md, which it is the
// living example of: contract.go answers the four calls, verify.go checks that
// they come from Keyback.
//
// Everything is in memory and gone when it ends. It works without JavaScript.
package acme

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Hasher makes and checks password hashes; Spend takes the time of Verify where
// there is no hash.
type Hasher interface {
	Hash(ctx context.Context, password string) (encoded string, err error)
	Verify(ctx context.Context, encoded, password string) (ok, stale bool, err error)
	Spend(ctx context.Context, password string) error
}

// Options of an App. RecoverURL and Secret are needed.
type Options struct {
	RecoverURL string           // Keyback's start page, such as https://account.example.com/recover
	Secret     string           // shared with Keyback: "whsec_" and base64
	Hasher     Hasher           // a small argon2id of Acme's own where nil
	Now        func() time.Time // time.Now where nil
	Accounts   []Account        // People() where nil
}

// App is the application, an http.Handler for a host of its own.
type App struct {
	recoverURL string
	now        func() time.Time
	shop       *shop
	places     *places
	calls      *verifier
	handler    http.Handler
}

// New opens the shop.
func New(o Options) (*App, error) {
	if u, err := url.Parse(o.RecoverURL); err != nil || u.Host == "" {
		return nil, errors.New("acme: RecoverURL must be a whole address, such as http://127.0.0.1:8025/recover")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Hasher == nil {
		o.Hasher = smallHash{}
	}
	if o.Accounts == nil {
		o.Accounts = People(o.Now())
	}
	calls, err := newVerifier(o.Secret, o.Now)
	if err != nil {
		return nil, fmt.Errorf("acme: %w", err)
	}
	shop, err := newShop(o.Hasher, o.Now, o.Accounts)
	if err != nil {
		return nil, fmt.Errorf("acme: %w", err)
	}
	a := &App{recoverURL: o.RecoverURL, now: o.Now, shop: shop, places: newPlaces(o.Now), calls: calls}
	a.handler = a.routes()
	return a, nil
}

// ServeHTTP answers for the whole host.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

func (a *App) routes() http.Handler {
	site := http.NewServeMux()
	site.HandleFunc("GET /{$}", a.signInPage)
	site.HandleFunc("POST /signin", a.signIn)
	site.HandleFunc("GET /orders", a.signedIn(a.orders))
	site.HandleFunc("POST /places/end", a.signedIn(a.endPlace))
	site.HandleFunc("POST /places/end-others", a.signedIn(a.endOthers))
	site.HandleFunc("POST /signout", a.signedIn(a.signOut))
	site.HandleFunc("GET /people", a.people)
	site.HandleFunc("GET /acme.css", style)
	site.HandleFunc("/", a.nothing)
	// Browsers and password managers lead people here to change a password.
	site.Handle("GET /.well-known/change-password", http.RedirectHandler(a.recoverURL, http.StatusFound))

	all := http.NewServeMux()
	all.Handle("/", careful(http.NewCrossOriginProtection().Handler(site)))
	all.Handle("/keyback/", a.keyback())
	return all
}

// careful sets what every page wants and caps what a form may send.
func careful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		next.ServeHTTP(w, r)
	})
}
