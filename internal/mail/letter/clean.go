package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

const (
	maxName  = 64  // characters of a stranger's text that a letter shows
	maxMarks = 3   // accents on one character
	maxCost  = 192 // bytes that one such text takes in a message, so that neutral letters can be of one size
)

// shown is text as a letter can show it: valid, in one line, at most most
// characters, without controls, invisible characters and characters that turn the
// reading direction.
func shown(s string, most int) string {
	if len(s) > 16*most {
		s = s[:16*most] // what comes later is not shown anyway
	}
	var b strings.Builder
	count, marks, blank := 0, 0, false
	for _, r := range s {
		switch {
		case r == utf8.RuneError, unicode.IsSpace(r), r == '\u2800', r == '\u3164', r == '\uffa0':
			blank = count > 0
			continue
		case unicode.In(r, unicode.M):
			if marks++; marks > maxMarks || count == 0 {
				continue
			}
		case r == '\u200c' || r == '\u200d': // joiners: Persian and emoji need them
			if count == 0 {
				continue
			}
		case !unicode.IsGraphic(r), unicode.In(r, unicode.Other_Default_Ignorable_Code_Point):
			continue
		default:
			marks = 0
		}
		if blank {
			b.WriteByte(' ')
			blank = false
			count++
		}
		if count >= most {
			return strings.TrimRight(firstRunes(b.String(), most-1), " ") + "…"
		}
		b.WriteRune(r)
		count++
	}
	return b.String()
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// unlinked keeps mail programs from making a link of a text that looks like one:
// a zero-width space follows each character that links are known by.
func unlinked(s string) string {
	if !linkable(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		if strings.ContainsRune(linkSigns, r) {
			b.WriteRune('\u200b')
		}
	}
	return b.String()
}

const (
	linkSigns = ".:/@\\" + wideDots + "：／＠"
	wideDots  = "。．｡․"
)

// linkable is true for text with an address, a scheme, a path or a domain in it.
// "maria.lopez" is none of these: no public domain ends so.
func linkable(s string) bool {
	if strings.ContainsAny(s, ":/\\@：／＠"+wideDots) {
		return true
	}
	for word := range strings.FieldsSeq(s) {
		for i := strings.IndexByte(word, '.'); i >= 0; i = strings.IndexByte(word, '.') {
			word = word[i+1:]
			if isTopLevel(word) {
				return true
			}
		}
	}
	return false
}

// isTopLevel says that text begins with the last label of a public domain. One
// beyond ASCII is taken for such.
func isTopLevel(text string) bool {
	end := strings.IndexFunc(text, func(r rune) bool { return !letterOrDigit(r) && r != '-' })
	if end < 0 {
		end = len(text)
	}
	if r, _ := utf8.DecodeRuneInString(text[end:]); r >= utf8.RuneSelf && unicode.IsLetter(r) {
		return true
	}
	label := strings.ToLower(text[:end])
	if label == "" {
		return false
	}
	_, icann := publicsuffix.PublicSuffix("a." + label)
	return icann
}

// clipped cuts a text to what it may cost in a message.
func clipped(s string) string {
	cost := 0
	for i, r := range s {
		if cost += costOf(r); cost > maxCost {
			return s[:i] + "…"
		}
	}
	return s
}

// costOf is the bytes that a character takes at most in quoted-printable, in
// HTML.
func costOf(r rune) int {
	switch {
	case r >= utf8.RuneSelf:
		return 3 * utf8.RuneLen(r)
	case strings.ContainsRune(`&<>"'+=`+"`", r):
		return 5
	}
	return 1
}

func hasRTL(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
	})
}
