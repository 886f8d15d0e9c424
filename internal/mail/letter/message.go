package letter

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Size is the length of every neutral letter in bytes, and so what its sender, its
// recipient's server and whoever counts bytes between them see.
const Size = 18 << 10

// The message is written here and not by a mail library, because its size must be
// known and met to the byte, in one pass: a library writes the whole once to be
// measured, with a random boundary, and leaves lines that SMTP lengthens.

// No line of quoted-printable holds "=_", so this boundary can never be content
// (RFC 2045 section 6.7).
const boundary = "=_letter"

const (
	head = "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n" +
		"Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n"
	textPart = "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	htmlPart = "\r\n--" + boundary + "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	end      = "\r\n--" + boundary + "--\r\n"

	fillHead = "<!-- All mails about getting in are filled up to one size, so that a size\r\nsays nothing about an account.\r\n"
	fillTail = "-->\r\n"
	fillLine = "* * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * * *\r\n"
)

func (l *Letters) message(s *sheet, h Header, neutral bool) ([]byte, error) {
	to, err := recipient(h.To)
	if err != nil {
		return nil, err
	}
	if h.MessageID == "" || len(h.MessageID) > 200 || !plainASCII(h.MessageID) || strings.ContainsAny(h.MessageID, " <>") {
		return nil, errors.New("the Message-ID is none: leave out blanks and angle brackets")
	}
	if h.Date.IsZero() {
		return nil, errors.New("the date is missing")
	}
	part := l.buffers.Get().(*bytes.Buffer)
	defer l.buffers.Put(part)

	raw := make([]byte, 0, Size)
	raw = l.appendHeader(raw, s, to, h)
	part.Reset()
	s.writeText(part)
	raw = appendQuoted(append(raw, textPart...), part.Bytes())
	part.Reset()
	if err := l.html.write(part, s); err != nil {
		return nil, err
	}
	raw = appendQuoted(append(raw, htmlPart...), part.Bytes())
	if neutral {
		if raw, err = filled(raw); err != nil {
			return nil, err
		}
	}
	return append(raw, end...), nil
}

func (l *Letters) appendHeader(raw []byte, s *sheet, to string, h Header) []byte {
	for _, field := range [...][2]string{
		{"From", l.from},
		{"To", "<" + to + ">"},
		{"Subject", encoded(s.Subject)},
		{"Date", h.Date.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + h.MessageID + ">"},
		{"Content-Language", s.Lang},
	} {
		raw = append(raw, field[0]...)
		raw = append(raw, ": "...)
		raw = append(raw, field[1]...)
		raw = append(raw, "\r\n"...)
	}
	return append(raw, head...)
}

// filled adds a comment behind the HTML, so that the message becomes Size bytes.
func filled(raw []byte) ([]byte, error) {
	left := Size - len(raw) - len(fillHead) - len(fillTail) - len(end)
	if left < 0 {
		return nil, fmt.Errorf("the letter is %d bytes too long to be of one size with the others", -left)
	}
	raw = append(raw, fillHead...)
	for left >= len(fillLine) {
		raw = append(raw, fillLine...)
		left -= len(fillLine)
	}
	for range left { // one line more, of what is left, ended by the tail
		raw = append(raw, '*')
	}
	return append(raw, fillTail...), nil
}

const maxTo = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets

// recipient is the address as the To header shows it: the stored bytes, but for a
// domain beyond ASCII, which is put into its ASCII form. A local part beyond ASCII
// stays as it is (RFC 6532) and needs a server that speaks SMTPUTF8.
func recipient(s string) (string, error) {
	local, domain, _ := strings.Cut(s, "@")
	if !plainASCII(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return "", errNoAddress
		}
		domain = ascii
	}
	if local == "" || domain == "" || len(s) > maxTo || !utf8.ValidString(s) || strings.ContainsFunc(s, outsideAddress) ||
		strings.Contains(domain, "@") {
		return "", errNoAddress
	}
	return local + "@" + domain, nil
}

// outsideAddress is true for what would end an address, add another, or not be
// seen in it.
func outsideAddress(r rune) bool {
	return strings.ContainsRune(` <>()[]\,;:"`, r) || !unicode.IsGraphic(r) || unicode.IsSpace(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point)
}

var errNoAddress = errors.New("the recipient is not one plain address")

// fits builds the longest letters there can be, so that none fails for its size
// when a person waits for it.
func (l *Letters) fits() error {
	link := l.base + strings.Repeat("x", maxLink-len(l.base))
	wide := strings.Repeat("\U0001F5DD", maxName)
	place := Place{Browser: wide, Near: wide, At: time.Now()}
	one := Account{Name: wide, NeedsMore: true, FrozenUntil: place.At}
	for lang := range l.words {
		for want := range Unlock + 1 {
			r := Recover{Want: want, Link: link, Code: "48217730", Asked: place, Stop: link}
			for range MaxAccounts {
				r.Accounts = append(r.Accounts, one)
			}
			single := r
			single.Accounts = r.Accounts[:1]
			for _, letter := range []Letter{r, single, NoAccount{Want: want, Start: link}} {
				h := Header{To: strings.Repeat("ü", 32) + "@example.com", MessageID: strings.Repeat("x", 200), Date: place.At}
				if _, err := l.Build(lang, letter, h); err != nil {
					return fmt.Errorf("letters in %q do not work: %w", lang, err)
				}
			}
		}
	}
	return nil
}
