package acme

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/crypto/argon2"
)

// smallHash is argon2id at 1 MiB, so that a demonstration starts at once. A shop
// with real customers takes 19 MiB at least.
type smallHash struct{}

func (smallHash) Hash(_ context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	return text(salt) + "$" + text(derive(password, salt)), nil
}

func (smallHash) Verify(_ context.Context, encoded, password string) (ok, stale bool, err error) {
	salt, key, found := strings.Cut(encoded, "$")
	if !found {
		return false, false, errors.New("acme: that is not one of our hashes")
	}
	raw, err := base64.RawStdEncoding.DecodeString(salt)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare([]byte(text(derive(password, raw))), []byte(key)) == 1, false, nil
}

func (smallHash) Spend(_ context.Context, password string) error {
	derive(password, make([]byte, 16))
	return nil
}

func derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, 1, 1024, 1, 32)
}

func text(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }
