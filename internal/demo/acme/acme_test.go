package acme_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"keyback/internal/demo/acme"
	"keyback/internal/testkit"
)

const (
	secret   = "whsec_a2V5YmFjayBhbmQgYWNtZSBrZWVwIHRoaXMgdG8gdGhlbXNlbHZlcw=="
	recovery = "http://127.0.0.1:8025/recover"
)

// town is Acme with its people, and a clock.
type town struct {
	t     *testing.T
	clock *testkit.Clock
	url   string
}

func open(t *testing.T) town {
	t.Helper()
	c := testkit.NewClock()
	app, err := acme.New(acme.Options{RecoverURL: recovery, Secret: secret, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return town{t, c, server.URL}
}

// browser is one person's, with cookies of its own; it does not follow redirects
// to other hosts.
type browser struct {
	town
	*http.Client
}

func (w town) browser() browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return browser{w, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), w.url) {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// seen is a page as it came.
type seen struct {
	status int
	path   string
	header http.Header
	body   string
}

func (b browser) do(r *http.Request, err error) seen {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen{answer.StatusCode, answer.Request.URL.Path, answer.Header, string(body)}
}

func (b browser) see(path string) seen {
	b.t.Helper()
	return b.do(http.NewRequest(http.MethodGet, b.url+path, nil))
}

func (b browser) send(path string, form url.Values) seen {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r, err)
}

func (b browser) signIn(login, password string) seen {
	b.t.Helper()
	return b.send("/signin", url.Values{"username": {login}, "password": {password}})
}

func (b browser) isIn(want bool) {
	b.t.Helper()
	if got := b.see("/orders"); (got.path == "/orders") != want || got.status != 200 {
		b.t.Errorf("asked for the orders, came to %s (%d); signed in should be %v", got.path, got.status, want)
	}
}

func (s seen) says(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(s.body, word) {
			t.Errorf("%s (%d) does not say %q:\n%s", s.path, s.status, word, s.body)
		}
	}
}

func TestTheWayToRecoveryIsFoundFromTheSignInPage(t *testing.T) {
	b := open(t).browser()
	link := `href="` + recovery + `"`
	first := b.see("/")
	first.says(t, "Forgot your password?", link, `autocomplete="username"`, `autocomplete="current-password"`)
	again := b.signIn(`<b>maria"`, "wrong")
	again.says(t, `role="alert"`, "Get back into your account", link, `value="&lt;b&gt;maria&#34;"`)
	if again.status != 422 || strings.Count(again.body, link) != 2 || strings.Contains(again.body, "<b>") {
		t.Errorf("after a failed sign-in: %d\n%s", again.status, again.body)
	}
	moved := b.see("/.well-known/change-password")
	if moved.status != 302 || moved.header.Get("Location") != recovery {
		t.Errorf("change-password: %d to %q", moved.status, moved.header.Get("Location"))
	}
	if got := b.see("/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200").status; got != 404 {
		t.Errorf("a browser would think that this server answers everything: %d", got)
	}
}

func TestAHolderSeesTheirOrdersAndPlaces(t *testing.T) {
	w := open(t)
	phone, desk := w.browser(), w.browser()
	phone.isIn(false)
	phone.signIn("maria", acme.Password).says(t, "Maria Lindqvist", "Desk lamp, brass", "A-20418", "€ 89.00", "this place")
	desk.signIn(" Maria@Example.com ", acme.Password).says(t, "Sign out everywhere else", "Sign out there")
	desk.send("/places/end-others", nil)
	phone.isIn(false)
	desk.isIn(true)
	phone.signIn("MARIA", acme.Password)
	_, after, _ := strings.Cut(desk.see("/orders").body, `name="place" value="`)
	id, _, _ := strings.Cut(after, `"`)
	w.browser().send("/places/end", url.Values{"place": {id}})
	stranger := w.browser()
	stranger.signIn("tom", acme.Password)
	stranger.send("/places/end", url.Values{"place": {id}})
	phone.isIn(true)
	desk.send("/places/end", url.Values{"place": {id}})
	phone.isIn(false)
	desk.send("/signout", nil)
	desk.isIn(false)
}

func TestWhoeverMayNotSignInIsToldWhatEverybodyIsTold(t *testing.T) {
	w := open(t)
	b := w.browser()
	blot := func(s seen, login string) string { return strings.ReplaceAll(s.body, login, "…") }
	want := blot(b.signIn("nobody", acme.Password), "nobody")
	for _, login := range []string{"priya", "oscar", "office@example.com", "grace.h@example.org", "\u212Aim", "maria@example.com,tom"} {
		if got := b.signIn(login, acme.Password); got.status != 422 || blot(got, login) != want {
			t.Errorf("%s: %d\n%s", login, got.status, got.body)
		}
	}
	if got := blot(b.signIn("maria", "wrong"), "maria"); got != want {
		t.Errorf("a wrong password:\n%s", got)
	}
}

