package letter

import (
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Brand is whose letters these are: the operator's application.
type Brand struct {
	Name   string // "Acme"; at most 40 characters
	Sender string // the address that letters come from, ASCII
	Accent Accent // the zero value is Keyback's pine
}

// Accent is the colour of buttons, links and done knots, as #rrggbb on light and
// on dark paper, each with the colour of text upon it.
type Accent struct{ Light, OnLight, Dark, OnDark string }

const maxBrand = 40

var colour = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

func (b Brand) checked() (Brand, error) {
	if b.Name == "" || shown(b.Name, maxBrand) != b.Name {
		return b, fmt.Errorf("the service's name %q cannot stand in a letter: use 1 to %d printable characters", b.Name, maxBrand)
	}
	a, err := mail.ParseAddress("<" + b.Sender + ">")
	if err != nil || a.Address != b.Sender || !plainASCII(b.Sender) || strings.ContainsAny(b.Sender, `"\`) {
		return b, fmt.Errorf("the sender %q is no address: use one such as no-reply@example.com", b.Sender)
	}
	if b.Accent == (Accent{}) {
		b.Accent = pine
	}
	for _, c := range []string{b.Accent.Light, b.Accent.OnLight, b.Accent.Dark, b.Accent.OnDark} {
		if !colour.MatchString(c) {
			return b, fmt.Errorf("the accent %q is no colour: use #rrggbb", c)
		}
	}
	return b, nil
}

// from is the value of the From header.
func (b Brand) from() string {
	return folded((&mail.Address{Name: b.Name, Address: b.Sender}).String())
}

// encoded is a text for a header, by RFC 2047 where it is beyond ASCII.
func encoded(text string) string { return folded(mime.QEncoding.Encode("utf-8", text)) }

// folded puts each encoded word on a line of its own.
func folded(value string) string { return strings.ReplaceAll(value, "?= =?", "?=\r\n =?") }

const (
	maxBase = 120
	maxLink = 272 // the base, a short path, a token of at most 128
)

// baseURL is what every link begins with, ending in a slash.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "",
		u.User != nil, u.RawQuery != "", u.Fragment != "", len(s) > maxBase, !linkBytes(s):
		return "", fmt.Errorf("the base URL %q cannot begin a link: use one such as https://account.example.com", s)
	}
	return strings.TrimSuffix(s, "/") + "/", nil
}

var (
	errForeignLink = errors.New("a link does not begin with the base URL")
	errNoLink      = errors.New("a link is missing")
)

// link checks a link before it goes into a letter. Errors do not quote it: it may
// hold a token.
func (l *Letters) link(s string) error {
	switch {
	case s == "":
		return errNoLink
	case !strings.HasPrefix(s, l.base), len(s) > maxLink, !linkBytes(s):
		return errForeignLink
	}
	return nil
}

// linkBytes allows what stands in a URL and needs no escaping in HTML or text.
func linkBytes(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf || !letterOrDigit(r) && !strings.ContainsRune("-._~:/?=%[]", r) {
			return false
		}
	}
	return true
}

func letterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
