package inbox

import (
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyback/internal/httpx"
	"keyback/internal/smtpsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type open struct {
	t   *testing.T
	box *Box
	url string
}

func show(t *testing.T) open {
	t.Helper()
	frame := template.Must(template.New("frame").Parse(`<!doctype html><title>{{.Title}}</title>{{template "body" .}}` +
		`{{define "clock"}}{{.UTC.Format "15:04:05"}}{{end}}`))
	box, streams := New(), httpx.NewStreams(4)
	p, err := NewPages(Options{Box: box, Frame: frame, Streams: streams, Pages: httpx.Pages{
		Log:  slog.New(slog.DiscardHandler),
		Fail: func(w http.ResponseWriter, _ *http.Request, status int, _ error) { w.WriteHeader(status) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		streams.End()
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
	return open{t, box, server.URL}
}

func (o open) get(path string) (*http.Response, string) {
	o.t.Helper()
	resp, err := http.Get(o.url + path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp, string(body)
}

func (o open) arrives(n int64, to, raw string) {
	o.box.Take(smtpsink.Message{
		N: n, From: "a@x.example", To: to, Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n")), TLS: true, AuthUser: "keyback",
		At: time.Date(2026, 11, 24, 14, 2, 8, 0, time.UTC),
	})
}

func TestTheNewestMailStandsFirstAndAMailboxShowsItsOwn(t *testing.T) {
	o := show(t)
	o.arrives(1, "maria@example.com", "Subject: first\n\nx")
	o.arrives(2, "tom@example.org", "Subject: =?utf-8?q?zw=C3=B6lf?=\n\nx")
	_, all := o.get("/mail")
	if first, second := strings.Index(all, "zwölf"), strings.Index(all, ">first<"); first < 0 || second < first {
		t.Errorf("the order is wrong:\n%s", all)
	}
	_, hers := o.get("/mail?q=MARIA@example.com")
	if strings.Contains(hers, "zwölf") || !strings.Contains(hers, ">first<") || !strings.Contains(hers, "/mail/live?q=MARIA%40example.com") {
		t.Errorf("her mailbox:\n%s", hers)
	}
	_, empty := o.get("/mail?q=%3Cscript%3E")
	if strings.Contains(empty, "<script>") || !strings.Contains(empty, "No mail yet") {
		t.Errorf("a search for a script:\n%s", empty)
	}
}

func TestAMailSaysHowItCame(t *testing.T) {
	o := show(t)
	o.arrives(1, "maria@example.com", "From: Acme <account@acme.example>\nSubject: hello\nX-Odd: <b>\n\nOpen http://127.0.0.1:7071/in/AbC_-1.\nnot javascript:alert(1)\n")
	_, page := o.get("/mail/1")
	for _, want := range []string{
		"from <bdi>Acme</bdi> to <bdi>maria@example.com</bdi>", "Delivered over SMTP with TLS", "14:02:08", "Signed in to this server as keyback",
		`<a href="http://127.0.0.1:7071/in/AbC_-1">http://127.0.0.1:7071/in/AbC_-1</a>.`, "&lt;b&gt;", `href="/mail/1/source"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, `href="javascript`) || strings.Contains(page, "/mail/1/html") {
		t.Errorf("a link that should not be:\n%s", page)
	}
	for path, status := range map[string]int{"/mail/2": 404, "/mail/x": 404, "/mail/1/html": 404} {
		if resp, _ := o.get(path); resp.StatusCode != status {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestHostileMailRunsNothingAndBreaksNothing(t *testing.T) {
	huge := strings.Repeat("All work and no play. ", 200_000)
	for name, raw := range map[string]string{
		"nothing":           "",
		"no head":           "\n\nx",
		"a head alone":      "Subject: x",
		"zero bytes":        "Subject: \x00\x00\n\n\x00\xff\xfe",
		"raw eight bits":    "Subject: gr\xfc\xdfe\nContent-Type: text/plain; charset=iso-8859-1\n\ngr\xfc\xdfe",
		"a script":          "Subject: <script>alert(1)</script>\nContent-Type: text/html\n\n<script>alert(1)</script><meta http-equiv=refresh content=\"0;url=https://evil.example\"><form action=https://evil.example><input></form>",
		"a script in from":  "From: \"<img src=x onerror=alert(1)>\" <a@b.example>\nTo: <script>alert(1)</script>\n\nx",
		"a broken boundary": "Content-Type: multipart/alternative; boundary=\"a\"\n\n--a\nContent-Type: text/plain\n\nhello\n--b\n",
		"no boundary":       "Content-Type: multipart/mixed\n\nhello",
		"deep parts":        strings.Repeat("Content-Type: multipart/mixed; boundary=\"a\"\n\n--a\n", 200) + "\nx",
		"a wrong transfer":  "Content-Transfer-Encoding: base64\n\n%%%%not base64%%%%",
		"an unknown set":    "Content-Type: text/plain; charset=klingon-8\n\nx",
		"huge":              "Subject: " + huge[:50_000] + "\n\n" + huge,
		"rtl override":      "Subject: \u202Egpj.exe\n\nx",
	} {
		t.Run(name, func(t *testing.T) {
			o := show(t)
			o.arrives(1, "maria@example.com", raw)
			for _, path := range []string{"/mail", "/mail/1"} {
				resp, page := o.get(path)
				if resp.StatusCode != 200 || len(page) > most+64<<10 || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
					t.Errorf("%s: %d, %d bytes: %.500s", path, resp.StatusCode, len(page), page)
				}
			}
			resp, source := o.get("/mail/1/source")
			if source != strings.ReplaceAll(raw, "\n", "\r\n") || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("the source is not what arrived: %.200q", source)
			}
			if resp, _ := o.get("/mail/1/html"); resp.StatusCode == 200 {
				policy := resp.Header.Get("Content-Security-Policy")
				for _, want := range []string{"sandbox allow-popups", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
					if !strings.Contains(policy, want) || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
						t.Errorf("the HTML part may do too much: %s", policy)
					}
				}
			}
		})
	}
}

func TestTheListFollowsArrivals(t *testing.T) {
	o := show(t)
	resp, err := http.Get(o.url + "/mail/live")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	event := make([]byte, 4096)
	n, _ := resp.Body.Read(event)
	if !strings.Contains(string(event[:n]), "No mail yet") {
		t.Errorf("at first: %s", event[:n])
	}
	o.arrives(1, "maria@example.com", "Subject: there\n\nx")
	n, _ = resp.Body.Read(event)
	if !strings.Contains(string(event[:n]), "there") {
		t.Errorf("then: %s", event[:n])
	}
}

func TestTheBoxKeepsTheNewest(t *testing.T) {
	b := New()
	for i := range keep + 10 {
		b.Take(smtpsink.Message{N: int64(i + 1), Raw: fmt.Appendf(nil, "Subject: %d\r\n\r\nx", i+1)})
	}
	if all := b.search(""); len(all) != keep || all[0].N != keep+10 || all[keep-1].N != 11 {
		t.Errorf("%d mails, the newest is %d", len(all), all[0].N)
	}
	if m, ok := b.Newest(); !ok || m.N != keep+10 {
		t.Errorf("the newest is %d", m.N)
	}
}
