package claimant

import (
	"net/http"
	"time"

	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// Options of Pages. All are needed but Mailbox and Contact.
type Options struct {
	Site     *parts.Site
	Recovery *recovery.Service
	Clients  httpx.Clients
	Cookies  httpx.Cookies
	Streams  *httpx.Streams
	Pages    httpx.Pages
	Now      func() time.Time
	Device   func(userAgent string) string // the browser in words
	Secret   func() string                 // a new secret for a browser's cookie
	Suggest  func() string                 // a passphrase to offer
	Sender   string                        // as the letters say it
	Subject  func(language string, unlock bool) string
	Mailbox  parts.Mailbox // where every address is read, in the demo ({address} is filled in); the provider's otherwise
	Contact  string        // the operator's page for help, or mailto:
	Stuck    func() bool   // our own mail is down
}

// Pages answers the requests of claimants. One file a page: what it shows and what
// its form does.
type Pages struct{ Options }

// New makes the pages.
func New(o Options) *Pages { return &Pages{o} }

// What browsers keep for us.
const (
	cookieBrowser = "kb_browser" // the one that asked
	cookiePass    = "kb_pass"    // what it showed
	cookieStop    = "kb_stop"    // the stop link it opened
)

// How long they keep it.
const (
	browserLife = 365 * 24 * time.Hour
	stopLife    = time.Hour
)

// Routes puts the pages on a mux.
func (p *Pages) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]httpx.Handler{
		"GET /{$}":                    p.first,
		"GET /recover":                p.ask,
		"POST /recover":               p.start,
		"GET /recover/{id}":           p.inbox,
		"GET /recover/{id}/live":      p.live,
		"POST /recover/{id}/code":     p.code,
		"POST /recover/{id}/resend":   p.resend,
		"GET /in/{link}":              p.follow,
		"GET /recover/open":           p.opened,
		"POST /recover/open/again":    p.again,
		"POST /recover/open/password": p.password,
		"POST /recover/open/unlock":   p.unlock,
		"GET /recover/done":           p.done,
		"GET /stop/{link}":            p.followStop,
		"GET /stop":                   p.wasItYou,
		"POST /stop":                  p.stop,
		"GET /stop/kept":              p.itWasMe,
		"GET /help":                   p.help,
	} {
		mux.Handle(pattern, p.Pages.Handle(h))
	}
	mux.Handle("/", p.Pages.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "There is nothing at this address.")
	}))
}

func (p *Pages) first(w http.ResponseWriter, r *http.Request) error { return to(w, r, "/recover") }

// visit is what any page knows of its request.
func (p *Pages) visit(r *http.Request) parts.Visit {
	return parts.Visit{Language: r.Header.Get("Accept-Language"), Now: p.Now(), Path: r.URL.RequestURI()}
}

// origin is where a request comes from, and whether its browser was here before.
// A new browser gets its cookie with this answer.
func (p *Pages) origin(w http.ResponseWriter, r *http.Request) (from recovery.Origin, returning bool) {
	secret := p.Cookies.Get(r, cookieBrowser)
	if returning = len(secret) == len(p.Secret()); !returning {
		secret = p.Secret()
		p.Cookies.Set(w, cookieBrowser, secret, browserLife)
	}
	return recovery.Origin{
		Browser: secret, Network: p.Clients.Network(r), Device: p.Device(r.UserAgent()),
		Language: p.Site.Texts(r.Header.Get("Accept-Language")).Lang(),
	}, returning
}

// to sends the browser on, so that reloading repeats nothing.
func to(w http.ResponseWriter, _ *http.Request, path string) error {
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Fail answers with the page of an error; where even that fails, with static bytes.
func (p *Pages) Fail(static map[int][]byte) httpx.Fail {
	return func(w http.ResponseWriter, r *http.Request, status int, err error) {
		page := FaultPage{Visit: p.visit(r), Status: status, Start: "/recover", Help: p.Site.Brand().Help}
		if r.Method != http.MethodGet {
			page.Path = ""
		}
		if wait := fault.RetryAfter(err); wait > 0 {
			page.Again = p.Now().Add(wait)
		}
		if bytes, ok := static[status]; ok && status >= http.StatusInternalServerError {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write(bytes)
			return
		}
		if err := p.Site.Write(w, status, page); err != nil {
			http.Error(w, http.StatusText(status), status)
		}
	}
}

func hidden(name, value string) []parts.Hidden { return []parts.Hidden{{Name: name, Value: value}} }

// cut keeps the first n characters of what somebody typed.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

func (p *Pages) where(w http.ResponseWriter, r *http.Request) recovery.Origin {
	from, _ := p.origin(w, r)
	return from
}
