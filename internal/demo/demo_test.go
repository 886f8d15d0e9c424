package demo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // "sqlite"

	"go.uber.org/goleak"

	"keyback/internal/demo"
	"keyback/internal/demo/walk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a demonstration until its test ends, and looks that nothing is left.
func run(t *testing.T, o demo.Options) *demo.Demo {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	o.Log = slog.New(slog.DiscardHandler)
	d, err := demo.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the demonstration ended with: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	})
	return d
}

func see(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestTheWalkHolds(t *testing.T) {
	d := run(t, demo.Options{Plain: true})
	var out bytes.Buffer
	if err := d.Walk(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, step := range []string{"ok 3 ", "ok 4 ", "ok 5 ", "ok 6 ", "ok 7 ", "ok 8 ", "seal "} {
		if !strings.Contains(out.String(), step) {
			t.Errorf("no line %q in\n%s", step, &out)
		}
	}
}

func TestAWalkFailsAtTheStepThatIsBroken(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	d := run(t, demo.Options{Plain: true, Relay: "smtp://" + nobody.Addr().String() + "?tls=never", Patience: 2 * time.Second})
	var out bytes.Buffer
	err = d.Walk(t.Context(), &out)
	if err == nil || !strings.HasPrefix(err.Error(), "fail 4 ") || !strings.Contains(out.String(), "ok 3 ") || !strings.Contains(out.String(), err.Error()+"\n") {
		t.Errorf("with a relay where nobody listens: %v\n%s", err, &out)
	}
}

func TestTakenPortsAreLeftAlone(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	d := run(t, demo.Options{Port: port})
	seen := map[string]bool{}
	for _, at := range []string{d.URL, d.Keyback, d.Acme, d.Ops} {
		if seen[at] || strings.HasSuffix(at, ":"+strconv.Itoa(port)) {
			t.Errorf("%s is taken", at)
		}
		seen[at] = true
	}
	if resp, _ := see(t, d.URL+"/"); resp.StatusCode != 200 {
		t.Errorf("the front page: %d", resp.StatusCode)
	}
	if _, body := see(t, d.Ops+"/readyz"); body != "ready\n" {
		t.Errorf("its operations say %q", body)
	}
}

func TestTheFrontPageLeadsOnlyToWhatWorks(t *testing.T) {
	d := run(t, demo.Options{})
	v := walk.NewVisitor()
	front, err := v.Get(d.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	people := 0
	for address := range front.Links() {
		p, err := v.Get(address)
		if err != nil || p.Status != 200 {
			t.Errorf("%s: %d (%v)", address, p.Status, err)
			continue
		}
		if f, ok := p.FormWith("login"); ok && f.Fields["login"] != "" {
			people++
		}
	}
	if people < 13 {
		t.Errorf("%d addresses lead to a filled-in first page", people)
	}
	if !strings.Contains(front.Text(), "Limits are wide here") {
		t.Error("nobody says that limits are wide")
	}
	v.Close()
}

func TestTheDockStandsOnPagesAndNowhereElse(t *testing.T) {
	d := run(t, demo.Options{})
	for address, want := range map[string]string{
		d.URL + "/": "A demonstration", d.URL + "/mail": ">4 of 18", d.Keyback + "/recover": "</span>3 of 18", d.Keyback + "/signin": "</span>8 of 18",
		d.Keyback + "/nothing": "A demonstration", d.Acme + "/": "</span>2 of 18", d.Acme + "/people": "A demonstration",
	} {
		resp, page := see(t, address)
		policy := resp.Header.Get("Content-Security-Policy")
		if strings.Count(page, `<aside class="kb-dock"`) != 1 || !strings.Contains(page, strings.TrimPrefix(want, ">")) || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s (%s):\n%s", address, policy, page)
		}
		if resp.ContentLength != int64(len(page)) {
			t.Errorf("%s announces %d bytes and has %d", address, resp.ContentLength, len(page))
		}
	}
	for _, address := range []string{d.Acme + "/acme.css", d.Keyback + "/_demo/dock.css", d.Acme + "/_demo/dock.css", d.URL + "/_demo/dock.js"} {
		if resp, body := see(t, address); resp.StatusCode != 200 || strings.Contains(body, "<aside") {
			t.Errorf("%s: %d", address, resp.StatusCode)
		}
	}
}

func TestADemonstrationThatNeverRanLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	d, err := demo.Open(t.Context(), demo.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := demo.Open(t.Context(), demo.Options{Relay: "http://nonsense", Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a relay that is none was taken")
	}
}
