package httpx_test

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"keyback/internal/fault"
	"keyback/internal/httpx"
)

var quiet = slog.New(slog.DiscardHandler)

// fail answers with the status alone.
func fail(w http.ResponseWriter, _ *http.Request, status int, err error) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, fault.Public(err))
}

// site is a handler behind all checks, as https://account.example.com.
func site(h httpx.Handler) http.Handler {
	pages := httpx.Pages{Fail: fail, Log: quiet}
	base := &url.URL{Scheme: "https", Host: "account.example.com"}
	return httpx.Guard(httpx.Options{Base: base, MaxBody: 100, Fail: fail, Log: quiet}, pages.Handle(h))
}

func answer(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://account.example.com/recover", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func fine(w http.ResponseWriter, r *http.Request) error {
	if _, err := httpx.Form(r, "login"); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func TestOnlyOurOwnHostAndOurOwnFormsAreAnswered(t *testing.T) {
	for name, ask := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"our own form":                  {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 204},
		"a program's":                   {func(*http.Request) {}, 204},
		"our host in capitals":          {func(r *http.Request) { r.Host = "ACCOUNT.example.com" }, 204},
		"another host":                  {func(r *http.Request) { r.Host = "evil.example" }, 421},
		"our host with another port":    {func(r *http.Request) { r.Host = "account.example.com:8443" }, 421},
		"no host":                       {func(r *http.Request) { r.Host = "" }, 421},
		"a form of another site":        {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"a form of a neighbouring host": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		"another origin":                {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"the origin of a file":          {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"a form too long":               {func(r *http.Request) { *r = *post("login=" + strings.Repeat("a", 100)) }, 413},
		"one that does not say how long": {func(r *http.Request) {
			*r = *post("login=" + strings.Repeat("a", 100))
			r.ContentLength = -1
		}, 413},
		"a field twice":  {func(r *http.Request) { *r = *post("login=a&login=b") }, 422},
		"a broken form":  {func(r *http.Request) { *r = *post("login=%zz") }, 422},
		"another method": {func(r *http.Request) { r.Method = http.MethodGet; r.Header.Set("Sec-Fetch-Site", "cross-site") }, 204},
	} {
		r := post("login=maria")
		ask.change(r)
		if got := answer(site(fine), r); got.StatusCode != ask.status {
			t.Errorf("%s is answered with %d, not %d", name, got.StatusCode, ask.status)
		}
	}
}

func TestEveryAnswerCarriesTheHeadersThatKeepItSafe(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"a page":  site(fine),
		"a fault": site(func(http.ResponseWriter, *http.Request) error { return fault.New(fault.NotFound, "") }),
		"a panic": site(func(http.ResponseWriter, *http.Request) error { panic("at the disco") }),
	} {
		got := answer(h, post("login=maria"))
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Strict-Transport-Security": "max-age=63072000",
		} {
			if got.Header.Get(header) != want {
				t.Errorf("%s has %s %q", name, header, got.Header.Get(header))
			}
		}
		if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-inline") {
			t.Errorf("%s may show %q", name, csp)
		}
	}
}

func TestAnErrorsKindIsItsStatusAndItsCauseIsNobodysBusiness(t *testing.T) {
	for kind, status := range map[fault.Kind]int{
		fault.Invalid: 422, fault.NotFound: 404, fault.Refused: 403, fault.Conflict: 409, fault.Limited: 429, fault.Unavailable: 503, fault.Unknown: 500,
	} {
		got := answer(site(func(http.ResponseWriter, *http.Request) error {
			return fault.New(kind, "In plain words.").Because(errors.New("the secret cause")).Hint("the operator's")
		}), post(""))
		body, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != status || string(body) != "In plain words." {
			t.Errorf("%v is answered with %d %q %v", kind, got.StatusCode, body, err)
		}
	}
	got := answer(site(func(http.ResponseWriter, *http.Request) error { return errors.New("the secret cause") }), post(""))
	if body, _ := io.ReadAll(got.Body); got.StatusCode != 500 || len(body) > 0 {
		t.Errorf("an error of no kind is answered with %d %q", got.StatusCode, body)
	}
	if got := answer(site(func(http.ResponseWriter, *http.Request) error { panic("at the disco") }), post("")); got.StatusCode != 500 {
		t.Errorf("a panic is answered with %d", got.StatusCode)
	}
}

func TestWhoeverHasToWaitIsToldHowLong(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "", time.Second: "2", 90 * time.Second: "91", 100 * time.Millisecond: "1"} {
		got := answer(site(func(http.ResponseWriter, *http.Request) error { return fault.New(fault.Limited, "").Retry(wait) }), post(""))
		if got.Header.Get("Retry-After") != want {
			t.Errorf("a wait of %v is told as %q", wait, got.Header.Get("Retry-After"))
		}
	}
}

