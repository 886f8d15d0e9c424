package record

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"keyback/internal/db"
	"keyback/internal/record/tree"
)

// batchMax is how many leaves enter the tree in one transaction. take has it in its text.
const batchMax = 256

// pending is a leaf on its way into the tree.
type pending struct {
	leaf   tree.Leaf
	bytes  []byte
	box    []byte
	moment int64 // where it is sorted in time
}

// batch moves what is pending, at most batchMax leaves, into the tree and signs the result. It
// returns how many it moved; fewer than batchMax means that nothing is left of what was
// committed before.
func (l *Log) batch(tx *db.Tx) (int, Checkpoint, error) {
	s, err := scanState(tx.QueryRow(takeState))
	if err != nil {
		return 0, Checkpoint{}, err
	}
	edge, c, err := l.open(s)
	if err != nil {
		return 0, Checkpoint{}, err
	}
	leaves, err := take(tx)
	if err != nil || len(leaves) == 0 && s.note != "" {
		return 0, c, err
	}
	if err := insert(tx, edge.Size(), leaves); err != nil {
		return 0, Checkpoint{}, err
	}
	for _, p := range leaves {
		for _, t := range edge.Append(tree.Hash(p.bytes)) {
			if _, err := tx.Exec(`INSERT INTO record_tile (level, n, hashes) VALUES ($1, $2, $3)`, t.Level, t.N, t.Hashes); err != nil {
				return 0, Checkpoint{}, fmt.Errorf("record: tile: %w", err)
			}
		}
	}
	if c, err = l.sign(&edge, tx.Now()); err != nil {
		return 0, Checkpoint{}, err
	}
	next := state{size: c.Size, edge: edge.Bytes(), note: c.Note, signed: db.Micros(c.Signed)}
	n, err := tx.Exec(`UPDATE record_tree SET size = $1, edge = $2, note = $3, signed = $4 WHERE id = 1 AND version = $5`,
		next.size, next.edge, next.note, next.signed, s.version)
	if err != nil {
		return 0, Checkpoint{}, fmt.Errorf("record: replace checkpoint: %w", err)
	}
	if n != 1 {
		return 0, Checkpoint{}, fmt.Errorf("record: the tree moved on under version %d", s.version)
	}
	tx.AfterCommit(func() { l.checked.Store(&next) })
	return len(leaves), c, nil
}

// take claims pending leaves by deleting them, in one statement: what commits meanwhile is
// either wholly in it or wholly left. Within a thread it takes them in order, because leaf n
// cannot be seen before leaf n-1.
func take(tx *db.Tx) ([]pending, error) {
	rows, err := tx.Query(`DELETE FROM record_pending WHERE (thread, number) IN
		(SELECT thread, number FROM record_pending ORDER BY thread, number LIMIT 256)
		RETURNING leaf, box`)
	if err != nil {
		return nil, fmt.Errorf("record: take pending leaves: %w", err)
	}
	defer rows.Close()
	leaves := make([]pending, 0, batchMax)
	for rows.Next() {
		var p pending
		if err := rows.Scan(&p.bytes, &p.box); err != nil {
			return nil, fmt.Errorf("record: take pending leaves: %w", err)
		}
		if p.leaf, err = tree.ParseLeaf(p.bytes); err != nil {
			return nil, altered(fmt.Errorf("a pending leaf: %w", err))
		}
		leaves = append(leaves, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("record: take pending leaves: %w", err)
	}
	order(leaves)
	return leaves, nil
}

// order sorts by time as far as the numbers allow: a clock that went back moves no leaf before
// an earlier one of its thread.
func order(leaves []pending) {
	slices.SortFunc(leaves, func(a, b pending) int {
		return cmp.Or(bytes.Compare(a.leaf.Thread[:], b.leaf.Thread[:]), cmp.Compare(a.leaf.Number, b.leaf.Number))
	})
	for i := range leaves {
		p := &leaves[i]
		p.moment = p.leaf.Time
		if i > 0 && leaves[i-1].leaf.Thread == p.leaf.Thread {
			p.moment = max(p.moment, leaves[i-1].moment)
		}
	}
	slices.SortStableFunc(leaves, func(a, b pending) int { return cmp.Compare(a.moment, b.moment) })
}
