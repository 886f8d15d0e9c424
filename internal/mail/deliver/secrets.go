package deliver

import (
	"bytes"
	"regexp"
	"strings"
)

const blot = "•••"

var (
	longWord  = regexp.MustCompile(`[A-Za-z0-9_=~-]{20,}`)
	digitRuns = regexp.MustCompile(`[0-9]{4}[ -]?[0-9]{4}`)
)

// withoutSecrets blots out what a server quotes of a message's links and codes:
// filters like to name the link they object to, and an outcome is stored and
// shown. In a word with a slash every long run of letters and digits mixed goes,
// because a link's token is one; a code goes where the message holds its digits.
func withoutSecrets(text string, raw []byte) string {
	if strings.Contains(text, "/") {
		words := strings.Split(text, " ")
		for i, w := range words {
			if strings.Contains(w, "/") {
				words[i] = longWord.ReplaceAllStringFunc(w, blotToken)
			}
		}
		text = strings.Join(words, " ")
	}
	return digitRuns.ReplaceAllStringFunc(text, func(code string) string {
		if holdsCode(raw, code) {
			return blot
		}
		return code
	})
}

func blotToken(run string) string {
	if strings.ContainsAny(run, "0123456789") {
		return blot
	}
	return run
}

func holdsCode(raw []byte, code string) bool {
	front, back := code[:4], code[len(code)-4:]
	for _, between := range []string{"", " ", "-"} {
		if bytes.Contains(raw, []byte(front+between+back)) {
			return true
		}
	}
	return false
}