func TestForwardedAddressesAreBelievedFromOurProxiesAlone(t *testing.T) {
	proxied, err := httpx.NewClients([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err != nil {
		t.Fatal(err)
	}
	direct, err := httpx.NewClients(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]struct {
		clients         httpx.Clients
		from, forwarded string
		network         string
	}{
		"nobody stands before us":      {direct, "192.0.2.7:4711", "203.0.113.9", "192.0.2.0/24"},
		"a proxy of ours":              {proxied, "10.1.2.3:4711", "203.0.113.9", "203.0.113.0/24"},
		"somebody past our proxy":      {proxied, "192.0.2.7:4711", "203.0.113.9", "192.0.2.0/24"},
		"a liar behind our proxy":      {proxied, "10.1.2.3:4711", "198.51.100.1, 203.0.113.9", "203.0.113.0/24"},
		"two proxies of ours":          {proxied, "10.1.2.3:4711", "203.0.113.9, 10.9.9.9", "203.0.113.0/24"},
		"a proxy that says nothing":    {proxied, "10.1.2.3:4711", "", "10.1.2.0/24"},
		"a proxy that says nonsense":   {proxied, "10.1.2.3:4711", "unknown", "10.1.2.0/24"},
		"IPv6, the least of a home":    {direct, "[2001:db8:1:2ff::7]:4711", "", "2001:db8:1:200::/56"},
		"IPv4 in the clothes of IPv6":  {direct, "[::ffff:192.0.2.7]:4711", "", "192.0.2.0/24"},
		"an address that nobody knows": {direct, "@", "", "unknown"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = ask.from
		if ask.forwarded != "" {
			r.Header.Set("X-Forwarded-For", ask.forwarded)
		}
		if got := ask.clients.Network(r); got != ask.network {
			t.Errorf("%s: %s, not %s", name, got, ask.network)
		}
	}
}

func TestCookiesOverHTTPSCannotBePlantedByNeighbours(t *testing.T) {
	for base, want := range map[string]string{
		"https://account.example.com": "__Host-kb_pass=x; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
		"http://127.0.0.1:8080":       "kb_pass=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		cookies, w := httpx.NewCookies(u), httptest.NewRecorder()
		cookies.Set(w, "kb_pass", "x", time.Minute)
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: %s", base, got)
		}
		r := httptest.NewRequest(http.MethodGet, base, nil)
		r.AddCookie(w.Result().Cookies()[0])
		if cookies.Get(r, "kb_pass") != "x" || cookies.Get(r, "other") != "" {
			t.Errorf("%s: the cookie is not found again", base)
		}
		dropped := httptest.NewRecorder()
		cookies.Drop(dropped, "kb_pass")
		if c := dropped.Result().Cookies()[0]; c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("%s: dropped as %v", base, c)
		}
	}
}

func TestAStreamFramesItsEventsAndGivesItsRoomBack(t *testing.T) {
	streams := httpx.NewStreams(1)
	pages := httpx.Pages{Fail: fail, Log: quiet}
	server := httptest.NewServer(pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
		s, err := streams.Open(w, r.RemoteAddr)
		if err != nil {
			return err
		}
		defer s.Close()
		for _, e := range []struct{ name, data string }{{"", "one\r\nline\n\nafter"}, {"end", ""}} {
			if err := s.Send(e.name, []byte(e.data)); err != nil {
				return nil // the answer has begun
			}
		}
		select {
		case <-streams.Ended():
		case <-r.Context().Done():
		}
		return nil
	}))
	defer server.Close()
	first, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Body.Close()
	if kind := first.Header.Get("Content-Type"); kind != "text/event-stream; charset=utf-8" {
		t.Errorf("it is of type %q", kind)
	}
	lines := bufio.NewReader(first.Body)
	for _, want := range []string{"data: one", "data: line", "data: ", "data: after", "", "event: end", "data:", ""} {
		got, err := lines.ReadString('\n')
		if err != nil || strings.TrimSuffix(got, "\n") != want {
			t.Errorf("a line is %q and not %q: %v", got, want, err)
		}
	}
	full, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Body.Close()
	if full.StatusCode != 503 || full.Header.Get("Retry-After") == "" {
		t.Errorf("where there is no room the answer is %d, to come back after %q", full.StatusCode, full.Header.Get("Retry-After"))
	}
	streams.End()
	streams.End() // twice is once
	if _, err := lines.ReadString('\n'); !errors.Is(err, io.EOF) {
		t.Errorf("the stream goes on: %v", err)
	}
}
