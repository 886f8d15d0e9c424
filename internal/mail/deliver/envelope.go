package deliver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"keyback/internal/mail"
)

// envelope is what the commands say of a message, checked.
type envelope struct {
	from, to string // without brackets; from may be empty, the null reverse path
	utf8     bool   // an address or a header goes beyond ASCII: needs SMTPUTF8
	eightBit bool   // the text goes beyond ASCII: needs 8BITMIME
}

// readEnvelope checks a message before anybody is dialled. An address is refused
// unless it is one plain mailbox: nothing in it can end a command or begin
// another.
func readEnvelope(m *mail.Composed) (envelope, error) {
	if m == nil || len(m.Raw) == 0 {
		return envelope{}, &failure{class: mail.Dropped, text: "there is nothing to send"}
	}
	var e envelope
	var err error
	if e.to, err = mailbox(m.To); err != nil {
		return envelope{}, &failure{class: mail.Refused, enhanced: "5.1.3", text: "the recipient's address " + err.Error()}
	}
	if m.From != "" {
		if e.from, err = mailbox(m.From); err != nil {
			return envelope{}, &failure{class: mail.Refused, enhanced: "5.1.7", text: "the sender's address " + err.Error()}
		}
	}
	e.utf8 = !isASCII(e.from) || !isASCII(e.to)
	if i := firstBeyondASCII(m.Raw); i >= 0 {
		e.eightBit = true
		e.utf8 = e.utf8 || i < headerLength(m.Raw)
	}
	return e, nil
}

// mailbox checks an address and writes its domain in ASCII, so that only a local
// part beyond ASCII needs SMTPUTF8.
func mailbox(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	switch {
	case at <= 0 || at == len(address)-1:
		return "", errors.New("is not of the form name@domain")
	case at > 64 || len(address) > 254:
		return "", errors.New("is too long")
	case !utf8.ValidString(address):
		return "", errors.New("is not valid UTF-8")
	}
	local, domain := address[:at], address[at+1:]
	for _, r := range local {
		if !localRune(r) {
			return "", fmt.Errorf("holds %q, which may not stand in its name", r)
		}
	}
	if !isASCII(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return "", errors.New("has a domain that cannot be written in ASCII")
		}
		domain = ascii
	}
	for i := range len(domain) {
		if b := domain[i]; !isAlnum(b) && b != '.' && b != '-' && b != '_' {
			return "", fmt.Errorf("holds %q, which may not stand in its domain", rune(b))
		}
	}
	return local + "@" + domain, nil
}

// localRune is RFC 5322's atext and the dot, or a printable character beyond
// ASCII (RFC 6531). Quoted local parts are not used here.
func localRune(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r)) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r)
	}
	return unicode.IsPrint(r)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// firstBeyondASCII looks at eight bytes at a time: byte by byte, this alone was a
// third of what an attempt costs.
func firstBeyondASCII(b []byte) int {
	i := 0
	for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
		i += 8
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

func headerLength(raw []byte) int {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 {
			return i
		}
	}
	return len(raw)
}
