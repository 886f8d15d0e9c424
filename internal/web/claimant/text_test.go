package claimant

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Every key that a template or a package says exists, and every key of the catalogue is said somewhere.
func TestTheCatalogueIsWholeAndHasNothingLeftOver(t *testing.T) {
	english := library(t).For()
	said := map[string]bool{}
	inTemplate := regexp.MustCompile(`\bt "([^"]+)"`)
	inCode := regexp.MustCompile(`(?:Say|T|HTML)\("([^"]+)"`)
	quoted := regexp.MustCompile(`"([a-z0-9.-]+)"`)
	for _, folder := range []string{"../../i18n", "../parts", ".", "../holder"} {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Contains(path, "testdata") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			must := inCode
			switch filepath.Ext(path) {
			case ".html":
				must = inTemplate
			case ".go":
			default:
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range must.FindAllStringSubmatch(string(text), -1) {
				if !english.Has(m[1]) {
					t.Errorf("%s says %q, which the catalogue lacks", path, m[1])
				}
			}
			for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
				said[m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range english.Keys() {
		if !said[key] {
			t.Errorf("nobody says %q", key)
		}
	}
}

// A reading is the text of a page as a person meets it.
type reading struct {
	sentences []string
	words     int // visible ones
}

// read takes a page's main part apart. What names something (an address, a code, a time) is no language: it is left out
// of sentences and counts as one word.
func read(t *testing.T, page []byte) reading {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(string(page)))
	if err != nil {
		t.Fatal(err)
	}
	var r reading
	var block strings.Builder
	end := func() {
		for _, s := range regexp.MustCompile(`[.?!]+(\s|$)|[;:](\s|$)`).Split(block.String(), -1) {
			if s = strings.TrimSpace(s); s != "" {
				r.sentences = append(r.sentences, s)
			}
		}
		block.Reset()
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			r.words += len(strings.Fields(n.Data))
			block.WriteString(n.Data)
			return
		case n.Type != html.ElementNode:
		case n.Data == "noscript", attribute(n, "class") == "unseen", has(n, "hidden"):
			return
		case n.Data == "time", n.Data == "bdi":
			r.words++
			block.WriteString(" it ")
			return
		case attribute(n, "class") == "when":
			r.words++
			return
		}
		inline := n.Type == html.ElementNode && slices.Contains([]string{"a", "strong", "span", "button"}, n.Data)
		if !inline {
			end()
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if !inline || strings.HasPrefix(attribute(n, "class"), "filled") || attribute(n, "class") == "knot" || attribute(n, "class") == "way" {
			end()
		}
	}
	walk(find(doc, "main"))
	end()
	return r
}

func find(n *html.Node, element string) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == element {
			return d
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// grade is the Flesch-Kincaid grade: the school year that a text asks for.
func grade(sentences []string) float64 {
	words, syllables := 0, 0
	for _, s := range sentences {
		for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '\'' || r == '’') }) {
			words++
			syllables += syllablesOf(strings.ToLower(word))
		}
	}
	return .39*float64(words)/float64(len(sentences)) + 11.8*float64(syllables)/float64(words) - 15.59
}

func syllablesOf(word string) int {
	n, vowel := 0, false
	for _, r := range word {
		is := strings.ContainsRune("aeiouy", r)
		if is && !vowel {
			n++
		}
		vowel = is
	}
	silent := strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") ||
		strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "ted") && !strings.HasSuffix(word, "ded") ||
		strings.HasSuffix(word, "es") && !regexp.MustCompile("(s|x|z|ch|sh|c|g)es$").MatchString(word)
	if silent && n > 1 {
		n--
	}
	return max(n, 1)
}

func TestSyllablesAreCounted(t *testing.T) {
	for word, want := range map[string]int{"the": 1, "mail": 1, "username": 3, "password": 2, "asked": 1, "handed": 2, "changed": 1, "minutes": 2, "places": 2, "able": 2} {
		if got := syllablesOf(word); got != want {
			t.Errorf("%s: got %d, want %d", word, got, want)
		}
	}
}

func TestEveryPageReadsAtAnAgeOfElevenAndIsShort(t *testing.T) {
	site := newSite(t, library(t), kit(t))
	for _, s := range everyState("en") {
		body, err := site.Bytes(s.page)
		if err != nil {
			t.Fatal(err)
		}
		page := read(t, body)
		if g := grade(page.sentences); g > 6 {
			t.Errorf("%s asks for school year %.1f: %q", s.name, g, page.sentences)
		}
		if page.words > 90 {
			t.Errorf("%s has %d words, more than 90", s.name, page.words)
		}
		for _, sentence := range page.sentences {
			if n := len(strings.Fields(sentence)); n > 20 {
				t.Errorf("%s has a sentence of %d words: %q", s.name, n, sentence)
			}
		}
	}
}

func TestNoPageSpeaksTheJargonOfOurTrade(t *testing.T) {
	english := library(t).For()
	jargon := regexp.MustCompile(`(?i)\b(token|credential|identifier|session|factor|authenticat\w*|verif\w*|mfa|otp|hold|veto|oops|invalid|unauthori[sz]ed|successful\w*|security reasons|try again later)\b|!`)
	for _, key := range english.Keys() {
		if text := english.T(key); jargon.MatchString(text) {
			t.Errorf("%s: %q", key, text)
		}
		if strings.HasSuffix(key, "heading") && len(strings.Fields(english.T(key))) > 8 {
			t.Errorf("%s is a heading of more than 8 words", key)
		}
		if strings.HasPrefix(key, "knot.") && !strings.HasSuffix(key, ".help") && len(strings.Fields(english.T(key))) > 7 {
			t.Errorf("%s is a knot of more than 7 words", key)
		}
	}
}
