package httpdir_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/directorytest"
	"keyback/internal/account/httpdir"
	"keyback/internal/demo/acme"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/testkit"
)

const secret = "whsec_a2V5YmFjayBhbmQgYWNtZSBrZWVwIHRoaXMgdG8gdGhlbXNlbHZlcw=="

func TestAnApplicationKeepsWhatEveryDirectoryPromises(t *testing.T) {
	directorytest.Run(t, func(t *testing.T, c *testkit.Clock, accounts []directorytest.Account) directorytest.Directory {
		return directory(t, c, shop(t, c, accounts))
	})
}

// shop opens an Acme with the suite's accounts.
func shop(t *testing.T, c *testkit.Clock, accounts []directorytest.Account) http.Handler {
	t.Helper()
	var theirs []acme.Account
	for i, a := range accounts {
		one := acme.Account{
			ID: fmt.Sprintf("cust_%d", i), Name: a.Name, Password: directorytest.Password, Locked: a.Locked, Language: a.Language,
			Protection: map[policy.Protection]string{policy.Protected: "protected", policy.Guarded: "guarded"}[a.Protection],
		}
		for _, email := range a.Emails {
			one.Addresses = append(one.Addresses, acme.Address{Email: email, Confirmed: c.Now()})
		}
		for _, email := range a.Unconfirmed {
			one.Addresses = append(one.Addresses, acme.Address{Email: email})
		}
		theirs = append(theirs, one)
	}
	app, err := acme.New(acme.Options{RecoverURL: "http://127.0.0.1/recover", Secret: secret, Now: c.Now, Accounts: theirs})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func directory(t *testing.T, c *testkit.Clock, app http.Handler) *httpdir.Directory {
	t.Helper()
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	d, err := httpdir.New(httpdir.Options{URL: server.URL + "/keyback/", Secret: secret, Client: server.Client(), Now: c.Now, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAChangeWhoseAnswerWasLostIsAskedFor(t *testing.T) {
	c := testkit.NewClock()
	app := shop(t, c, []directorytest.Account{{Name: "maria"}})
	lose := true
	d := directory(t, c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keyback/change" && lose {
			app.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // it is done, and nobody hears of it
		}
		app.ServeHTTP(w, r)
	}))
	ctx := context.Background()
	found, err := d.Find(ctx, account.Query{Name: "maria"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	change := account.Change{Key: "rec_1", Account: found[0].ID, Password: "set, though nobody heard"}
	if got, err := d.Change(ctx, change); got != account.Unknown || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the lost answer: %v, %v", got, err)
	}
	if got, err := d.Applied(ctx, "rec_1"); got != account.Done || err != nil {
		t.Errorf("asked after it: %v, %v", got, err)
	}
	lose = false
	change.Password = "another, at the second try"
	if got, err := d.Change(ctx, change); got != account.Done || err != nil {
		t.Errorf("asked for again: %v, %v", got, err)
	}
	if _, ok, err := d.Check(ctx, account.Query{Name: "maria"}, "set, though nobody heard"); !ok || err != nil {
		t.Errorf("the first password: %v, %v", ok, err)
	}
}

func TestTheApplicationsOwnPasswordRuleIsSaidInItsWords(t *testing.T) {
	c := testkit.NewClock()
	d := directory(t, c, shop(t, c, []directorytest.Account{{Name: "maria"}}))
	change := account.Change{Key: "rec_1", Account: "cust_0", Password: "I love Acme very much"}
	_, err := d.Change(context.Background(), change)
	if fault.KindOf(err) != fault.Invalid || fault.Public(err) != "A password here cannot contain the word Acme." {
		t.Errorf("the rule: %v", err)
	}
	if got, err := d.Applied(context.Background(), "rec_1"); got != account.Unknown || err != nil {
		t.Errorf("after the rule: %v, %v", got, err)
	}
	change.Password = "I love shopping very much"
	if got, err := d.Change(context.Background(), change); got != account.Done || err != nil {
		t.Errorf("the same key, another password: %v, %v", got, err)
	}
}

// hostile answers every call with one body.
func hostile(t *testing.T, status int, kind, body string) *httpdir.Directory {
	t.Helper()
	return directory(t, testkit.NewClock(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
}

func accountJSON(id, name, email string) string {
	quoted := func(text string) string {
		q, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		return string(q)
	}
	return fmt.Sprintf(`{"id":%s,"name":%s,"protection":"basic","lock":"none","addresses":[{"email":%s}]}`, quoted(id), quoted(name), quoted(email))
}

func TestALyingDirectoryMovesNoLetter(t *testing.T) {
	ctx := context.Background()
	evil, maria := accountJSON("1", "maria", "evil@example.org"), accountJSON("2", "maria", "maria@example.com")
	for answer, want := range map[string]int{
		`{"accounts":[` + evil + `]}`:                                                      0,
		`{"accounts":[` + evil + `,` + maria + `]}`:                                        1,
		`{"accounts":[` + strings.Repeat(evil+`,`, 500) + maria + `]}`:                     1,
		`{"accounts":[` + accountJSON("3", "x", "maria@example.com, evil@x.org") + `]}`:    0,
		`{"accounts":[` + accountJSON("3", "x", "maria@example.com\r\nBcc: e@x.o") + `]}`:  0,
		`{"accounts":[` + accountJSON("3", "x", "m\u0430ria@example.com") + `]}`:           0,
		`{"accounts":[` + maria + `],"next":{"of":["a","later"]},"accounts_total":"many"}`: 1,
		`{"accounts":[]}`: 0,
	} {
		d := hostile(t, 200, "application/json; charset=utf-8", answer)
		found, err := d.Find(ctx, account.Query{Address: "maria@example.com"})
		if err != nil || len(found) != want || want == 1 && found[0].ID != "2" {
			t.Errorf("%.120s: %+v, %v", answer, found, err)
		}
	}
	d := hostile(t, 200, "application/json", `{"ok":true,"account":`+accountJSON("9", "admin", "admin@example.com")+`}`)
	if a, ok, err := d.Check(ctx, account.Query{Name: "maria"}, "x"); ok || a.ID != "" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("signed in as another: %+v, %v, %v", a, ok, err)
	}
}

func TestABrokenAnswerIsAnUnavailableDirectory(t *testing.T) {
	ctx := context.Background()
	good := accountJSON("2", "maria", "maria@example.com")
	const page = "<html><b>Bad Gateway</b></html>"
	for name, c := range map[string]struct {
		status     int
		kind, body string
	}{
		"a page":                  {200, "text/html", page},
		"a page called JSON":      {200, "application/json", page},
		"no kind":                 {200, "", `{"accounts":[]}`},
		"ten megabytes":           {200, "application/json", `{"accounts":[` + strings.Repeat(good+",", 60000) + good + `]}`},
		"deep nesting":            {200, "application/json", strings.Repeat("[", 500000)},
		"nothing":                 {200, "application/json", ``},
		"null":                    {200, "application/json", `null`},
		"a list":                  {200, "application/json", `[]`},
		"other fields":            {200, "application/json", `{}`},
		"accounts null":           {200, "application/json", `{"accounts":null}`},
		"wrong types":             {200, "application/json", `{"accounts":"none"}`},
		"two answers":             {200, "application/json", `{"accounts":[]} {"accounts":[]}`},
		"an id that is a number":  {200, "application/json", `{"accounts":[{"id":7}]}`},
		"no id":                   {200, "application/json", `{"accounts":[` + strings.Replace(good, `"2"`, `""`, 1) + `]}`},
		"an id of two lines":      {200, "application/json", `{"accounts":[` + strings.Replace(good, `"2"`, `"2\n3"`, 1) + `]}`},
		"a protection not known":  {200, "application/json", `{"accounts":[` + strings.Replace(good, `basic`, `none`, 1) + `]}`},
		"no protection":           {200, "application/json", `{"accounts":[` + strings.Replace(good, `"basic"`, `null`, 1) + `]}`},
		"a lock not known":        {200, "application/json", `{"accounts":[` + strings.Replace(good, `"lock":"none"`, `"lock":"open"`, 1) + `]}`},
		"a name that turns round": {200, "application/json", `{"accounts":[` + strings.Replace(good, `"maria"`, `"\u202eairam"`, 1) + `]}`},
		"a date that is none":     {200, "application/json", `{"accounts":[` + strings.Replace(good, `"lock"`, `"frozen_until":"soon","lock"`, 1) + `]}`},
		"created":                 {201, "application/json", `{"accounts":[]}`},
		"no content":              {204, "", ``},
		"a redirect":              {307, "application/json", `{"accounts":[]}`},
		"bad request":             {400, "application/problem+json", `{"title":"` + page + `"}`},
		"unsigned":                {401, "application/problem+json", `{}`},
		"not there":               {404, "text/html", page},
		"a rule, but of no call":  {422, "application/problem+json", `{"rule":"Click here"}`},
		"too many":                {429, "text/html", page},
		"broken":                  {500, "text/html", page},
		"down":                    {503, "text/html", page},
	} {
		d := hostile(t, c.status, c.kind, c.body)
		found, err := d.Find(ctx, account.Query{Address: "maria@example.com"})
		if fault.KindOf(err) != fault.Unavailable || found != nil {
			t.Errorf("%s: find: %d accounts, %v", name, len(found), err)
		}
		if strings.Contains(fault.Public(err), "<") || strings.Contains(fault.Public(err), "Click") || err != nil && !strings.Contains(err.Error(), "(") {
			t.Errorf("%s: a page shows %q; the log %v", name, fault.Public(err), err)
		}
		if _, ok, err := d.Check(ctx, account.Query{Name: "maria"}, "x"); ok || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: check: %v, %v", name, ok, err)
		}
		if c.status == 422 {
			continue
		}
		if got, err := d.Change(ctx, account.Change{Key: "k", Account: "a"}); got != account.Unknown || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: change: %v, %v", name, got, err)
		}
		if got, err := d.Applied(ctx, "k"); got != account.Unknown || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: applied: %v, %v", name, got, err)
		}
	}
}

