package token

import (
	"crypto/rand"
	"encoding/base32"
)

// crockford is base 32 without the letters that are mistaken for figures.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an id: the prefix that tells its type, an underscore and 128
// random bits as 26 Crockford base-32 characters, such as
// "rec_5h0v1n3k8c7m2q9x4t6w0y1z3a". An id names a thing and opens nothing.
func NewID(prefix string) string { return prefix + "_" + Secret(16) }

// Secret makes n random bytes as Crockford base-32: for cookies, whose keyed
// hash alone is stored.
func Secret(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return crockford.EncodeToString(b)
}
