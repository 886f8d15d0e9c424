package tree

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles finds full tiles; one that does not exist is an error.
type Tiles func(level int, n int64) ([]byte, error)

// Hashes reads any hash of a tree from its full tiles and its edge, for tlog.ProveRecord and
// tlog.ProveTree. What it reads it first checks against the checkpoint, so a proof from altered
// tiles cannot come out.
func Hashes(c Checkpoint, edge Edge, tiles Tiles) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, reader{edge: edge, tiles: tiles})
}

type reader struct {
	edge  Edge
	tiles Tiles
}

func (r reader) Height() int { return Height }

func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, t := range tiles {
		hashes := r.edge.Partial(t.L)
		if t.N != r.edge.Size()>>(Height*(t.L+1)) {
			var err error
			if hashes, err = r.tiles(t.L, t.N); err != nil {
				return nil, err
			}
		}
		if len(hashes) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("tree: tile %d of level %d is cut short", t.N, t.L)
		}
		found[i] = hashes[:t.W*tlog.HashSize]
	}
	return found, nil
}
