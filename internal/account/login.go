package account

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"keyback/internal/fault"
)

// maxName is the longest user name, in bytes.
const maxName = 128

// ParseLogin reads the one field "email or user name". With an @ it is an
// address, without one a name. Blanks around it, which keyboards add, are cut
// off; all else is taken as typed, because the exact bytes decide between twins.
// The error is fault.Invalid and depends on the text alone.
func ParseLogin(s string) (Query, error) {
	typed := strings.Trim(s, " ")
	if typed == "" {
		return Query{}, fault.New(fault.Invalid, "Write your email address or your user name.")
	}
	if strings.Contains(typed, "@") {
		if _, err := Canonical(typed); err != nil {
			return Query{}, err
		}
		return Query{Address: typed}, nil
	}
	if _, err := CanonicalName(typed); err != nil {
		return Query{}, err
	}
	return Query{Name: typed}, nil
}

// CanonicalName is the one form under which user names are compared: NFC with
// lowered ASCII letters. A name has 1 to 128 bytes, no @, nothing invisible, no
// character that stands for an ASCII one, and blanks only between two others.
// The error is fault.Invalid.
func CanonicalName(name string) (string, error) {
	if !isName(name) {
		return "", fault.New(fault.Invalid, "Write your user name as you chose it, or your email address.")
	}
	return foldLocal(name), nil
}

func isName(name string) bool {
	folded := len(norm.NFC.String(name))
	if name == "" || len(name) > maxName || folded > maxName || !utf8.ValidString(name) {
		return false
	}
	for word := range strings.SplitSeq(name, " ") {
		if word == "" {
			return false
		}
	}
	for _, r := range name {
		switch {
		case r >= utf8.RuneSelf && !isHonest(r):
			return false
		case r < ' ' || r == 0x7f || r == '@':
			return false
		}
	}
	return true
}
