package i18n

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// A message is one text, or one for each plural form that its language tells apart.
type message struct {
	other []piece
	forms map[plural.Form][]piece // nil without plurals
}

// A piece is literal text, or the name of the argument that goes there.
type piece struct{ text, name string }

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func parseMessage(raw json.RawMessage) (message, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		pieces, err := cut(text)
		return message{other: pieces}, err
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return message{}, fmt.Errorf("neither a text nor plural forms: %w", err)
	}
	m := message{forms: make(map[plural.Form][]piece, len(texts))}
	for name, text := range texts {
		form, ok := formNames[name]
		if !ok {
			return message{}, fmt.Errorf("no plural form is called %q", name)
		}
		pieces, err := cut(text)
		if err != nil {
			return message{}, err
		}
		m.forms[form] = pieces
	}
	if m.other = m.forms[plural.Other]; m.other == nil {
		return message{}, fmt.Errorf("the form \"other\" is missing")
	}
	return m, nil
}

func cut(text string) ([]piece, error) {
	var pieces []piece
	for text != "" {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			return append(pieces, piece{text: text}), nil
		}
		if open > 0 {
			pieces = append(pieces, piece{text: text[:open]})
		}
		name, rest, closed := strings.Cut(text[open+1:], "}")
		if !closed || name == "" {
			return nil, fmt.Errorf("a { without its name and }: %q", text)
		}
		pieces, text = append(pieces, piece{name: name}), rest
	}
	return pieces, nil
}

func (m message) choose(tag language.Tag, args []any) []piece {
	if m.forms == nil {
		return m.other
	}
	n, ok := argument(args, "n")
	count, isInt := n.(int)
	if !ok || !isInt {
		return m.other
	}
	if pieces, ok := m.forms[plural.Cardinal.MatchPlural(tag, count, 0, 0, 0, 0)]; ok {
		return pieces
	}
	return m.other
}

// form is how a message is written down: as text, or as HTML.
type form int

const (
	plainText form = iota
	markup
)

func (f form) text(b *strings.Builder, s string) {
	if f == markup {
		s = template.HTMLEscapeString(s)
	}
	b.WriteString(s)
}

func (c *Catalogue) value(b *strings.Builder, v any, as form) {
	switch v := v.(type) {
	case string:
		as.text(b, v)
	case template.HTML:
		b.WriteString(string(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case Message:
		c.say(b, v, as)
	default:
		if !c.time(b, v, as) {
			as.text(b, fmt.Sprint(v))
		}
	}
}

// A Message is something to say later, in whichever language the reader has. It may be an argument of another one.
type Message struct {
	Key     string
	Args    []any
	literal string
}

// Say names a message and its arguments.
func Say(key string, args ...any) Message { return Message{Key: key, Args: args} }

// Literal is text from outside every catalogue, such as a rule that a directory states itself.
func Literal(text string) Message { return Message{literal: text} }

// Empty tells whether there is nothing to say.
func (m Message) Empty() bool { return m.Key == "" && m.literal == "" }

// Say is the message as plain text.
func (c *Catalogue) Say(m Message) string {
	var b strings.Builder
	c.say(&b, m, plainText)
	return b.String()
}

// SayHTML is the message for a page.
func (c *Catalogue) SayHTML(m Message) template.HTML {
	var b strings.Builder
	c.say(&b, m, markup)
	return template.HTML(b.String()) //nolint:gosec // say has escaped all but what is HTML already
}

func (c *Catalogue) say(b *strings.Builder, m Message, as form) {
	switch {
	case m.Key != "":
		c.write(b, m.Key, m.Args, as)
	case m.literal != "":
		as.text(b, m.literal)
	}
}
