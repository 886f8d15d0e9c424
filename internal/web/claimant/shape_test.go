package claimant

import (
	"bytes"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"keyback/internal/web/assets"
	"keyback/internal/web/parts"
)

func kit(t testing.TB) *assets.Assets {
	t.Helper()
	a, err := assets.New(assets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// each calls f with the parsed document of every page in every state.
func each(t *testing.T, f func(t *testing.T, name string, doc *html.Node)) {
	site := newSite(t, library(t), kit(t))
	for _, s := range everyState("en") {
		body, err := site.Bytes(s.page)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		f(t, s.name, doc)
	}
}

func TestAPageHasOneHeadingOneFilledButtonAndThreeWaysOut(t *testing.T) {
	each(t, func(t *testing.T, name string, doc *html.Node) {
		filled, ways, headings, focus := 0, 0, 0, 0
		for n := range find(doc, "main").Descendants() {
			if attribute(n, "class") == "filled" {
				filled++
			}
			if attribute(n, "class") == "way" {
				ways++
			}
			if n.Data == "h1" {
				headings++
			}
			if has(n, "autofocus") {
				focus++
			}
		}
		most := 1
		if name == "choose" || strings.HasPrefix(name, "account") {
			most = 0 // a choice of equals
		}
		if filled != most {
			t.Errorf("%s has %d filled buttons, want %d", name, filled, most)
		}
		if ways > 3 {
			t.Errorf("%s has %d ways out", name, ways)
		}
		if headings != 1 {
			t.Errorf("%s has %d headings", name, headings)
		}
		if focus > 2 {
			t.Errorf("%s sends the focus to %d places", name, focus)
		}
	})
}

// What spends or stops something needs something typed or ticked: a form as served does nothing.
func TestAFormSentAsServedSpendsNothing(t *testing.T) {
	each(t, func(t *testing.T, name string, doc *html.Node) {
		if !strings.HasPrefix(name, "password") && !strings.HasPrefix(name, "unlock-") && name != "unlock" && !strings.HasPrefix(name, "stop") {
			return
		}
		for n := range doc.Descendants() {
			if n.Data == "input" && attribute(n, "type") == "checkbox" && has(n, "checked") {
				t.Errorf("%s serves a ticked box", name)
			}
			if n.Data == "input" && attribute(n, "type") == "password" && attribute(n, "value") != "" {
				t.Errorf("%s serves a typed password", name)
			}
		}
	})
}

func TestEveryFieldHasItsLabelAndWhatBrowsersFill(t *testing.T) {
	each(t, func(t *testing.T, name string, doc *html.Node) {
		labels, ids := map[string]bool{}, map[string]bool{}
		for n := range doc.Descendants() {
			if n.Data == "label" {
				labels[attribute(n, "for")] = true
			}
			if id := attribute(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s has two elements with the id %s", name, id)
				}
				ids[id] = true
			}
		}
		for n := range doc.Descendants() {
			for id := range strings.FieldsSeq(attribute(n, "aria-describedby")) {
				if !ids[id] {
					t.Errorf("%s describes a field by %s, which is not there", name, id)
				}
			}
			if n.Data != "input" || attribute(n, "type") == "hidden" || n.Parent.Data == "label" {
				continue
			}
			if !labels[attribute(n, "id")] {
				t.Errorf("%s has a field without a label: %s", name, attribute(n, "name"))
			}
			if attribute(n, "autocomplete") == "" {
				t.Errorf("%s does not tell browsers what %s is", name, attribute(n, "name"))
			}
		}
	})
}

// The Content-Security-Policy forbids style and script inside a page; colours and sizes belong to the one sheet.
func TestTemplatesHoldNoStyleScriptOrText(t *testing.T) {
	refused := regexp.MustCompile(`(?i)\sstyle=|<style|<script(?:>|\s[^>]*>[^<])|\son[a-z]+=|javascript:|#[0-9a-f]{3,8}\b|[0-9]px\b|\b(?:margin|padding)-(?:left|right)|http-equiv`)
	for _, folder := range []string{"../parts/templates", "templates", "../holder/templates"} {
		names, err := filepath.Glob(folder + "/*.html")
		if err != nil || len(names) == 0 {
			t.Fatal(folder, names, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if found := refused.FindAll(text, -1); found != nil {
				t.Errorf("%s has %q", name, found)
			}
			// What is left without actions, comments and tags is text of its own.
			bare := regexp.MustCompile(`(?s)\{\{.*?\}\}`).ReplaceAll(text, nil)
			bare = regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAll(bare, nil)
			if found := regexp.MustCompile(`[A-Za-z]{2,}`).FindAll(bare, -1); found != nil {
				t.Errorf("%s has words that are not in the catalogue: %q", name, found)
			}
		}
	}
	for _, script := range []string{"live.js", "password.js", "countdown.js", "times.js"} {
		text, err := os.ReadFile("../assets/files/" + script)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`#[0-9a-fA-F]{6}\b|[0-9]px\b|\.style\b|\beval\b|new Function`).FindAll(text, -1); found != nil {
			t.Errorf("%s has %q", script, found)
		}
	}
}

func TestAPageIsLightAndAsksForLittle(t *testing.T) {
	each(t, func(t *testing.T, name string, doc *html.Node) {
		requests := 1
		for n := range doc.Descendants() {
			if n.Data == "script" || n.Data == "link" || n.Data == "img" {
				requests++
			}
		}
		if requests > 4 {
			t.Errorf("%s asks for %d files", name, requests)
		}
	})
}

func TestBeforeAProofNoPageShowsASeal(t *testing.T) {
	each(t, func(t *testing.T, name string, doc *html.Node) {
		var b strings.Builder
		if err := html.Render(&b, doc); err != nil {
			t.Fatal(err)
		}
		proven := strings.HasPrefix(name, "done") || strings.HasPrefix(name, "unlocked") || strings.HasPrefix(name, "stopped")
		if shown := strings.Contains(b.String(), "KF3A"); shown != proven {
			t.Errorf("%s shows a seal: %v", name, shown)
		}
	})
}

// A name typed tells nothing of the mailbox behind it: the page is the same however far the mail is.
func TestAPageByNameNeverShowsHowFarTheMailIs(t *testing.T) {
	site := newSite(t, library(t), kit(t))
	for _, lead := range []Lead{Spent, ByName} {
		var first []byte
		for _, stage := range []Stage{Asked, Handing, HandedOver, Deferred, CameBack, RanOut} {
			p := InboxPage{Lead: lead, Typed: "maria", Mail: Mail{Stage: stage, AskedAt: at("14:02:07")}}
			if stage > Handing {
				p.Mail.HandedAt, p.Mail.NextTry, p.Mail.GoodUntil = at("14:02:08"), at("14:03:00"), at("14:32:08")
			}
			body, err := site.Bytes(p)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = body
			}
			if !bytes.Equal(first, body) {
				t.Errorf("lead %d shows stage %d", lead, stage)
			}
		}
	}
}

