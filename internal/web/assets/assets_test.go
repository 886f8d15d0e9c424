package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func newAssets(t testing.TB, o Options) *Assets {
	t.Helper()
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(a *Assets, url, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", url, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func TestAFileIsKeptForAYearUnderANameOfItsContent(t *testing.T) {
	a := newAssets(t, Options{})
	other := newAssets(t, Options{Accent: "#0D6EFD"})
	url := a.URL("base.css")
	if !regexp.MustCompile(`^/assets/base\.[a-z2-7]{8}\.css$`).MatchString(url) || url == other.URL("base.css") {
		t.Fatalf("names %s and %s", url, other.URL("base.css"))
	}
	w := get(a, url, "br, gzip")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal(w.Code, w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, _ := io.ReadAll(z)
	if plain := get(a, url, "gzip;q=0"); !bytes.Equal(unzipped, plain.Body.Bytes()) || plain.Header().Get("Content-Encoding") != "" {
		t.Error("the compressed body is another one than the plain")
	}
	if w := get(a, "/assets/base.aaaaaaaa.css", ""); w.Code != 404 {
		t.Error("an old name still answers:", w.Code)
	}
}

func TestStyleAndScriptAreAFewKilobytes(t *testing.T) {
	a := newAssets(t, Options{Accent: "#0D6EFD"})
	for name, most := range map[string]int{"base.css": 6 << 10, "keyback.js": 4 << 10} {
		if n := get(a, a.URL(name), "gzip").Body.Len(); n > most {
			t.Errorf("%s is %d bytes compressed, more than %d", name, n, most)
		}
	}
}

func TestTheOperatorsLookIsPutIn(t *testing.T) {
	a := newAssets(t, Options{Accent: "#0D6EFD", Radius: "4", Logo: []byte("<svg/>")})
	sheet := get(a, a.URL("base.css"), "").Body.String()
	for _, want := range []string{"--accent:#0560E3;--on-accent:#FFFFFF", "--accent:#729FE9", "--round:0.25rem"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the sheet has no %s", want)
		}
	}
	if a.Logo() == "" || a.Icon() != a.Logo() {
		t.Error("the logo is not the icon:", a.Logo(), a.Icon())
	}
	for _, wrong := range []Options{{Accent: "red"}, {Accent: "#12345"}, {Radius: "17"}, {Radius: "round"}} {
		if _, err := New(wrong); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}

func TestTheSheetWorksInEveryDirectionOfWriting(t *testing.T) {
	sheet, _ := files.ReadFile("files/base.css")
	physical := regexp.MustCompile(`[;{\s](margin-|padding-|border-)?(left|right|top|bottom|width|height)\s*:`)
	if found := physical.FindAll(sheet, -1); found != nil {
		t.Errorf("physical properties: %q", found)
	}
	if found := regexp.MustCompile(`font(-size)?:[^;}]*[0-9]px`).FindAll(sheet, -1); found != nil {
		t.Errorf("type in pixels: %q", found)
	}
}
