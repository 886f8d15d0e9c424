package tree

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Thread is the pseudonym of one recovery's history towards one party. Two threads of one
// recovery cannot be told to belong together.
type Thread [16]byte

// Leaf is one entry of the record as the tree holds it. It says that something of a kind happened
// at a time, and commits to what it was without telling it.
type Leaf struct {
	Thread     Thread
	Number     int64  // in its thread: 1, 2, 3 …
	Time       int64  // UTC microseconds since 1970; may go backwards, since clocks do
	Kind       string // 1 to 64 of a-z 0-9 . -
	Commitment [32]byte
}

const (
	leafVersion = 1
	leafFixed   = 1 + 16 + 8 + 8 + 32 + 1 // up to and with the length of the kind
	maxKind     = 64
)

// Bytes is the leaf's one canonical form: version 1, thread, number, time (big-endian),
// commitment, length of the kind, kind.
func (l Leaf) Bytes() ([]byte, error) {
	if l.Number < 1 {
		return nil, fmt.Errorf("tree: a leaf's number is %d; numbers begin at 1", l.Number)
	}
	if !kindOK(l.Kind) {
		return nil, fmt.Errorf("tree: %q is no kind of leaf: 1 to %d of a-z, 0-9, dot and dash", l.Kind, maxKind)
	}
	b := make([]byte, 0, leafFixed+len(l.Kind))
	b = append(b, leafVersion)
	b = append(b, l.Thread[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Number))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Time))
	b = append(b, l.Commitment[:]...)
	b = append(b, byte(len(l.Kind)))
	return append(b, l.Kind...), nil
}

// ParseLeaf reads what Bytes wrote, and nothing else.
func ParseLeaf(b []byte) (Leaf, error) {
	if len(b) < leafFixed || b[0] != leafVersion {
		return Leaf{}, errors.New("tree: not a leaf of version 1")
	}
	var l Leaf
	copy(l.Thread[:], b[1:])
	l.Number = int64(binary.BigEndian.Uint64(b[17:]))
	l.Time = int64(binary.BigEndian.Uint64(b[25:]))
	copy(l.Commitment[:], b[33:])
	l.Kind = string(b[leafFixed:])
	if len(l.Kind) != int(b[leafFixed-1]) || !kindOK(l.Kind) || l.Number < 1 {
		return Leaf{}, errors.New("tree: malformed leaf")
	}
	return l, nil
}

// Hash is the leaf's hash in the tree.
func Hash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// Commit is what a leaf holds of its payload: HMAC-SHA-256 keyed by the leaf's own salt. With the
// salt gone it says nothing about the payload, however easily that is guessed.
func Commit(salt [32]byte, payload []byte) [32]byte {
	m := hmac.New(sha256.New, salt[:])
	m.Write(payload)
	var c [32]byte
	m.Sum(c[:0])
	return c
}

// CheckPayload tells whether the leaf commits to this payload under this salt.
func (l Leaf) CheckPayload(salt [32]byte, payload []byte) error {
	c := Commit(salt, payload)
	if !hmac.Equal(c[:], l.Commitment[:]) {
		return fmt.Errorf("tree: what is shown for leaf %d of thread %x is not what was recorded", l.Number, l.Thread)
	}
	return nil
}

// Numbers counts leaves by thread. Fed in the order of the tree it finds gaps, repeats and swaps.
type Numbers map[Thread]int64

// Next takes the next leaf of the tree.
func (n Numbers) Next(l Leaf) error {
	if want := n[l.Thread] + 1; l.Number != want {
		return fmt.Errorf("tree: thread %x has leaf %d where %d belongs", l.Thread, l.Number, want)
	}
	n[l.Thread] = l.Number
	return nil
}

func kindOK(kind string) bool {
	if len(kind) < 1 || len(kind) > maxKind {
		return false
	}
	for _, c := range []byte(kind) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
