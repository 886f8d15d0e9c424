// Package i18n holds every sentence that a person reads, one file a language.
//
// It promises that a message is chosen by the plural rules of its language (CLDR), that each {name} in it is filled by the
// argument of that name, and that a message made for HTML is safe there: the message and all values are escaped, except
// values of type template.HTML, which our own templates made. Catalogues hold text, never markup. English is whole; where
// another language lacks a message, English stands in.
//
// Times go in as time.Time, Seconds or Day and come out in words; in HTML they are <time> elements, so that a page can
// turn them to the reader's own clock.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var locales embed.FS

// A Library is all catalogues. It is read-only once loaded.
type Library struct {
	english    *Catalogue
	catalogues []*Catalogue // English first
	matcher    language.Matcher
}

// Load reads the catalogues built into the program.
func Load() (*Library, error) {
	names, err := fs.Glob(locales, "locales/*.json")
	if err != nil {
		return nil, err
	}
	var all []*Catalogue
	for _, name := range names {
		raw, err := locales.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := parse(strings.TrimSuffix(path.Base(name), ".json"), raw)
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", name, err)
		}
		all = append(all, c)
	}
	return newLibrary(all)
}

// With is the library and more catalogues, such as the pseudo-language of the tests.
func (l *Library) With(more ...*Catalogue) *Library {
	with, err := newLibrary(append(slices.Clone(l.catalogues), more...))
	if err != nil {
		panic(err) // English is there already, so nothing can be missing
	}
	return with
}

func newLibrary(all []*Catalogue) (*Library, error) {
	at := slices.IndexFunc(all, func(c *Catalogue) bool { return c.tag == language.English })
	if at < 0 {
		return nil, fmt.Errorf("no English catalogue")
	}
	all[0], all[at] = all[at], all[0]
	tags := make([]language.Tag, len(all))
	for i, c := range all {
		tags[i] = c.tag
		if i > 0 {
			c.fallback = all[0]
		}
	}
	return &Library{english: all[0], catalogues: all, matcher: language.NewMatcher(tags)}, nil
}

// For is the catalogue that suits best. Each wish is a language tag or an Accept-Language header; the first wish that we
// can meet wins, and English if none.
func (l *Library) For(wishes ...string) *Catalogue {
	for _, wish := range wishes {
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		for _, c := range l.catalogues {
			if c.tag == tags[0] {
				return c
			}
		}
		if _, at, sure := l.matcher.Match(tags...); sure > language.No {
			return l.catalogues[at]
		}
	}
	return l.english
}

// Catalogues are all languages, English first.
func (l *Library) Catalogues() []*Catalogue { return slices.Clone(l.catalogues) }

// A Catalogue is every message in one language. It is read-only once loaded.
type Catalogue struct {
	tag      language.Tag
	messages map[string]message
	zone     *time.Location // nil: each time in its own
	fallback *Catalogue
}

// In is the catalogue telling times in a zone.
func (c *Catalogue) In(zone *time.Location) *Catalogue {
	in := *c
	in.zone = zone
	return &in
}

// Lang is the BCP 47 tag, as for the lang attribute.
func (c *Catalogue) Lang() string { return c.tag.String() }

// Dir is the writing direction, as for the dir attribute.
func (c *Catalogue) Dir() string {
	script, _ := c.tag.Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm":
		return "rtl"
	}
	return "ltr"
}

// Has tells whether the catalogue itself has the message.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.messages[key]
	return ok
}

// Keys are the names of all messages, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.messages)) }

// T is a message as plain text. Args are pairs of name and value; the value named n, an int, picks the plural form.
// A key that no catalogue has comes out in brackets, so that it is seen and not silent.
func (c *Catalogue) T(key string, args ...any) string {
	var b strings.Builder
	c.write(&b, key, args, plainText)
	return b.String()
}

// HTML is a message for a page: message and values escaped, values of type template.HTML as they are.
func (c *Catalogue) HTML(key string, args ...any) template.HTML {
	var b strings.Builder
	c.write(&b, key, args, markup)
	return template.HTML(b.String()) //nolint:gosec // write has escaped all but what is HTML already
}

func (c *Catalogue) write(b *strings.Builder, key string, args []any, as form) {
	m, from := c.find(key)
	if from == nil {
		b.WriteString("[" + key + "]")
		return
	}
	for _, piece := range m.choose(from.tag, args) {
		if piece.name == "" {
			as.text(b, piece.text)
			continue
		}
		value, ok := argument(args, piece.name)
		if !ok {
			b.WriteString("[" + piece.name + "]")
			continue
		}
		c.value(b, value, as)
	}
}

// find also names the catalogue the message is from: its plural rules are those that fit.
func (c *Catalogue) find(key string) (message, *Catalogue) {
	if m, ok := c.messages[key]; ok {
		return m, c
	}
	if c.fallback != nil {
		return c.fallback.find(key)
	}
	return message{}, nil
}

func argument(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1], true
		}
	}
	return nil, false
}

func parse(tag string, raw []byte) (*Catalogue, error) {
	t, err := language.Parse(tag)
	if err != nil {
		return nil, err
	}
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, err
	}
	c := &Catalogue{tag: t, messages: make(map[string]message, len(texts))}
	for key, text := range texts {
		m, err := parseMessage(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		c.messages[key] = m
	}
	return c, nil
}
