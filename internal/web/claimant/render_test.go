package claimant

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"keyback/internal/i18n"
	"keyback/internal/web/assets"
	"keyback/internal/web/holder"
)

var (
	update  = flag.Bool("update", false, "write the goldens anew")
	preview = flag.String("preview", "", "also write every page into this folder, with its assets, to look at")
)

var pageFolders = []fs.FS{Templates(), holder.Templates()}

func library(t testing.TB) *i18n.Library {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// languages are English, and the pseudo-language that shows what is not in the catalogue and what does not fit.
var languages = map[string]string{"en": "en", "pseudo": "en-x-pseudo"}

func TestEveryPageInEveryStateLooksAsItDidBefore(t *testing.T) {
	kit := kit(t)
	english := library(t)
	for folder, tag := range languages {
		texts := english
		if folder == "pseudo" {
			texts = english.With(i18n.Pseudo(english.For()))
		}
		site := newSite(t, texts, kit)
		for _, s := range everyState(tag) {
			body, err := site.Bytes(s.page)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			write(t, *preview, filepath.Join(folder, s.name+".html"), body)
			compare(t, filepath.Join("testdata", folder, s.name+".html"), unhashed(kit, body))
		}
	}
	kit.Each(func(url string, body []byte) { write(t, *preview, url, body) })
}

// unhashed leaves the names of assets plain, so that a change of style is no change of every golden.
func unhashed(kit *assets.Assets, body []byte) []byte {
	for _, name := range []string{"base.css", "keyback.js", "icon.svg"} {
		body = bytes.ReplaceAll(body, []byte(kit.URL(name)), []byte(assets.Prefix+name))
	}
	return body
}

func compare(t *testing.T, golden string, body []byte) {
	t.Helper()
	if *update {
		write(t, ".", golden, body)
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if !bytes.Equal(want, body) {
		t.Errorf("%s has changed. Look at it, then write it anew with -update.\n%s", golden, body)
	}
}

func write(t *testing.T, folder, name string, body []byte) {
	t.Helper()
	if folder == "" {
		return
	}
	file := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
}
