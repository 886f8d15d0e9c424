package local

import (
	"encoding/base32"
	"strings"

	"keyback/internal/account"
)

// nobodyKey counts for input that names no account: of the shape and length of an
// account's id, and saying nothing about the input, which may be a password typed
// into the wrong field.
func (l *Local) nobodyKey(q account.Query) string {
	typed := string(q.ID)
	if q.ID == "" {
		canon, err := account.CanonicalName(q.Name)
		if q.Name == "" {
			canon, err = account.Canonical(q.Address)
		}
		if typed = canon; err != nil {
			typed = q.Name + q.Address
		}
	}
	hash := l.nobody.Hash("local failure", typed)
	return "non_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(hash[:16]))
}
