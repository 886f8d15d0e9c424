package attacks

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"keyback/internal/account"
	"keyback/internal/account/httpdir"
	"keyback/internal/demo/acme"
	"keyback/internal/testkit/stage"
)

// asked is a call to Acme's side of the contract, as it is made by whoever is not
// Keyback.
func asked(t *testing.T, address, body string, header http.Header) int {
	t.Helper()
	r, err := http.NewRequest("POST", address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// signed are the headers of a call by a secret.
func signed(t *testing.T, secret, id string, at time.Time, body string) http.Header {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())}, "Webhook-Signature": {signature}}
}

func TestTheApplicationTakesNoCallThatIsNotKeybacks(t *testing.T) {
	s := stage.Open(t, stage.Options{Acme: true, Loose: true})
	const body = `{"call":"change","key":"k1","account":"cust_a7041","password":"amber canal otter plinth"}`
	address, now := s.Acme+"/keyback/change", time.Now()
	good := signed(t, acme.DemoSecret, "msg_1", now, body)
	without := func(name string) http.Header { h := good.Clone(); h.Del(name); return h }
	with := func(name, value string) http.Header { h := good.Clone(); h.Set(name, value); return h }
	for name, c := range map[string]struct {
		address, body string
		header        http.Header
	}{
		"unsigned":                      {address, body, nil},
		"without an id":                 {address, body, without("Webhook-Id")},
		"without a time":                {address, body, without("Webhook-Timestamp")},
		"without a signature":           {address, body, without("Webhook-Signature")},
		"with an empty signature":       {address, body, with("Webhook-Signature", "v1,")},
		"with another version":          {address, body, with("Webhook-Signature", strings.Replace(good.Get("Webhook-Signature"), "v1,", "v1a,", 1))},
		"with another id":               {address, body, with("Webhook-Id", "msg_2")},
		"with another time":             {address, body, with("Webhook-Timestamp", fmt.Sprint(now.Unix()+1))},
		"with another body":             {address, strings.Replace(body, "cust_a", "cust_b", 1), good},
		"with another secret":           {address, body, signed(t, "whsec_"+strings.Repeat("A", 32), "msg_3", now, body)},
		"an hour old":                   {address, body, signed(t, acme.DemoSecret, "msg_4", now.Add(-time.Hour), body)},
		"out of the future":             {address, body, signed(t, acme.DemoSecret, "msg_5", now.Add(time.Hour), body)},
		"of another call":               {s.Acme + "/keyback/check", body, signed(t, acme.DemoSecret, "msg_6", now, body)},
		"a find sent to change":         {address, `{"call":"find","account":"cust_a7041","password":"x"}`, signed(t, acme.DemoSecret, "msg_7", now, `{"call":"find","account":"cust_a7041","password":"x"}`)},
		"longer than a call ever is":    {address, body + strings.Repeat(" ", 1<<20), good},
		"a list instead of one request": {address, "[" + body + "]", signed(t, acme.DemoSecret, "msg_8", now, "["+body+"]")},
	} {
		if status := asked(t, c.address, c.body, c.header); status < 400 || status >= 500 {
			t.Errorf("a call %s was answered with %d", name, status)
		}
	}
	if _, ok := s.Visitor().SignIn("maria", acme.Password); !ok {
		t.Fatal("the password was changed")
	}
	if status := asked(t, address, body, good); status != 200 {
		t.Fatalf("the good call was answered with %d", status)
	}
	for range 2 {
		if status := asked(t, address, body, good); status != 401 {
			t.Errorf("the same call, sent again, was answered with %d", status)
		}
	}
}

// Somebody on the way records what Keyback sends and sends it again.
func TestARecordedCallIsWorthNothingASecondTime(t *testing.T) {
	s := stage.Open(t, stage.Options{Acme: true, Loose: true})
	type call struct {
		path, body string
		header     http.Header
	}
	var mu sync.Mutex
	var recorded []call
	tap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		recorded = append(recorded, call{r.URL.Path, string(body), r.Header.Clone()})
		mu.Unlock()
		w.WriteHeader(asked(t, s.Acme+r.URL.Path, string(body), r.Header))
	}))
	defer tap.Close()
	d, err := httpdir.New(httpdir.Options{URL: tap.URL + "/keyback", Secret: acme.DemoSecret})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = d.Change(t.Context(), account.Change{Key: "rec_1", Account: "cust_a7041", Unlock: true})
	_, _ = d.Find(t.Context(), account.Query{Address: "maria@example.com"})
	if len(recorded) != 2 {
		t.Fatalf("%d calls were recorded", len(recorded))
	}
	for _, c := range recorded {
		if status := asked(t, s.Acme+c.path, c.body, c.header); status != 401 {
			t.Errorf("%s, sent again, was answered with %d", c.path, status)
		}
	}
}
