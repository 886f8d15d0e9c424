// Package seal holds the one key that lives outside the database.
//
// From it every other key is derived, one a purpose, so that none can stand in for
// another: tokens, the pepper of passwords, cookies, the wrapping of what must be
// read again. Whoever has the database alone can replay, log in and decrypt nothing;
// whoever loses the key file loses what was wrapped, on purpose: erasing a wrapped
// key erases what it locked, in every backup.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"keyback/internal/fault"
)

// Key is the master key: 32 random bytes. The zero Key is refused everywhere.
type Key struct {
	master [32]byte
	wrap   cipher.AEAD
}

const header = "keyback-key-1:"

// New makes a key of random bytes that nobody keeps: demo and tests.
func New() Key {
	var master [32]byte
	rand.Read(master[:])
	return from(master)
}

// Create makes a key and writes it to a new file that only its owner can read.
// A file that is there already is never overwritten.
func Create(path string) (Key, error) {
	k := New()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "the key file could not be made").Because(err)
	}
	_, err = f.WriteString(header + base64.StdEncoding.EncodeToString(k.master[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Key{}, fault.New(fault.Invalid, "the key file could not be written").Because(err)
	}
	return k, nil
}

// Load reads a key file. One that others than its owner can read is refused.
func Load(path string) (Key, error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fault.New(fault.Invalid, "there is no key file at "+path).Hint("make one with: keyback key create " + path)
	}
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "the key file cannot be read").Because(err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return Key{}, fault.New(fault.Refused, fmt.Sprintf("the key file %s can be read by others (mode %04o)", path, st.Mode().Perm())).Hint("chmod 600 " + path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "the key file cannot be read").Because(err)
	}
	body, ok := strings.CutPrefix(strings.TrimSpace(string(text)), header)
	raw, err := base64.StdEncoding.DecodeString(body)
	if !ok || err != nil || len(raw) != 32 {
		return Key{}, fault.New(fault.Invalid, path+" is not a key file of Keyback").Hint("its one line begins with " + header)
	}
	return from([32]byte(raw)), nil
}

func from(master [32]byte) Key {
	k := Key{master: master}
	wrapping := k.Derive("wrap")
	block, err := aes.NewCipher(wrapping[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	k.wrap, err = cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return k
}

// Derive gives the 32-byte key of a purpose (HKDF-SHA256, RFC 5869). The same
// purpose gives the same key for as long as the key file lives.
func (k Key) Derive(purpose string) [32]byte {
	if k.master == [32]byte{} {
		panic("seal: no key was loaded")
	}
	out, err := hkdf.Key(sha256.New, k.master[:], nil, "keyback/"+purpose, 32)
	if err != nil {
		panic(err) // only for outputs longer than 255 hashes
	}
	return [32]byte(out)
}

// Wrap locks plain (AES-256-GCM, random nonce). aad is what it belongs to, such
// as a row's id: a box moved to another row does not open.
func (k Key) Wrap(plain, aad []byte) []byte { return k.wrap.Seal(nil, nil, plain, aad) }

// Unwrap opens a box that Wrap made with the same aad.
func (k Key) Unwrap(box, aad []byte) ([]byte, error) {
	plain, err := k.wrap.Open(nil, nil, box, aad)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "what was locked does not open").Because(err).
			Hint("is this the key file that the database was made with?")
	}
	return plain, nil
}
