package smtpsink

import (
	"strconv"
	"strings"
)

// path reads "FROM:<address> params", leniently about the blank after the colon.
func path(rest, keyword string) (address, params string, ok bool) {
	if len(rest) < len(keyword) || !strings.EqualFold(rest[:len(keyword)], keyword) {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest[len(keyword):], " "), "<")
	if !ok {
		return "", "", false
	}
	address, params, ok = strings.Cut(rest, ">")
	return address, strings.TrimSpace(params), ok && !strings.ContainsAny(address, "< \t")
}

// announced is the size that MAIL announces (RFC 1870), 0 if none.
func announced(params string) int64 {
	for p := range strings.FieldsSeq(params) {
		if digits, ok := strings.CutPrefix(strings.ToUpper(p), "SIZE="); ok {
			n, _ := strconv.ParseInt(digits, 10, 64)
			return n
		}
	}
	return 0
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