func TestTheLivePartIsTheSameAsInThePage(t *testing.T) {
	site := newSite(t, library(t), kit(t))
	for _, s := range everyState("en") {
		p, ok := s.page.(InboxPage)
		if !ok {
			continue
		}
		whole, err := site.Bytes(p)
		if err != nil {
			t.Fatal(err)
		}
		part, err := site.Part(LivePart, p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(whole, part) {
			t.Errorf("%s: an event would show something else than the page", s.name)
		}
	}
}

func TestAnOperatorsFileTakesTheTemplatesPlace(t *testing.T) {
	own := fstest.MapFS{"help.html": {Data: []byte(`{{define "help.title"}}x{{end}}{{define "help"}}<h1>Ask Ines</h1>{{end}}`)}}
	o := parts.Options{Texts: library(t), Assets: kit(t), Brand: brand, Pages: []fs.FS{Templates()}, Own: own}
	site, err := parts.NewSite(o)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := site.Write(w, 200, HelpPage{}); err != nil || !strings.Contains(w.Body.String(), "Ask Ines") {
		t.Fatal(err, w.Body)
	}
	own["help.html"].Data = []byte(`{{define "help"}}{{if}}{{end}}`)
	if _, err := parts.NewSite(o); err == nil || !strings.Contains(err.Error(), "help.html") {
		t.Error("a template that does not parse was taken, or not named:", err)
	}
}

func TestTheLastPagesNeedNothingAnyMore(t *testing.T) {
	site := newSite(t, library(t), kit(t))
	for _, status := range []int{500, 503} {
		body, err := Static(site, status, "/recover")
		if err != nil || bytes.Contains(body, []byte("data-now")) || !bytes.Contains(body, []byte(`href="/help"`)) {
			t.Errorf("%d: %v\n%s", status, err, body)
		}
	}
}
