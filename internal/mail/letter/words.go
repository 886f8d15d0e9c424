package letter

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
)

//go:embed words/*.json
var wordFiles embed.FS

// catalogue is a language's texts. Its files have the syntax of package i18n: a
// text a key, with {name} where the argument of that name goes. Arguments are
// never read for braces.
type catalogue struct {
	lang, dir string
	texts     map[string][]piece
}

// piece is literal text, or the name of the argument that goes there.
type piece struct{ text, name string }

func loadWords() (map[string]*catalogue, error) {
	files, err := wordFiles.ReadDir("words")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*catalogue, len(files))
	for _, file := range files {
		raw, err := wordFiles.ReadFile("words/" + file.Name())
		if err != nil {
			return nil, err
		}
		lang := strings.TrimSuffix(path.Base(file.Name()), ".json")
		if all[lang], err = parseWords(lang, raw); err != nil {
			return nil, fmt.Errorf("letters' texts in %s: %w", file.Name(), err)
		}
	}
	return all, nil
}

func parseWords(lang string, raw []byte) (*catalogue, error) {
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, err
	}
	c := &catalogue{lang: lang, dir: direction(lang), texts: make(map[string][]piece, len(texts))}
	for key, text := range texts {
		for text != "" {
			before, rest, open := strings.Cut(text, "{")
			name, after, closed := strings.Cut(rest, "}")
			if open && !closed {
				return nil, fmt.Errorf("%s: a { without its }", key)
			}
			c.texts[key] = append(c.texts[key], piece{text: before, name: name})
			text = after
		}
	}
	return c, nil
}

func direction(lang string) string {
	switch lang, _, _ := strings.Cut(lang, "-"); lang {
	case "ar", "fa", "he", "ur", "yi":
		return "rtl"
	}
	return "ltr"
}

// say is a text with its arguments, pairs of a name and a string or an int. What
// is missing shows in brackets, so that a test or a reader sees it.
func (c *catalogue) say(key string, args ...any) string {
	pieces, ok := c.texts[key]
	if !ok {
		return "[" + key + "]"
	}
	if len(pieces) == 1 && pieces[0].name == "" {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
		if p.name != "" {
			b.WriteString(argument(args, p.name))
		}
	}
	return b.String()
}

func argument(args []any, name string) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		switch v := args[i+1].(type) {
		case string:
			return v
		case int:
			return strconv.Itoa(v)
		}
	}
	return "[" + name + "]"
}

// in is the catalogue for a language tag: its own, that of its first subtag, or
// English.
func (l *Letters) in(lang string) *catalogue {
	if c, ok := l.words[lang]; ok {
		return c
	}
	first, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if c, ok := l.words[first]; ok {
		return c
	}
	return l.english
}