func TestTenFailedSignInsLockAnAccount(t *testing.T) {
	b := open(t).browser()
	for range 9 {
		b.signIn("tom", "wrong")
	}
	if got := b.signIn("tom", acme.Password); got.path != "/orders" {
		t.Errorf("after nine: %s", got.path)
	}
	b.send("/signout", nil)
	for range 10 {
		b.signIn("tom", "wrong")
	}
	if got := b.signIn("tom", acme.Password); got.path == "/orders" {
		t.Error("after ten the right password opened it")
	}
}

func TestEveryPageIsCarefulAndShort(t *testing.T) {
	b := open(t).browser()
	b.signIn("layla", acme.Password).says(t, "<bdi>ليلى حداد</bdi>")
	for _, path := range []string{"/", "/orders", "/people", "/nothing-here", "/acme.css"} {
		got := b.see(path)
		if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if got.header.Get("Referrer-Policy") != "no-referrer" || len(got.body) > 12<<10 || strings.Contains(got.body, "<script") || strings.Contains(got.body, "style=") {
			t.Errorf("%s: %d bytes, %v", path, len(got.body), got.header)
		}
	}
	if got := b.see("/nothing-here").status; got != 404 {
		t.Errorf("nothing is there, and it says %d", got)
	}
}

func TestAnotherSiteSignsNobodyInOrOut(t *testing.T) {
	b := open(t).browser()
	b.signIn("maria", acme.Password)
	for _, path := range []string{"/signin", "/signout", "/places/end-others"} {
		r, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader("username=tom&password="+acme.Password))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		}
		if got := b.do(r, err); got.status != 403 {
			t.Errorf("%s from another site: %d", path, got.status)
		}
	}
	b.isIn(true)
	if got := b.send("/signin", url.Values{"username": {strings.Repeat("a", 20<<10)}}); got.status != 413 {
		t.Errorf("a form of 20 kB: %d", got.status)
	}
}

// keyback calls as Keyback does.
type keyback struct {
	path, secret, id string
	sent             time.Time
	body             string
	tamper           func(*http.Request)
}

func (w town) call(k keyback) seen {
	w.t.Helper()
	signer, err := standardwebhooks.NewWebhook(k.secret)
	if err != nil {
		w.t.Fatal(err)
	}
	signature, err := signer.Sign(k.id, k.sent, []byte(k.body))
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, w.url+k.path, strings.NewReader(k.body))
	if err == nil {
		r.Header.Set("Webhook-Id", k.id)
		r.Header.Set("Webhook-Timestamp", strconv.FormatInt(k.sent.Unix(), 10))
		r.Header.Set("Webhook-Signature", signature)
		if k.tamper != nil {
			k.tamper(r)
		}
	}
	return w.browser().do(r, err)
}

