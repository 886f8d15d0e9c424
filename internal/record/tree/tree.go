// Package tree is the mathematics of the record: leaves, the Merkle tree over them, checkpoints
// and proofs. It is pure, so that whoever holds an export and a public key can check it without a
// server or a database.
//
// The tree is that of RFC 6962 section 2.1 (SHA-256, leaf prefix 0x00, node prefix 0x01), in
// tiles of height 8 as C2SP tlog-tiles has them. A checkpoint is a C2SP tlog-checkpoint: a signed
// note of origin, size and root.
//
// Every parser here accepts exactly the bytes that the writer beside it makes and nothing else,
// so that two different texts never mean the same thing.
package tree

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Height is the height of a tile: a full one holds 256 hashes, 8 KiB.
const Height = 8

const width = 1 << Height

// Tile is a full tile: the 256 hashes at tree level 8·Level that begin at position 256·N of that
// level. It never changes once it is full.
type Tile struct {
	Level  int
	N      int64
	Hashes []byte // 256 × 32 bytes
}

// Edge is the right edge of a tree: of every tile level the hashes that do not fill a tile yet.
// It is all that is needed to append and to know the root. The zero Edge is the empty tree.
type Edge struct {
	size   int64
	levels [][]byte // level L holds (size >> 8L) mod 256 hashes
}

// ParseEdge reads an edge as Bytes wrote it, for a tree of that size.
func ParseEdge(size int64, b []byte) (Edge, error) {
	if size < 0 {
		return Edge{}, fmt.Errorf("tree: size %d is negative", size)
	}
	e := Edge{size: size}
	for rest := size; rest > 0; rest >>= Height {
		n := int(rest%width) * tlog.HashSize
		if len(b) < n {
			return Edge{}, fmt.Errorf("tree: the edge of a tree of %d leaves is cut short", size)
		}
		e.levels = append(e.levels, append(make([]byte, 0, width*tlog.HashSize), b[:n]...))
		b = b[n:]
	}
	if len(b) > 0 {
		return Edge{}, fmt.Errorf("tree: the edge of a tree of %d leaves has %d bytes too many", size, len(b))
	}
	return e, nil
}

// Bytes is the edge's canonical form: its partial tiles, lowest level first.
func (e *Edge) Bytes() []byte {
	b := []byte{}
	for _, level := range e.levels {
		b = append(b, level...)
	}
	return b
}

// Size is the number of leaves.
func (e *Edge) Size() int64 { return e.size }

// Partial is the hashes at a level that fill no tile yet, nil where there are none.
func (e *Edge) Partial(level int) []byte {
	if level < 0 || level >= len(e.levels) {
		return nil
	}
	return e.levels[level]
}

// Append adds a leaf by its hash (tlog.RecordHash of its bytes) and returns the tiles it filled,
// lowest first.
func (e *Edge) Append(leaf tlog.Hash) []Tile {
	var full []Tile
	h := leaf
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]byte, 0, width*tlog.HashSize))
		}
		hashes := append(e.levels[level], h[:]...)
		if len(hashes) < width*tlog.HashSize {
			e.levels[level] = hashes
			break
		}
		full = append(full, Tile{Level: level, N: e.size >> (Height * (level + 1)), Hashes: hashes})
		e.levels[level] = make([]byte, 0, width*tlog.HashSize)
		h = perfect(hashes)
	}
	e.size++
	return full
}

// Root is the root hash: SHA-256 of nothing for the empty tree, as RFC 6962 says.
func (e *Edge) Root() tlog.Hash {
	var root tlog.Hash
	empty := true
	for _, hashes := range e.levels { // from the right of the tree to its left
		for n := 1; len(hashes) > 0; n <<= 1 {
			if (len(hashes)/tlog.HashSize)&n == 0 {
				continue
			}
			cut := len(hashes) - n*tlog.HashSize
			h := perfect(hashes[cut:])
			hashes = hashes[:cut]
			if empty {
				root, empty = h, false
			} else {
				root = tlog.NodeHash(h, root)
			}
		}
	}
	if empty {
		root, _ = tlog.TreeHash(0, nil)
	}
	return root
}

// perfect is the root over hashes whose number is a power of two.
func perfect(hashes []byte) tlog.Hash {
	var room [width]tlog.Hash
	n := len(hashes) / tlog.HashSize
	for i := range n {
		copy(room[i][:], hashes[i*tlog.HashSize:])
	}
	for ; n > 1; n /= 2 {
		for i := range n / 2 {
			room[i] = tlog.NodeHash(room[2*i], room[2*i+1])
		}
	}
	return room[0]
}