func TestARuleIsPlainTextAndShort(t *testing.T) {
	for body, want := range map[string]string{
		`{"rule":"  At least one word of Finnish. "}`: "At least one word of Finnish.",
		`{"rule":"` + strings.Repeat("ä", 500) + `"}`: strings.Repeat("ä", 200),
		`{"rule":""}`:                    "",
		`{"rule":"two\nlines"}`:          "",
		`{"rule":"turned \u202e round"}`: "",
		`{"rule":7}`:                     "",
		`{"title":"no rule"}`:            "",
	} {
		_, err := hostile(t, 422, "application/problem+json", body).Change(context.Background(), account.Change{Key: "k", Account: "a", Password: "p"})
		if want == "" && fault.KindOf(err) != fault.Unavailable || want != "" && (fault.KindOf(err) != fault.Invalid || fault.Public(err) != want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAResultIsOneOfTheContractsWords(t *testing.T) {
	for _, body := range []string{`{"result":"ok"}`, `{"result":""}`, `{"result":"unknown"}`, `{"result":true}`, `{"result":null}`} {
		got, err := hostile(t, 200, "application/json", body).Change(context.Background(), account.Change{Key: "k", Account: "a"})
		if got != account.Unknown || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

func TestASlowDirectoryIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"accounts":[`)) // begins well
		w.(http.Flusher).Flush()
		<-release
	}))
	defer server.Close()
	defer close(release)
	d, err := httpdir.New(httpdir.Options{URL: server.URL, Secret: secret, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Find(context.Background(), account.Query{Name: "maria"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a slow answer: %v", err)
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	if _, err := d.Find(gone, account.Query{Name: "maria"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("nobody waits any more: %v", err)
	}
}

func TestADeadDirectoryIsUnavailable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	d, err := httpdir.New(httpdir.Options{URL: server.URL, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	if err := d.EndSessions(context.Background(), "cust_1"); fault.KindOf(err) != fault.Unavailable {
		t.Error(err)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		d := directory(t, testkit.NewClock(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/internal", status)
		}))
		if _, _, err := d.Check(context.Background(), account.Query{Name: "maria"}, "secret"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%d: %v", status, err)
		}
	}
	if reached.Load() {
		t.Error("a password went where the application pointed")
	}
}

func TestADirectoryIsRefusedWhoseAddressOrSecretCannotBeRight(t *testing.T) {
	for _, o := range []httpdir.Options{
		{URL: "", Secret: secret},
		{URL: "app.example.com/keyback", Secret: secret},
		{URL: "http://app.example.com", Secret: secret},
		{URL: "https://user:pass@app.example.com", Secret: secret},
		{URL: "https://app.example.com?x=1", Secret: secret},
		{URL: "file:///etc/passwd", Secret: secret},
		{URL: "http://127.0.0.1.example.com", Secret: secret},
		{URL: "https://app.example.com"},
		{URL: "https://app.example.com", Secret: "whsec_c2hvcnQ="},
		{URL: "https://app.example.com", Secret: "whsec_not base64 at all, whatever its length is"},
	} {
		if _, err := httpdir.New(o); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "(") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []httpdir.Options{
		{URL: "https://app.example.com/keyback", Secret: secret},
		{URL: "http://localhost:3000", Secret: secret},
		{URL: "http://[::1]:3000", Secret: secret},
		{URL: "http://app:3000", Secret: secret, Plain: true},
	} {
		if _, err := httpdir.New(o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSignInsOfTheApplicationEnd(t *testing.T) {
	c := testkit.NewClock()
	d := directory(t, c, shop(t, c, []directorytest.Account{{Name: "maria"}}))
	if err := d.EndSessions(context.Background(), "cust_0"); err != nil {
		t.Error(err)
	}
	if err := hostile(t, 204, "", "").EndSessions(context.Background(), "cust_0"); err != nil {
		t.Errorf("an answer without content: %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{`{"accounts":[` + accountJSON("1", "a", "maria@example.com") + `]}`, `{"ok":true}`, `{"result":"done"}`, `[`, "\xff"} {
		f.Add(200, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		d, err := httpdir.New(httpdir.Options{URL: "https://app.example.com", Secret: secret, Client: &http.Client{Transport: answering(status, body)}})
		if err != nil {
			t.Fatal(err)
		}
		q := account.Query{Address: "maria@example.com"}
		found, err := d.Find(context.Background(), q)
		if kept, _ := account.Match(q, found); len(kept) != len(found) || err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%d accounts, %d of them right, %v", len(found), len(kept), err)
		}
	})
}

// answering is an application without a network.
func answering(status int, body string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.Code = min(max(status, 200), 599)
		w.Body.WriteString(body)
		return w.Result(), nil
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
