// Package httpdir is a directory that lives in the application: four calls over
// HTTP by the contract of docs/directory.md and docs/directory.yaml.
//
// What it promises:
//
//   - Every request is a POST signed by the Standard Webhooks scheme. The body
//     names its call, so that a signature made for one call proves no other, and
//     each request has an id of its own, so that the application can refuse one
//     seen before. Nothing is sent twice by itself.
//   - Answers are material to judge: read up to 1 MiB and only as JSON, each field
//     checked. An account that does not have the address, name or id asked for is
//     dropped. No redirect is followed.
//   - No text of an answer reaches a page, but for the password rule that an
//     application may state, cut to 200 characters of plain text.
//
// It imports no database: no transaction can be open while it talks. Dialling is
// the matter of the Client that it is given.
package httpdir

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"keyback/internal/account"
	"keyback/internal/fault"
)

// Options of a Directory. URL and Secret are needed.
type Options struct {
	URL     string           // where the four calls are, such as https://app.example.com/keyback
	Secret  string           // shared with the application: "whsec_" and at least 24 bytes in base64
	Client  *http.Client     // from internal/dial; http.DefaultClient where nil
	Now     func() time.Time // time.Now where nil
	Timeout time.Duration    // for one call, answer included; 5 s where zero
	Plain   bool             // allow http:// to other machines, where anybody on the way reads passwords
}

// Directory is an account.Directory, an account.PasswordChecker and an
// account.SessionEnder. It is safe for concurrent use.
type Directory struct {
	url     string
	signer  *standardwebhooks.Webhook
	client  http.Client
	now     func() time.Time
	timeout time.Duration
}

var (
	_ account.Directory       = (*Directory)(nil)
	_ account.PasswordChecker = (*Directory)(nil)
	_ account.SessionEnder    = (*Directory)(nil)
)

// New checks the options and makes the directory. It does not call it yet. The
// error is fault.Invalid with a hint for the operator.
func New(o Options) (*Directory, error) {
	if err := checkURL(o.URL, o.Plain); err != nil {
		return nil, err
	}
	signer, err := newSigner(o.Secret)
	if err != nil {
		return nil, err
	}
	d := &Directory{url: strings.TrimRight(o.URL, "/"), signer: signer, client: http.Client{}, now: o.Now, timeout: o.Timeout}
	if o.Client != nil {
		d.client = *o.Client
	}
	d.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	d.client.Jar = nil
	if d.now == nil {
		d.now = time.Now
	}
	if d.timeout == 0 {
		d.timeout = 5 * time.Second
	}
	return d, nil
}

func checkURL(address string, plain bool) error {
	wrong := fault.New(fault.Invalid, "The directory's address cannot be used.")
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return wrong.Because(err).Hint("give an address such as https://app.example.com/keyback")
	case u.Scheme == "https" || u.Scheme == "http" && (plain || isLoopback(u.Hostname())):
		return nil
	}
	return wrong.Hint("use https://, because passwords travel this way")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Find asks for the accounts with a confirmed address, a name or an id.
func (d *Directory) Find(ctx context.Context, q account.Query) ([]account.Account, error) {
	var answer struct {
		Accounts *[]wireAccount `json:"accounts"`
	}
	ask := query{Call: "find", Address: q.Address, Name: q.Name, ID: string(q.ID)}
	if err := d.call(ctx, "/find", ask, &answer); err != nil {
		return nil, err
	}
	if answer.Accounts == nil {
		return nil, notUnderstood("find: no accounts in the answer")
	}
	found := make([]account.Account, 0, min(len(*answer.Accounts), account.MaxFound))
	for _, w := range *answer.Accounts {
		a, err := w.account(d.now())
		if err != nil {
			return nil, err
		}
		found = append(found, a)
	}
	kept, _ := account.Match(q, found)
	return kept, nil
}

// Check asks whether a password opens the account. The application takes the same
// time for known and unknown; docs/directory.md asks it to.
func (d *Directory) Check(ctx context.Context, q account.Query, password string) (account.Account, bool, error) {
	var answer struct {
		OK      *bool        `json:"ok"`
		Account *wireAccount `json:"account"`
	}
	ask := check{query{Call: "check", Address: q.Address, Name: q.Name, ID: string(q.ID)}, password}
	if err := d.call(ctx, "/check", ask, &answer); err != nil {
		return account.Account{}, false, err
	}
	if answer.OK == nil || *answer.OK && answer.Account == nil {
		return account.Account{}, false, notUnderstood("check: ok or account is missing")
	}
	if !*answer.OK {
		return account.Account{}, false, nil
	}
	a, err := answer.Account.account(d.now())
	if err != nil {
		return account.Account{}, false, err
	}
	if kept, _ := account.Match(q, []account.Account{a}); len(kept) != 1 {
		return account.Account{}, false, notUnderstood("check: the answer is about another account")
	}
	return a, true, nil
}

// Change asks for a change, idempotent by its key.
func (d *Directory) Change(ctx context.Context, c account.Change) (account.Result, error) {
	if c.Key == "" || c.Account == "" {
		return account.Unknown, fault.New(fault.Invalid, "A change needs a key and an account.")
	}
	return d.result(ctx, "/change", change{
		Call: "change", Key: c.Key, Account: string(c.Account), Password: c.Password, Unlock: c.Unlock,
		FreezeUntil: stamp(c.Freeze), RecoveredUntil: stamp(c.RecoveredUntil),
	})
}

// Applied asks what became of a change.
func (d *Directory) Applied(ctx context.Context, key string) (account.Result, error) {
	return d.result(ctx, "/change/state", state{Call: "change.state", Key: key})
}

func (d *Directory) result(ctx context.Context, path string, ask any) (account.Result, error) {
	var answer struct {
		Result string `json:"result"`
	}
	if err := d.call(ctx, path, ask, &answer); err != nil {
		return account.Unknown, err
	}
	result, ok := account.ParseResult(answer.Result)
	if !ok || result == account.Unknown && path == "/change" {
		return account.Unknown, notUnderstood("change: the result is none of the contract's words")
	}
	return result, nil
}

// EndSessions asks for every sign-in of an account to be ended.
func (d *Directory) EndSessions(ctx context.Context, id account.ID) error {
	return d.call(ctx, "/sessions/end", ended{Call: "sessions.end", Account: string(id)}, &struct{}{})
}
