package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"keyback/internal/db"
	"keyback/internal/record/tree"
)

// verifyChunk bounds the leaves of one view: nothing is held open long.
const verifyChunk = 2048

// Verify recomputes the record from its leaves, as it stood when called, and checks everything
// that can be checked: the root and signature of the newest checkpoint and of every kept one,
// tiles, positions without holes, numbers without gaps in every thread up to its counter, and,
// where the key still exists, that every payload is what was recorded. Checkpoints known from
// elsewhere must be states that this record went through. It returns the number of leaves in
// the tree. It holds some 200 bytes a thread in memory.
func (l *Log) Verify(ctx context.Context, known ...tree.Checkpoint) (int64, error) {
	v := verification{l: l, threads: map[tree.Thread]*counted{}, numbers: tree.Numbers{}, roots: map[int64][]tree.Checkpoint{}}
	for _, c := range known {
		v.remember(c)
	}
	if err := l.o.DB.View(ctx, v.begin); err != nil {
		return 0, err
	}
	for v.edge.Size() < v.size {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := l.o.DB.View(ctx, v.chunk); err != nil {
			return 0, err
		}
	}
	return v.size, v.end()
}

type verification struct {
	l       *Log
	size    int64
	final   tree.Edge  // as stored
	newest  Checkpoint // as stored
	edge    tree.Edge  // as recomputed so far
	roots   map[int64][]tree.Checkpoint
	threads map[tree.Thread]*counted
	numbers tree.Numbers
	waiting []pending
}

// counted is a thread whose key exists.
type counted struct {
	key             threadKey
	number          int64
	recovery, party string
}

func (v *verification) remember(c tree.Checkpoint) { v.roots[c.Size] = append(v.roots[c.Size], c) }

// begin reads, in one snapshot, what the leaves will be held against.
func (v *verification) begin(tx *db.Tx) error {
	s, err := scanState(tx.QueryRow(readState))
	if err != nil {
		return err
	}
	if v.final, v.newest, err = v.l.open(s); err != nil {
		return err
	}
	v.size = s.size
	if err := v.surplus(tx); err != nil {
		return err
	}
	rows, err := tx.Query(`SELECT note, signed FROM record_seal`)
	if err != nil {
		return err
	}
	kept, err := v.l.kept(rows)
	if err != nil {
		return err
	}
	for _, c := range append(kept, v.newest) {
		v.remember(c.Checkpoint)
	}
	for size, known := range v.roots {
		for _, c := range known {
			if c.Origin != v.newest.Origin {
				return altered(fmt.Errorf("checkpoint %s is of another record, %q", c.Seal(), c.Origin))
			}
		}
		if size < 0 || size > v.size {
			return altered(fmt.Errorf("the record had %d leaves and has %d: it was rolled back", size, v.size))
		}
	}
	if err := v.passes(); err != nil {
		return err
	}
	return errors.Join(v.readThreads(tx), v.readPending(tx))
}

// surplus finds rows that belong to no tree of this size.
func (v *verification) surplus(tx *db.Tx) error {
	var beyond bool
	var tiles, want int64
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM record_leaf WHERE position < 0 OR position >= $1), (SELECT count(*) FROM record_tile)`, v.size).
		Scan(&beyond, &tiles)
	for n := v.size >> tree.Height; n > 0; n >>= tree.Height {
		want += n
	}
	switch {
	case err != nil:
		return err
	case beyond:
		return altered(fmt.Errorf("there are leaves beyond the checkpoint's %d", v.size))
	case tiles != want:
		return altered(fmt.Errorf("there are %d tiles where %d belong", tiles, want))
	}
	return nil
}

func (v *verification) readThreads(tx *db.Tx) error {
	rows, err := tx.Query(`SELECT recovery, party, number, key FROM record_thread`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t counted
		var wrapped []byte
		if err := rows.Scan(&t.recovery, &t.party, &t.number, &wrapped); err != nil {
			return err
		}
		if t.key, err = v.l.unwrap(wrapped, t.recovery, t.party); err != nil {
			return altered(err)
		}
		v.threads[t.key.thread()] = &t
	}
	return rows.Err()
}

func (v *verification) readPending(tx *db.Tx) error {
	rows, err := tx.Query(`SELECT thread, leaf, box FROM record_pending ORDER BY thread, number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var thread []byte
		var p pending
		if err := rows.Scan(&thread, &p.bytes, &p.box); err != nil {
			return err
		}
		if p.leaf, err = v.leaf(thread, p.bytes); err != nil {
			return err
		}
		v.waiting = append(v.waiting, p)
	}
	return rows.Err()
}

