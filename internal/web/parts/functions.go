package parts

import (
	"html/template"
	"time"

	"keyback/internal/i18n"
)

// functions are all that templates may call. They are bound to one language.
func functions(texts *i18n.Catalogue, brand Brand) template.FuncMap {
	return template.FuncMap{
		"t":   texts.HTML,
		"say": texts.SayHTML,
		// left: "in 28 minutes", counted down where there is script.
		"left": func(now, until time.Time) template.HTML {
			return wrapped(`<span data-left="`+stamp(until)+`">`, texts.Left(now, until), `</span>`)
		},
		"stamp":  stamp,
		"passed": func(now, t time.Time) bool { return !t.After(now) },
		// mono: an address, a name or a code, kept together in any direction of writing.
		"mono":    func(s string) template.HTML { return wrapped(`<bdi class="mono">`, s, `</bdi>`) },
		"strong":  func(s string) template.HTML { return wrapped(`<strong>`, s, `</strong>`) },
		"day":     func(t time.Time) i18n.Day { return i18n.Day(t) },
		"weekday": func(t time.Time) i18n.Weekday { return i18n.Weekday(t) },
		"fold":    fold,
		"brand":   func() Brand { return brand },
	}
}

// wrapped puts a text between tags of ours.
func wrapped(open, text, end string) template.HTML {
	return template.HTML(open + template.HTMLEscapeString(text) + end) //nolint:gosec // the tags are constants
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
