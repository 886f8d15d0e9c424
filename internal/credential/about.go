package credential

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	aboutWords = 32 // more are not looked at
	aboutLeast = 3  // characters a word must have to count
	aboutRest  = 8  // characters that must be left beside them
)

// wordsOf takes what is known of an account apart: "Alice.Smith84@example.com"
// knows alicesmith84examplecom, alice, smith, 84 is too short, example and com.
// Longest first.
func wordsOf(about []string) []string {
	var words []string
	for _, a := range about {
		a = strings.ToLower(Normal(cut(a, MostBytes)))
		parts := strings.FieldsFunc(a, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		words = append(words, strings.Join(parts, ""))
		for _, p := range parts {
			words = append(words, p)
			words = append(words, strings.FieldsFunc(p, unicode.IsDigit)...)
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < aboutLeast })
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	words = slices.Compact(words)
	return words[:min(len(words), aboutWords)]
}

// isAbout says whether a password is little else than those words, written
// forwards or backwards, in any case, with "4" for "a" and the like: whether fewer
// than eight letters and digits are left when they are taken out.
func isAbout(password string, words []string) bool {
	if len(words) == 0 {
		return false
	}
	forwards := fold(password)
	backwards := []rune(forwards)
	slices.Reverse(backwards)
	return without(forwards, words) || without(string(backwards), words)
}

func without(s string, words []string) bool {
	taken := false
	for _, w := range words {
		rest := strings.ReplaceAll(s, fold(w), "")
		taken = taken || rest != s
		s = rest
	}
	return taken && utf8.RuneCountInString(s) < aboutRest
}

// fold brings the ways to write a word together: letters and digits alone, small,
// and those that stand for each other made one.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune("4@3!1|l0$57+", r); i >= 0 {
			return rune("aaeiiiiosstt"[i])
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
