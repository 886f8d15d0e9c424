// Package token makes and checks what a letter carries: links and codes.
//
// A token is never stored. It is derived, each time a letter is composed, from a
// key that lives outside the database and from what a row holds: the purpose, the
// id and a counter. Whoever reads the database or the queue finds nothing to
// replay; raising the counter kills every older token of that id.
//
// A link carries purpose, id and counter in the clear and a 128-bit MAC over
// them, so a check needs no look-up before it and no row of its own. A code has 8
// digits (26 bits): it is worth something only beside the browser that asked and
// the limits on tries that recovery keeps. All comparisons take constant time.
//
// The package is pure: it knows neither clock nor database. How long a token
// lives and whether it was spent is recovery's to say.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Key derives tokens; 32 bytes that seal derives from the key file.
type Key [32]byte

// Purpose is what a token is good for. A token of one purpose fails every other.
type Purpose string

// The purposes.
const (
	Recover Purpose = "r" // the link of a recovery letter
	Stop    Purpose = "s" // "this wasn't me"
	Code    Purpose = "c" // the code of a recovery letter; never in a link
)

// ErrMalformed is what Parse says of anything that Link did not make.
var ErrMalformed = errors.New("token: not a link of ours")

const (
	macSize = 16
	maxLink = 128 // bytes; longer ones are refused unread
)

// Parsed is a link taken apart. Nothing in it is proven before CheckLink.
type Parsed struct {
	Purpose Purpose
	ID      string
	Counter int64
	mac     []byte
}

// Link makes the link token for an id and a counter: base64url, at most 128
// bytes, fit for a path segment.
func (k Key) Link(p Purpose, id string, counter int64) string {
	body := string(p) + id
	b := make([]byte, 0, 1+len(body)+binary.MaxVarintLen64+macSize)
	b = binary.AppendUvarint(b, uint64(counter))
	b = append(b, k.mac(p, id, counter)[:macSize]...)
	b = append(b, body...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Parse takes a link apart, without proving anything.
func Parse(link string) (Parsed, error) {
	if len(link) > maxLink {
		return Parsed{}, ErrMalformed
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil {
		return Parsed{}, ErrMalformed
	}
	counter, n := binary.Uvarint(b)
	if n <= 0 || counter > 1<<53 || len(b) < n+macSize+2 {
		return Parsed{}, ErrMalformed
	}
	mac, body := b[n:n+macSize], b[n+macSize:]
	return Parsed{Purpose: Purpose(body[:1]), ID: string(body[1:]), Counter: int64(counter), mac: mac}, nil
}

// CheckLink says whether this key made the link for this purpose, and for which
// id and counter.
func (k Key) CheckLink(p Purpose, link string) (Parsed, bool) {
	got, err := Parse(link)
	if err != nil || got.Purpose != p {
		return Parsed{}, false
	}
	want := k.mac(got.Purpose, got.ID, got.Counter)[:macSize]
	if subtle.ConstantTimeCompare(want, got.mac) != 1 {
		return Parsed{}, false
	}
	return got, true
}

// Code makes the 8 digits for an id and a counter.
func (k Key) Code(id string, counter int64) string {
	// 64 bits modulo 10^8 leans towards the low codes by less than 2^-37.
	n := binary.BigEndian.Uint64(k.mac(Code, id, counter)) % 1e8
	return fmt.Sprintf("%08d", n)
}

// CodeIs says whether typed is the code for the id and counter. Blanks, dashes
// and the digits of other scripts, as people paste them, are understood.
func (k Key) CodeIs(id string, counter int64, typed string) bool {
	return subtle.ConstantTimeCompare([]byte(k.Code(id, counter)), []byte(digits(typed))) == 1
}

// digits keeps what a person meant by a typed code. Anything else than digits
// and separators spoils it, so that "1234 5678 9" is not cut to a code.
func digits(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '\u0660' && r <= '\u0669': // Arabic-Indic
			b.WriteRune(r - '\u0660' + '0')
		case r >= '\u06f0' && r <= '\u06f9': // Persian, Urdu
			b.WriteRune(r - '\u06f0' + '0')
		case r >= '\uff10' && r <= '\uff19': // full width
			b.WriteRune(r - '\uff10' + '0')
		case strings.ContainsRune(" \t\r\n-\u00a0\u2009\u202f\u2010\u2011\u2012\u2013", r):
		default:
			return ""
		}
	}
	return b.String()
}

// Hash is the keyed hash by which rows hold what they must recognise but never
// tell: a browser's secret, a bucket's name. Parts are length-prefixed, so that
// ("a","bc") and ("ab","c") differ. 16 bytes.
func (k Key) Hash(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, k[:])
	write(h.Write, "hash")
	write(h.Write, purpose)
	for _, p := range parts {
		write(h.Write, p)
	}
	return h.Sum(nil)[:macSize]
}

func (k Key) mac(p Purpose, id string, counter int64) []byte {
	h := hmac.New(sha256.New, k[:])
	write(h.Write, "token")
	write(h.Write, string(p))
	write(h.Write, id)
	var c [8]byte
	binary.BigEndian.PutUint64(c[:], uint64(counter))
	h.Write(c[:])
	return h.Sum(nil)
}

func write(to func([]byte) (int, error), part string) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(part)))
	_, _ = to(n[:]) // a hash never fails
	_, _ = to([]byte(part))
}
