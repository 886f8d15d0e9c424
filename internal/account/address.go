package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"keyback/internal/fault"
)

// Limits of RFC 5321, in bytes.
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63
)

// Canonical is the one form under which addresses are compared: the domain as
// lower-case ASCII (IDNA), the local part in NFC with its ASCII letters lowered
// and every other letter as it is. Two addresses that differ in the local part's
// ASCII case alone share it; Match keeps them apart.
//
// It reads the dot-string form of RFC 5321 with the characters of RFC 6531, and
// nothing more: no quoted string, comment, route (% and ! included, which relays
// still honour), address literal, single-label domain, blank, control, bidi or
// invisible character. A character whose compatibility form holds an ASCII one,
// such as the Kelvin sign or a fullwidth letter, is refused rather than folded.
// The error is fault.Invalid.
func Canonical(email string) (string, error) {
	m, ok := parseMailbox(email)
	if !ok {
		return "", fault.New(fault.Invalid, "Write one email address, such as maria@example.com.")
	}
	return m.canonical(), nil
}

// Inbox is the coarsest form of a canonical address: without the dots before the @ and
// what follows a "+", which many receivers leave out. It decides nothing but which
// addresses share the cap on mail, so that one inbox cannot be flooded under a
// thousand names. Of a text that is no address it is the text.
func Inbox(canonical string) string {
	local, domain, _ := strings.Cut(canonical, "@")
	plain, _, _ := strings.Cut(local, "+")
	plain = strings.ReplaceAll(plain, ".", "")
	if plain == "" {
		return canonical
	}
	return plain + "@" + domain
}

// mailbox is an address taken apart.
type mailbox struct {
	local  string // as written
	folded string // its canonical form
	domain string // lower-case ASCII
}

func (m mailbox) canonical() string { return m.folded + "@" + m.domain }

// same says that two spellings name one mailbox for certain: the local part is
// the receiver's business and compared by its bytes, a domain has no case.
func (m mailbox) same(o mailbox) bool { return m.local == o.local && m.domain == o.domain }

func parseMailbox(email string) (mailbox, bool) {
	local, domain, found := strings.Cut(email, "@")
	if !found || len(email) > maxAddress || len(local) > maxLocal || !utf8.ValidString(email) {
		return mailbox{}, false
	}
	if !isDotString(local) {
		return mailbox{}, false
	}
	ascii, ok := canonicalDomain(domain)
	if !ok {
		return mailbox{}, false
	}
	m := mailbox{local: local, folded: foldLocal(local), domain: ascii}
	if len(m.folded) > maxLocal || len(m.canonical()) > maxAddress {
		return mailbox{}, false
	}
	return m, true
}

// isDotString checks the dot-string of RFC 5321 section 4.1.2, without % and !.
func isDotString(local string) bool {
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return false
		}
		for i, r := range atom {
			if r < utf8.RuneSelf {
				if !isAtext(r) {
					return false
				}
				continue
			}
			if !isHonest(r) || i == 0 && unicode.In(r, unicode.M) {
				return false
			}
		}
	}
	return true
}

func isAtext(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("#$&'*+-/=?^_`{|}~", r)
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isHonest says that a character beyond ASCII shows as itself: visible, no
// blank, no direction, and no other spelling of an ASCII character.
func isHonest(r rune) bool {
	if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S) {
		return false
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == brailleBlank {
		return false
	}
	for _, c := range norm.NFKC.String(string(unicode.ToLower(r))) + norm.NFKC.String(string(r)) {
		if c < utf8.RuneSelf {
			return false
		}
	}
	return true
}

const brailleBlank = '\u2800'

// foldLocal is NFC with lowered ASCII letters. A letter that carries an accent is
// no ASCII letter, even where Unicode has no single character for the two.
func foldLocal(local string) string {
	runes := []rune(norm.NFC.String(local))
	for i, r := range runes {
		accented := i+1 < len(runes) && unicode.In(runes[i+1], unicode.M)
		if 'A' <= r && r <= 'Z' && !accented {
			runes[i] = r + 'a' - 'A'
		}
	}
	return string(runes)
}

// canonicalDomain gives the domain as lower-case ASCII: at least two labels of
// letters, digits and inner hyphens, the last not a number.
func canonicalDomain(domain string) (string, bool) {
	if len(domain) > maxDomain {
		return "", false
	}
	for _, r := range domain {
		if r >= utf8.RuneSelf && !isHonest(r) || r < utf8.RuneSelf && !isLetterOrDigit(r) && r != '-' && r != '.' {
			return "", false
		}
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > maxDomain || strings.Count(ascii, ".") != strings.Count(domain, ".") {
		return "", false // IDNA takes other dots than the ASCII one; we do not
	}
	ascii = strings.ToLower(ascii)
	labels := strings.Split(ascii, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	return ascii, len(labels) > 1 && strings.Trim(last, "0123456789") != ""
}

func isLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, r := range label {
		if !isLetterOrDigit(r) && r != '-' {
			return false
		}
	}
	return true
}
