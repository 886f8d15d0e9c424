package tree

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a state of the record: so many leaves with this root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the checkpoint as C2SP tlog-checkpoint writes it, without extension lines: origin,
// size, root in base64, each on a line.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseCheckpoint reads what Text wrote, and nothing else.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return Checkpoint{}, errors.New("tree: a checkpoint is three lines: origin, size, root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, fmt.Errorf("tree: %q is no size of a tree", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, errors.New("tree: a checkpoint's third line is a root hash in base64")
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.Text() != text {
		return Checkpoint{}, errors.New("tree: a checkpoint is written in one way only")
	}
	return c, nil
}

// Sign makes the signed note.
func Sign(c Checkpoint, signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, signer)
}

// Open reads a signed note. At least one known verifier must have signed it; a wrong signature
// under a known name and key is an error.
func Open(signed []byte, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("tree: checkpoint: %w", err)
	}
	for _, s := range n.Sigs { // base 64 leaves two bits over, in which a note could hide something
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("tree: checkpoint: signature of %s: %w", s.Name, err)
		}
	}
	return ParseCheckpoint(n.Text)
}

// CheckLeaf tells whether a leaf (its bytes) stands at this position of the tree.
func (c Checkpoint) CheckLeaf(position int64, leaf []byte, proof tlog.RecordProof) error {
	return tlog.CheckRecord(proof, c.Size, c.Root, position, Hash(leaf))
}

// CheckExtends tells whether this tree holds an older one unchanged as its beginning.
func (c Checkpoint) CheckExtends(older Checkpoint, proof tlog.TreeProof) error {
	switch empty := new(Edge).Root(); {
	case older.Origin != c.Origin:
		return fmt.Errorf("tree: checkpoints of two records, %q and %q", older.Origin, c.Origin)
	case older.Size > c.Size:
		return fmt.Errorf("tree: the record had %d leaves and has %d: it was rolled back", older.Size, c.Size)
	case older.Size == c.Size && older.Root != c.Root, older.Size == 0 && older.Root != empty:
		return fmt.Errorf("tree: two different records of %d leaves", older.Size)
	case older.Size == c.Size, older.Size == 0:
		if len(proof) > 0 {
			return errors.New("tree: a proof where none belongs")
		}
		return nil
	}
	return tlog.CheckTree(proof, c.Size, c.Root, older.Size, older.Root)
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Seal is the checkpoint in short, for people: the first 40 bits of the root in Crockford's base
// 32, as KF3A-9C1E.
func (c Checkpoint) Seal() string {
	var bits uint64
	for _, b := range c.Root[:5] {
		bits = bits<<8 | uint64(b)
	}
	var s [9]byte
	s[4] = '-'
	for i := 8; i >= 0; i-- {
		if i == 4 {
			continue
		}
		s[i] = crockford[bits&31]
		bits >>= 5
	}
	return string(s[:])
}

// ParseSeal reads a seal as people type it: any case, dashes and blanks or none, O for 0, I and L
// for 1.
func ParseSeal(typed string) (string, bool) {
	s := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	if len(s) != 8 || strings.Trim(s, crockford) != "" {
		return "", false
	}
	return s[:4] + "-" + s[4:], true
}
