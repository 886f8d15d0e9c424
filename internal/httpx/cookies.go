package httpx

import (
	"net/http"
	"net/url"
	"time"
)

// Cookies sets cookies that scripts cannot read and other sites cannot send along.
// Over https their names begin with __Host-, so that no neighbouring host or plain
// connection can plant one.
type Cookies struct {
	prefix string
	secure bool
}

// NewCookies makes cookies for pages under base.
func NewCookies(base *url.URL) Cookies {
	if base.Scheme == "https" {
		return Cookies{"__Host-", true}
	}
	return Cookies{}
}

// Get is the value of a cookie, empty where there is none.
func (c Cookies) Get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.prefix + name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Set keeps a value in the browser. A life of zero is until the browser closes.
//
// Lax, not Strict: a link in a mail comes from another site and must find what the
// redirect before it has set.
func (c Cookies) Set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: c.prefix + name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Drop takes a value from the browser.
func (c Cookies) Drop(w http.ResponseWriter, name string) { c.Set(w, name, "", -time.Second) }
