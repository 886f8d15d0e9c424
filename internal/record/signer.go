package record

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"keyback/internal/fault"
)

// Signer signs checkpoints (Ed25519, as C2SP signed notes). It is a note.Signer.
type Signer struct {
	note.Signer
	Verifier note.Verifier
	Public   string // the verifier key in text: NAME+HASH+KEY, to give to everybody
}

// NewSigner makes a key that nobody keeps: demo and tests.
func NewSigner(name string) (*Signer, error) {
	private, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	return readSigner(private)
}

// CreateSigner makes a key and writes it to a new file that only its owner can read. The name
// is that of the record, such as "recover.example.org/record". A file that is there already is
// never overwritten. Keep a copy apart from the database's backups.
func CreateSigner(path, name string) (*Signer, error) {
	private, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	s, err := readSigner(private)
	if err != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%q cannot name a record", name)).Because(err).
			Hint("use a name without blanks and plus signs, such as recover.example.org/record")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the record's key file could not be made").Because(err)
	}
	_, err = f.WriteString(private + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fault.New(fault.Invalid, "the record's key file could not be written").Because(err)
	}
	return s, nil
}

// LoadSigner reads a key file. One that others than its owner can read is refused.
func LoadSigner(path string) (*Signer, error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "there is no key file of the record at "+path).
			Hint("if this record has checkpoints already, bring its own file back: a new key cannot go on from them")
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "the record's key file cannot be read").Because(err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Refused, fmt.Sprintf("the record's key file %s can be read by others (mode %04o)", path, st.Mode().Perm())).
			Hint("chmod 600 " + path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the record's key file cannot be read").Because(err)
	}
	s, err := readSigner(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fault.New(fault.Invalid, path+" is not a key file of the record").
			Hint("its one line begins with PRIVATE+KEY+")
	}
	return s, nil
}

// readSigner reads PRIVATE+KEY+NAME+HASH+BASE64, where the last is the algorithm's byte and
// the seed, and works out the public half.
func readSigner(private string) (*Signer, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(private, "+", 5) // a name has no plus, base64 may
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, errors.New("not an Ed25519 key")
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return &Signer{Signer: signer, Verifier: verifier, Public: public}, nil
}
