package walk

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// parse reads a part of a page.
func parse(at *url.URL, text string) (*Page, error) {
	doc, err := html.Parse(strings.NewReader(text))
	return &Page{URL: at, Body: []byte(text), doc: doc}, err
}

// Knot is one step of a page's thread.
type Knot struct{ Kind, Text string }

// Knots are the page's thread.
func (p *Page) Knots() (knots []Knot) {
	each(p.doc, func(n *html.Node) {
		if kind := attr(n, "data-k"); n.Data == "li" && kind != "" {
			if text := find(n, func(n *html.Node) bool { return attr(n, "class") == "knot" }); text != nil {
				// The word for screen readers is the shape's; here the sign is.
				_, said, _ := strings.Cut(words(text), ": ")
				knots = append(knots, Knot{kind, said})
			}
		}
	})
	return knots
}

// Thread is the page's thread in characters, on one line.
func (p *Page) Thread() string {
	signs := map[string]string{"done": "●", "now": "◯", "next": "┊", "stop": "▬", "aside": "·"}
	var line []string
	for _, k := range p.Knots() {
		line = append(line, signs[k.Kind]+" "+k.Text)
	}
	return strings.Join(line, "   ")
}

// reached says whether something in the thread has happened.
func (p *Page) reached(what string) bool {
	for _, k := range p.Knots() {
		if k.Kind == "done" && strings.Contains(k.Text, what) {
			return true
		}
	}
	return false
}
