package inbox

import (
	"net/url"
	"regexp"
	"strings"
)

// Piece is a run of text, or an address to follow.
type Piece struct {
	Text string
	Link string // empty for plain text
}

var link = regexp.MustCompile(`https?://[^\s<>"“”]+`)

// pieces finds the addresses in a text. Only http and https lead anywhere.
func pieces(text string) []Piece {
	var all []Piece
	add := func(p Piece) {
		if p.Text != "" {
			all = append(all, p)
		}
	}
	for {
		at := link.FindStringIndex(text)
		if at == nil {
			add(Piece{Text: text})
			return all
		}
		found := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]'")
		end := at[0] + len(found)
		add(Piece{Text: text[:at[0]]})
		if u, err := url.Parse(found); err == nil && u.Host != "" {
			add(Piece{Text: found, Link: u.String()})
		} else {
			add(Piece{Text: found})
		}
		text = text[end:]
	}
}
