package letter

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// seen is what a person finds in the HTML part.
type seen struct {
	text  []string // visible pieces, in order
	hrefs []string
}

func look(t *testing.T, source string) seen {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	var walk func(n *html.Node, shown bool)
	walk = func(n *html.Node, visible bool) {
		if n.Type == html.TextNode && visible && strings.TrimSpace(n.Data) != "" {
			s.text = append(s.text, strings.TrimSpace(n.Data))
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "img", "script", "link", "iframe", "object", "form", "input", "video", "base":
				t.Errorf("a letter has a <%s>", n.Data)
			case "head":
				visible = false
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "href":
					s.hrefs = append(s.hrefs, a.Val)
				case a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on"):
					t.Errorf("a letter has %s=%q", a.Key, a.Val)
				case a.Key == "style" && strings.Contains(a.Val, "display:none"):
					visible = false
				case a.Key == "style" && strings.Contains(a.Val, "url("):
					t.Errorf("a style that fetches: %q", a.Val)
				}
			}
		}
		for c := range n.ChildNodes() {
			walk(c, visible)
		}
	}
	walk(doc, true)
	return s
}

var (
	addresses = regexp.MustCompile(`https?://\S+`)
	names     = regexp.MustCompile(`“.*”`)
	glyphs    = regexp.MustCompile(`^[●◯┊━]$`)
)

// bare is text without what only sets it out: blanks, dashes, colons, links.
func bare(s string) string {
	s = addresses.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \n\r-:", r) {
			return -1
		}
		return r
	}, s)
}

func TestBothPartsSayTheSameAndLinkToTheSame(t *testing.T) {
	l := acme(t)
	for _, lang := range l.Languages() {
		for _, s := range shelf {
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				e := read(t, build(t, l, lang, s.letter, envelop))
				in := look(t, e.HTML)

				// The address as text under a button and its lead repeat the link.
				spoken := slices.DeleteFunc(slices.Clone(in.text), func(p string) bool {
					return addresses.MatchString(p) || p == l.in(lang).say("link.text") || p == "Acme"
				})
				for _, p := range spoken {
					if !strings.Contains(bare(e.Text), bare(p)) {
						t.Errorf("only in the HTML: %q", p)
					}
				}
				if a, b := bare(strings.Join(spoken, "")), bare(e.Text); a != b {
					t.Errorf("the parts differ:\nHTML %s\ntext %s", a, b)
				}
				links := addresses.FindAllString(e.Text, -1)
				if !slices.Equal(links, in.hrefs) {
					t.Errorf("links in the text %q, in the HTML %q", links, in.hrefs)
				}
			})
		}
	}
}

func TestEveryLetterKeepsItsMeasures(t *testing.T) {
	l := acme(t)
	for _, s := range shelf {
		t.Run(s.name, func(t *testing.T) {
			raw := build(t, l, "en", s.letter, envelop)
			e := read(t, raw)
			in := look(t, e.HTML)
			if len(raw) > 20_000 {
				t.Errorf("%d bytes", len(raw))
			}
			if n := len(in.hrefs); n < 1 || n > 3 {
				t.Errorf("%d links", n)
			}
			for _, href := range in.hrefs {
				if !strings.HasPrefix(href, base+"/") {
					t.Errorf("a link to elsewhere: %q", href)
				}
			}
			words := 0
			for _, p := range in.text {
				if !glyphs.MatchString(p) && !addresses.MatchString(p) {
					words += len(strings.Fields(names.ReplaceAllString(p, "")))
				}
			}
			if words > 120 {
				t.Errorf("%d words", words)
			}
			t.Logf("%d words, %d bytes", words, len(raw))
			if lead := strings.Split(strings.ReplaceAll(e.Text, "\r\n", "\n"), "\n\n")[1]; !slices.Contains(in.text, lead) {
				t.Errorf("the first line %q is not in the HTML", lead)
			}
			if strings.Contains(e.Text, "[") {
				t.Errorf("a text is missing:\n%s", e.Text)
			}
		})
	}
}

func TestTheCodeCanBeCopiedAsItIs(t *testing.T) {
	l := acme(t)
	e := read(t, build(t, l, "en", shelf[0].letter, envelop))
	if !slices.Contains(look(t, e.HTML).text, "48217730") {
		t.Error("the HTML breaks the code up")
	}
	if !strings.Contains(e.Text, "\n48217730\r\n") && !strings.Contains(e.Text, "\n48217730\n") {
		t.Errorf("the code has no line of its own:\n%s", e.Text)
	}
}

func TestTheCodeStaysOffALockScreenWhereTheOperatorWantsIt(t *testing.T) {
	l := acme(t)
	preheader := regexp.MustCompile(`mso-hide:all">([^<]*)<`)
	for _, hush := range []bool{false, true} {
		l.hush = hush
		e := read(t, build(t, l, "en", shelf[0].letter, envelop))
		got := preheader.FindStringSubmatch(e.HTML)[1]
		if strings.Contains(got, "48217730") == hush {
			t.Errorf("with hush %v the preheader is %q", hush, got)
		}
	}
}

func TestASealStandsOnlyInLettersAfterAProof(t *testing.T) {
	l := acme(t)
	for _, s := range shelf {
		e := read(t, build(t, l, "en", s.letter, envelop))
		after := s.letter.Kind() == "changed" || s.letter.Kind() == "unlocked" || s.letter.Kind() == "stopped"
		if strings.Contains(e.Text, "KF3A-9C1E") != after {
			t.Errorf("%s: seal is %v", s.name, !after)
		}
	}
}