// leaf reads a leaf that stands under a thread's name.
func (v *verification) leaf(thread, b []byte) (tree.Leaf, error) {
	leaf, err := tree.ParseLeaf(b)
	if err != nil {
		return leaf, altered(err)
	}
	if !bytes.Equal(thread, leaf.Thread[:]) {
		return leaf, altered(fmt.Errorf("leaf %d of thread %x stands under thread %x", leaf.Number, leaf.Thread, thread))
	}
	return leaf, nil
}

// chunk reads the next leaves into the tree.
func (v *verification) chunk(tx *db.Tx) error {
	first := v.edge.Size()
	last := min(first+verifyChunk, v.size)
	rows, err := tx.Query(`SELECT position, thread, leaf, box FROM record_leaf WHERE position >= $1 AND position < $2 ORDER BY position`, first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	var full []tree.Tile
	for rows.Next() {
		var position int64
		var thread, b, box []byte
		if err := rows.Scan(&position, &thread, &b, &box); err != nil {
			return err
		}
		if position != v.edge.Size() {
			return altered(fmt.Errorf("leaf %d is missing", v.edge.Size()))
		}
		leaf, err := v.leaf(thread, b)
		if err != nil {
			return err
		}
		if err := v.says(leaf, b, box); err != nil {
			return err
		}
		full = append(full, v.edge.Append(tree.Hash(b))...)
		if err := v.passes(); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if v.edge.Size() != last {
		return altered(fmt.Errorf("leaf %d is missing", v.edge.Size()))
	}
	return v.tiles(tx, full)
}

// says checks a leaf's number and, where its key exists, its payload.
func (v *verification) says(leaf tree.Leaf, b, box []byte) error {
	if err := v.numbers.Next(leaf); err != nil {
		return altered(err)
	}
	if t := v.threads[leaf.Thread]; t != nil {
		_, err := t.key.open(box, b, leaf)
		return err
	}
	return nil
}

// passes holds the tree, at the size it has reached, against the checkpoints of that size.
func (v *verification) passes() error {
	known := v.roots[v.edge.Size()]
	if len(known) == 0 {
		return nil
	}
	root := v.edge.Root()
	for _, c := range known {
		if c.Root != root {
			return altered(fmt.Errorf("the first %d leaves are not those of checkpoint %s", c.Size, c.Seal()))
		}
	}
	return nil
}

func (v *verification) tiles(tx *db.Tx, full []tree.Tile) error {
	for _, t := range full {
		hashes, err := tile(tx, t.Level, t.N)
		if err != nil {
			return altered(err)
		}
		if !bytes.Equal(hashes, t.Hashes) {
			return altered(fmt.Errorf("tile %d of level %d is not that of its leaves", t.N, t.Level))
		}
	}
	return nil
}

// end checks what only the whole can tell.
func (v *verification) end() error {
	if !bytes.Equal(v.edge.Bytes(), v.final.Bytes()) {
		return altered(errors.New("the edge of the tree is not that of its leaves"))
	}
	for _, p := range v.waiting {
		if err := v.says(p.leaf, p.bytes, p.box); err != nil {
			return err
		}
	}
	for thread, t := range v.threads {
		if v.numbers[thread] != t.number {
			return altered(fmt.Errorf("%s towards %s has %d leaves and counted %d", t.recovery, t.party, v.numbers[thread], t.number))
		}
	}
	return nil
}