func TestOnlyKeybackIsAnsweredAndOnlyOnce(t *testing.T) {
	w := open(t)
	n := 0
	fresh := func() keyback {
		n++
		return keyback{path: "/keyback/find", secret: secret, id: fmt.Sprintf("msg_%d", n), sent: w.clock.Now(), body: `{"call":"find","name":"maria"}`}
	}
	for name, c := range map[string]struct {
		change func(*keyback)
		status int
	}{
		"as it should be":          {func(*keyback) {}, 200},
		"a clock a bit slow":       {func(k *keyback) { k.sent = k.sent.Add(-299 * time.Second) }, 200},
		"a clock a bit fast":       {func(k *keyback) { k.sent = k.sent.Add(299 * time.Second) }, 200},
		"an old request":           {func(k *keyback) { k.sent = k.sent.Add(-301 * time.Second) }, 401},
		"one from the future":      {func(k *keyback) { k.sent = k.sent.Add(301 * time.Second) }, 401},
		"another's secret":         {func(k *keyback) { k.secret = "whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhlc2UgdHdvIGF0IGFsbA==" }, 401},
		"no signature":             {header("Webhook-Signature", ""), 401},
		"a signature of nothing":   {header("Webhook-Signature", "v1,"), 401},
		"another version's":        {header("Webhook-Signature", "v1a,AAAA"), 401},
		"no id":                    {header("Webhook-Id", ""), 401},
		"an id changed":            {header("Webhook-Id", "msg_other"), 401},
		"no time":                  {header("Webhook-Timestamp", ""), 401},
		"a time changed":           {header("Webhook-Timestamp", "1795615328"), 401},
		"a time in words":          {header("Webhook-Timestamp", "now"), 401},
		"a body changed":           {tamper(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"call":"find","name":"tom"}  `)) }), 401},
		"a call at another path":   {func(k *keyback) { k.path = "/keyback/sessions/end" }, 400},
		"no call":                  {func(k *keyback) { k.body = `{"name":"maria"}` }, 400},
		"a list":                   {func(k *keyback) { k.body = `["find"]` }, 400},
		"two bodies":               {func(k *keyback) { k.body += k.body }, 400},
		"a name that is a list":    {func(k *keyback) { k.body = `{"call":"find","name":["maria"]}` }, 400},
		"100 kB":                   {func(k *keyback) { k.body = `{"call":"find","name":"` + strings.Repeat("a", 100<<10) + `"}` }, 413},
		"a path that nobody knows": {func(k *keyback) { k.path = "/keyback/admin" }, 404},
	} {
		k := fresh()
		c.change(&k)
		got := w.call(k)
		if got.status != c.status {
			t.Errorf("%s: %d, want %d (%s)", name, got.status, c.status, got.body)
		}
		if again := w.call(k); c.status < 400 && again.status != 401 {
			t.Errorf("%s: sent again: %d", name, again.status)
		}
	}
	if got := w.browser().see("/keyback/find").status; got != 405 {
		t.Errorf("a GET: %d", got)
	}
	late := fresh()
	late.sent = late.sent.Add(299 * time.Second)
	w.call(late)
	w.clock.Advance(598 * time.Second)
	if again := w.call(late); again.status != 401 {
		t.Errorf("an id must be kept as long as its time is good: %d", again.status)
	}
}

func header(name, value string) func(*keyback) {
	return tamper(func(r *http.Request) { r.Header.Set(name, value) })
}

func tamper(with func(*http.Request)) func(*keyback) { return func(k *keyback) { k.tamper = with } }

func (w town) ask(n int, path, body string) seen {
	w.t.Helper()
	got := w.call(keyback{path: "/keyback" + path, secret: secret, id: fmt.Sprintf("ask_%d", n), sent: w.clock.Now(), body: body})
	if got.status != 200 {
		w.t.Errorf("%s %s: %d %s", path, body, got.status, got.body)
	}
	return got
}

func TestARecoverySetsThePasswordAndEndsEverySignIn(t *testing.T) {
	w := open(t)
	b := w.browser()
	b.signIn("maria", acme.Password)
	until := w.clock.Now().Add(7 * 24 * time.Hour).Format(time.RFC3339)
	w.ask(1, "/change", `{"call":"change","key":"rec_1","account":"cust_a7041","password":"amber canal otter plinth","recovered_until":"`+until+`"}`)
	w.ask(2, "/sessions/end", `{"call":"sessions.end","account":"cust_a7041"}`).says(t, `"ended":1`)
	b.isIn(false)
	b.signIn("maria", acme.Password).says(t, "do not open an account")
	b.signIn("maria", "amber canal otter plinth").says(t, "Your orders", "recovered a short while ago", "1 December 2026")
}

func TestAStopFreezesAnAccountThatIsSignedIn(t *testing.T) {
	w := open(t)
	b := w.browser()
	b.signIn("maria", acme.Password)
	w.ask(1, "/change", `{"call":"change","key":"stop_1","account":"cust_a7041","freeze_until":"`+w.clock.Now().Add(time.Hour).Format(time.RFC3339)+`"}`)
	b.isIn(false)
	b.signIn("maria", acme.Password).says(t, "do not open an account")
	w.clock.Advance(time.Hour)
	b.signIn("maria", acme.Password).says(t, "Your orders")
}

func TestThePeopleOfTheDemonstrationCoverItsStories(t *testing.T) {
	people := acme.People(testkit.NewClock().Now())
	mailboxes, ids := map[string]int{}, map[string]bool{}
	var protected, failures, operator, languages, many int
	for _, p := range people {
		ids[p.ID] = true
		for _, a := range p.Addresses {
			mailboxes[a.Email]++
			if !strings.HasSuffix(a.Email, "@example.com") && !strings.HasSuffix(a.Email, "@example.org") {
				t.Errorf("%s could be somebody's", a.Email)
			}
		}
		count := func(n *int, is bool) {
			if is {
				*n++
			}
		}
		count(&protected, p.Protection == "protected")
		count(&failures, p.Missed >= 10)
		count(&operator, p.Locked)
		count(&languages, p.Language == "de" || p.Language == "ar")
		count(&many, len(p.Addresses) == 2 && !p.Addresses[1].Confirmed.IsZero())
	}
	if len(people) != 12 || len(ids) != 12 || mailboxes["office@example.com"] != 2 || protected*failures*operator*many != 1 || languages != 2 {
		t.Errorf("%d people: %v, %d %d %d %d %d", len(people), mailboxes, protected, failures, operator, languages, many)
	}
	page := open(t).browser().see("/people").body
	for _, p := range people {
		if !strings.Contains(page, p.Name) {
			t.Errorf("%s is not on the page", p.Name)
		}
	}
}

func TestASampleThatCannotWorkIsNotOpened(t *testing.T) {
	for _, o := range []acme.Options{{}, {RecoverURL: "/recover", Secret: secret}, {RecoverURL: recovery}, {RecoverURL: recovery, Secret: "whsec_%%%"}} {
		if _, err := acme.New(o); err == nil {
			t.Errorf("%+v opened", o)
		}
	}
}
