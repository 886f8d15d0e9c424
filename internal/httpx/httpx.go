// Package httpx is what every page and API of Keyback shares about HTTP: handlers
// that return errors, the checks before them, where a request comes from, cookies,
// server-sent events.
//
// What it promises of every request behind Guard:
//
//   - It names our own host, and a change of state comes from our own pages: cross-site
//     requests are refused before a handler runs (http.CrossOriginProtection).
//   - Its body is bounded, its answer is never cached, framed, sniffed or sent on as a
//     referrer, and runs nothing but our own files.
//   - A panic is a 500 and a log line, once; what a log line names is the route, never
//     the path: paths may hold tokens.
package httpx

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"keyback/internal/fault"
)

// Handler answers a request or says why it cannot. An error must come before the
// first byte of the answer.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Fail answers a request with the page of an error.
type Fail func(w http.ResponseWriter, r *http.Request, status int, err error)

// Pages turns handlers that return errors into http.Handlers.
type Pages struct {
	Fail Fail
	Log  *slog.Logger
}

// Handle makes the http.Handler of h.
func (p Pages) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			status := Status(err)
			if status >= http.StatusInternalServerError && r.Context().Err() == nil {
				p.Log.Error("request failed", "route", r.Pattern, "status", status, "error", err)
			}
			if wait := fault.RetryAfter(err); wait > 0 {
				w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
			}
			p.Fail(w, r, status, err)
		}
	})
}

// Status is the HTTP status of an error's kind. A body that was too long is told from
// other forms that did not arrive whole.
func Status(err error) int {
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return http.StatusRequestEntityTooLarge
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Refused:
		return http.StatusForbidden
	case fault.Conflict:
		return http.StatusConflict
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Options of Guard.
type Options struct {
	Base    *url.URL // where the pages are, as people reach them
	MaxBody int64    // bytes of a request; 64 KiB when zero
	Fail    Fail
	Log     *slog.Logger
}

// Guard puts the checks before a handler.
func Guard(o Options, next http.Handler) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 10
	}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.Fail(w, r, http.StatusForbidden, fault.New(fault.Refused, "This form was sent from another site."))
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer o.caught(w, r)
		headers(w.Header(), o.Base.Scheme == "https")
		switch {
		case !strings.EqualFold(r.Host, o.Base.Host):
			o.Fail(w, r, http.StatusMisdirectedRequest, fault.New(fault.Refused, "This server answers for another name."))
		case !legible(r.URL.Path):
			o.Fail(w, r, http.StatusNotFound, fault.New(fault.NotFound, "There is nothing at this address."))
		case r.ContentLength > o.MaxBody:
			o.Fail(w, r, http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "That was too much at once."))
		default:
			r.Body = http.MaxBytesReader(w, r.Body, o.MaxBody)
			inner.ServeHTTP(w, r)
		}
	})
}

// caught answers for a handler that panicked.
func (o Options) caught(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
		panic(p)
	}
	o.Log.Error("a handler panicked", "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
	o.Fail(w, r, http.StatusInternalServerError, fault.New(fault.Unknown, ""))
}

func headers(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	// Not no-referrer: under it a form of our own comes with "Origin: null", and a
	// browser without Sec-Fetch-Site (iOS 15) could send none. Other sites learn as
	// little. Where the address itself is a secret, see Unsaid.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

// legible says that a text is one that a database keeps: UTF-8 without a NUL. No page
// of ours sends anything else.
func legible(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Unsaid keeps the address of this request from being named to anybody: it holds a
// token.
func Unsaid(w http.ResponseWriter) { w.Header().Set("Referrer-Policy", "no-referrer") }

// Form reads a posted form. One field that comes more than once, one that is not
// legible, or a body that is no form, is fault.Invalid: nobody's page sends any.
func Form(r *http.Request, names ...string) (map[string]string, error) {
	if err := r.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "That form did not arrive whole. Send it again.").Because(err)
	}
	form := make(map[string]string, len(names))
	for _, name := range names {
		switch values := r.PostForm[name]; len(values) {
		case 0:
		case 1:
			if !legible(values[0]) {
				return nil, fault.New(fault.Invalid, "That form did not arrive whole. Send it again.")
			}
			form[name] = values[0]
		default:
			return nil, fault.New(fault.Invalid, "That form had a field twice. Send it again.")
		}
	}
	return form, nil
}
