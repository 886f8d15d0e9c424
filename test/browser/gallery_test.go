package browser

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyback/internal/httpx"
	"keyback/internal/testkit"
	"keyback/internal/web/assets"
)

const kept = "../../internal/web/claimant/testdata"

// The pages that the page tests compare themselves with, byte by byte, put up with
// the real assets behind the real headers.
func TestEveryPageInEveryStateIsFitForEverybody(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(kept, "en", "*.html"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	var states []string
	for _, f := range files {
		states = append(states, strings.TrimSuffix(filepath.Base(f), ".html"))
	}
	for half := range slices.Chunk(states, (len(states)+1)/2) {
		t.Run("from "+half[0], func(t *testing.T) {
			t.Parallel()
			testkit.Node(t, "gallery.mjs", "GALLERY="+gallery(t), "STATES="+strings.Join(half, " "))
		})
	}
}

func gallery(t *testing.T) string {
	t.Helper()
	kit, err := assets.New(assets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, ok := strings.CutPrefix(r.URL.Path, assets.Prefix); ok {
			r.URL.Path = kit.URL(name) // kept pages leave hashes out of the names
			kit.Handler().ServeHTTP(w, r)
			return
		}
		page, err := os.ReadFile(filepath.Join(kept, filepath.Clean(r.URL.Path)+".html"))
		if err != nil { // such as the stream of a live page
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	server := httptest.NewUnstartedServer(nil)
	base := &url.URL{Scheme: "http", Host: server.Listener.Addr().String()}
	server.Config.Handler = httpx.Guard(httpx.Options{Base: base, Fail: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
		http.Error(w, err.Error(), status)
	}}, pages)
	server.Start()
	t.Cleanup(server.Close)
	return base.String()
}
