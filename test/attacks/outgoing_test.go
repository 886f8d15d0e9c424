package attacks

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"keyback/internal/account"
	"keyback/internal/account/httpdir"
	"keyback/internal/demo/acme"
	"keyback/internal/dial"
	"keyback/internal/fault"
	"keyback/internal/server"
	"keyback/internal/testkit/stage"
)

// Addresses by which servers were made to call what only they can reach.
var inward = []string{
	"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/", "http://100.100.100.200/", "http://metadata.google.internal/", "http://192.0.0.192/",
	"http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://0.0.0.0:1/", "http://[::]:1/", "http://127.1:1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.0.0.1.nip.io/",
	"http://10.0.0.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
}

// inside answers every name with an address of the inside, as a hostile name server.
type inside struct{}

func (inside) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
}

func TestNoSettingMakesTheServerCallWhatIsInside(t *testing.T) {
	d := dial.New(dial.Options{Resolver: inside{}})
	for _, address := range inward {
		directory, err := httpdir.New(httpdir.Options{URL: strings.Replace(address, "http://", "https://", 1) + "keyback", Secret: acme.DemoSecret, Client: dial.HTTPClient(d, dial.HTTPOptions{})})
		if err != nil {
			continue // refused even sooner
		}
		if _, err := directory.Find(t.Context(), account.Query{Name: "victim"}); err == nil || !strings.Contains(err.Error(), "global unicast") && fault.KindOf(err) != fault.Refused {
			t.Errorf("%s was called: %v", address, err)
		}
	}
}

func TestARelayInsideIsNotCalledUnlessItIsListed(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	s := stage.Open(t, stage.Options{Loose: true, Change: func(o *server.Options) { o.Reach = nil }})
	v := s.Visitor()
	inbox := v.Ask("victim@example.com", "password").URL.Path
	events(t, s, v, inbox, told("handing"))
	if n := s.Sink.Conns(); n != 0 {
		t.Errorf("the relay on loopback was called %d times", n)
	}
}

// hostile is a directory that was taken over: it answers what the test says.
func hostile(t *testing.T, answer http.HandlerFunc) (func(*server.Options), *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(directory.Close)
	return func(o *server.Options) {
		o.Directory, o.DirectorySecret = directory.URL+"/keyback", acme.DemoSecret
	}, &calls
}

func TestARedirectOfADirectoryIsNotFollowed(t *testing.T) {
	var caught atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { caught.Add(1) }))
	defer trap.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		use, calls := hostile(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, trap.URL+"/keyback/find", status) })
		s := stage.Open(t, stage.Options{Loose: true, Change: use})
		s.Visitor().SignIn("victim", stage.Password)
		if calls.Load() == 0 || caught.Load() != 0 {
			t.Errorf("a %d was followed", status)
		}
	}
}

func TestADirectoryThatLiesSendsNothingElsewhere(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	type address struct {
		Email string `json:"email"`
	}
	type found struct {
		ID         string    `json:"id"`
		Name       string    `json:"name"`
		Addresses  []address `json:"addresses"`
		Protection string    `json:"protection"`
		Lock       string    `json:"lock"`
	}
	for name, lie := range map[string]found{
		"another address":            {"a1", "victim", []address{{"thief@evil.example"}}, "basic", "none"},
		"a look-alike":               {"a1", "victim", []address{{"vıctim@example.com"}}, "basic", "none"},
		"two in one":                 {"a1", "victim", []address{{"victim@example.com,thief@evil.example"}}, "basic", "none"},
		"a header":                   {"a1", "victim", []address{{"victim@example.com\r\nBcc: thief@evil.example"}}, "basic", "none"},
		"a recipient behind the dot": {"a1", "victim", []address{{"victim@example.com>\r\nRCPT TO:<thief@evil.example"}}, "basic", "none"},
		"a name of many lines":       {"a1", "victim\r\n.\r\nMAIL FROM:<thief@evil.example>", []address{{"victim@example.com"}}, "basic", "none"},
		"a protection unheard of":    {"a1", "victim", []address{{"victim@example.com"}}, "none", "none"},
		"an id with a path":          {"../a1", "victim\u202e", []address{{"victim@example.com"}}, "basic", "none"},
	} {
		use, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string][]found{"accounts": {lie}})
		})
		s := stage.Open(t, stage.Options{Loose: true, Change: use})
		v := s.Visitor()
		inbox := v.Ask("victim@example.com", "password").URL.Path
		events(t, s, v, inbox, func(part string) bool { return told("handed")(part) || told("handing")(part) })
		for _, m := range s.Sink.Messages() {
			if m.To != "victim@example.com" || read(t, m).Link != "" || strings.Contains(string(m.Raw), "evil.example") {
				t.Errorf("%s: a mail with a way in went to %s", name, m.To)
			}
		}
	}
}
