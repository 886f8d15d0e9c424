package tree

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// naive is RFC 6962 section 2.1 word for word.
func naive(leaves [][]byte) tlog.Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		left, right := naive(leaves[:k]), naive(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

func numbered(n int) [][]byte {
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = fmt.Appendf(nil, "leaf %d", i)
	}
	return leaves
}

// shelf keeps full tiles as a database would.
type shelf map[[2]int64][]byte

func (s shelf) tile(level int, n int64) ([]byte, error) {
	if h := s[[2]int64{int64(level), n}]; h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("no tile %d/%d", level, n)
}

func (s shelf) add(t *rapid.T, e *Edge, leaves [][]byte) {
	for _, leaf := range leaves {
		for _, full := range e.Append(Hash(leaf)) {
			key := [2]int64{int64(full.Level), full.N}
			if s[key] != nil {
				t.Fatalf("tile %v was filled twice", key)
			}
			s[key] = full.Hashes
		}
	}
}

func TestAnySplitIntoBatchesGivesTheRootOfRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := numbered(rapid.IntRange(0, 1500).Draw(t, "leaves"))
		var e Edge
		tiles := shelf{}
		for rest := leaves; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 600).Draw(t, "batch"))
			tiles.add(t, &e, rest[:n])
			rest = rest[n:]
			again, err := ParseEdge(e.Size(), e.Bytes()) // as it goes to the database and back
			if err != nil {
				t.Fatal(err)
			}
			e = again
		}
		if e.Size() != int64(len(leaves)) || e.Root() != naive(leaves) {
			t.Fatalf("%d leaves: root %v, want %v", len(leaves), e.Root(), naive(leaves))
		}
	})
}

func TestATreeOfManyTileLevelsKeepsItsRoot(t *testing.T) {
	leaves := numbered(256*256 + 256 + 1)
	var e Edge
	tiles := 0
	for _, leaf := range leaves {
		tiles += len(e.Append(Hash(leaf)))
	}
	if e.Root() != naive(leaves) {
		t.Fatal("another root than RFC 6962")
	}
	if tiles != 257+1 {
		t.Fatalf("%d tiles were filled, want 258", tiles)
	}
}

func TestEveryProofChecksAndNoFlippedBitDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := numbered(rapid.IntRange(1, 1200).Draw(t, "leaves"))
		var e Edge
		tiles := shelf{}
		tiles.add(t, &e, leaves)
		c := Checkpoint{Origin: "example.org/record", Size: e.Size(), Root: e.Root()}
		hashes := Hashes(c, e, tiles.tile)

		n := rapid.Int64Range(0, c.Size-1).Draw(t, "position")
		included, err := tlog.ProveRecord(c.Size, n, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CheckLeaf(n, leaves[n], included); err != nil {
			t.Fatal(err)
		}

		m := rapid.Int64Range(1, c.Size).Draw(t, "older")
		older := Checkpoint{Origin: c.Origin, Size: m, Root: naive(leaves[:m])}
		var extends tlog.TreeProof
		if m < c.Size {
			if extends, err = tlog.ProveTree(c.Size, m, hashes); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.CheckExtends(older, extends); err != nil {
			t.Fatal(err)
		}

		bit := rapid.IntRange(0, 255).Draw(t, "bit")
		flip := func(h *tlog.Hash) { h[bit/8] ^= 1 << (bit % 8) }
		must := func(what string, err error) {
			if err == nil {
				t.Fatalf("a flipped bit in %s went unseen", what)
			}
		}
		for i := range included {
			flip(&included[i])
			must("an inclusion proof", c.CheckLeaf(n, leaves[n], included))
			flip(&included[i])
		}
		for i := range extends {
			flip(&extends[i])
			must("a consistency proof", c.CheckExtends(older, extends))
			flip(&extends[i])
		}
		flip(&older.Root)
		must("an older root", c.CheckExtends(older, extends))
		flip(&older.Root)
		flip(&c.Root)
		must("a root, for inclusion", c.CheckLeaf(n, leaves[n], included))
		must("a root, for consistency", c.CheckExtends(older, extends))
		flip(&c.Root)
		leaves[n][bit%len(leaves[n])] ^= 1
		must("a leaf", c.CheckLeaf(n, leaves[n], included))
	})
}

func TestAProofIsNeverMadeFromAnAlteredTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := numbered(rapid.IntRange(300, 1200).Draw(t, "leaves"))
		var e Edge
		tiles := shelf{}
		tiles.add(t, &e, leaves)
		c := Checkpoint{Origin: "example.org/record", Size: e.Size(), Root: e.Root()}
		n := rapid.Int64Range(0, 255).Draw(t, "position")
		tiles[[2]int64{0, 0}][rapid.IntRange(0, 256*32-1).Draw(t, "byte")] ^= 1
		if _, err := tlog.ProveRecord(c.Size, n, Hashes(c, e, tiles.tile)); err == nil {
			t.Fatal("a proof came out of an altered tile")
		}
	})
}

func TestAnEdgeOfTheWrongLengthIsRefused(t *testing.T) {
	var e Edge
	for _, leaf := range numbered(300) {
		e.Append(Hash(leaf))
	}
	b := e.Bytes()
	for name, bad := range map[string][]byte{"short": b[:len(b)-1], "long": append(b, 0), "empty": nil} {
		if _, err := ParseEdge(300, bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := ParseEdge(-1, nil); err == nil {
		t.Error("a negative size: taken")
	}
}
