package i18n

import (
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Pseudo is a language for tests, made from another: accents show which text came through a catalogue, four letters in
// ten more show what does not fit, and brackets show what was cut off.
func Pseudo(from *Catalogue) *Catalogue {
	p := &Catalogue{tag: language.MustParse("en-x-pseudo"), messages: make(map[string]message, len(from.messages)), zone: from.zone}
	for key, m := range from.messages {
		longer := message{other: pseudo(m.other)}
		if m.forms != nil {
			longer.forms = make(map[plural.Form][]piece, len(m.forms))
			for form, pieces := range m.forms {
				longer.forms[form] = pseudo(pieces)
			}
		}
		p.messages[key] = longer
	}
	return p
}

var accents = strings.NewReplacer("a", "á", "e", "ê", "i", "ï", "o", "ö", "u", "ü", "c", "ç", "n", "ñ", "y", "ý",
	"A", "Å", "E", "É", "I", "Î", "O", "Ø", "U", "Û", "C", "Ç", "N", "Ñ", "Y", "Ÿ", "S", "Š", "W", "Ŵ", "D", "Ð")

func pseudo(pieces []piece) []piece {
	letters := 0
	longer := []piece{{text: "⟦"}}
	for _, p := range pieces {
		letters += len([]rune(p.text))
		longer = append(longer, piece{text: accents.Replace(p.text), name: p.name})
	}
	if pad := (letters*4 + 9) / 10; pad > 0 {
		longer = append(longer, piece{text: " " + strings.Repeat("lorem ", pad/6+1)[:pad]})
	}
	return append(longer, piece{text: "⟧"})
}
