package testkit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

const goodPage = `<!doctype html><html lang="en"><head><title>Get back in</title><meta name="viewport" content="width=device-width">
<style>body { color: #222; background: #fff } @media (prefers-color-scheme: dark) { body { color: #ddd; background: #111 } }</style></head>
<body><main><h1>Get back in</h1><label for="a">Your email</label><input id="a" type="email">%s</main></body></html>`

func TestTheBrowserFindsWhatIsWrongWithAPageAndNothingWrongWithAGoodOne(t *testing.T) {
	for _, c := range []struct{ name, planted, says string }{
		{"a good page", `<p>Nothing is lost.</p>`, ""},
		{"a field without a label", `<input type="text">`, "label"},
		{"words too pale on a dark screen only", `<style>@media (prefers-color-scheme: dark) { p { color: #444 } }</style><p>Read me</p>`, "dark: axe: color-contrast"},
		{"too wide for a phone only", `<div style="width: 600px">wide</div>`, "320 light: it scrolls sideways"},
		{"a script that fails", `<script>fall()</script>`, "fall is not defined"},
		{"a picture that is not there", `<img src="/gone.png" alt="">`, "404"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/gone.png" {
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")
				if _, err := fmt.Fprintf(w, goodPage, c.planted); err != nil {
					t.Error(err)
				}
			}))
			defer pages.Close()
			shots := t.TempDir()
			err := node(t.Context(), "pages.mjs", []string{"BASE=" + pages.URL, "PAGES=first:/", "SHOTS=" + shots}, func(line string) { t.Log(line) })
			switch {
			case c.says == "" && err != nil:
				t.Error(err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("it said %v, not %q", err, c.says)
			}
			if c.says != "" {
				return
			}
			if got, err := filepath.Glob(shots + "/first-*.png"); err != nil || len(got) != 4 {
				t.Errorf("pictures %v, %v; want two sizes, light and dark", got, err)
			}
		})
	}
}

func TestAScriptThatFallsSaysWhy(t *testing.T) {
	err := node(t.Context(), "pages.mjs", []string{"BASE=", "PAGES="}, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "BASE and PAGES are needed") {
		t.Error(err)
	}
}
