package record

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"keyback/internal/db"
	"keyback/internal/record/tree"
)

// Pending is the position of a leaf that is not in the tree yet.
const Pending = -1

// Leaf is an entry as its party may read it, with what an export needs to prove it.
type Leaf struct {
	Position int64 // in the tree, or Pending
	Number   int64 // in its thread, from 1
	Kind     string
	Time     time.Time
	Payload  json.RawMessage
	Bytes    []byte   // the leaf as the tree holds it; see tree.ParseLeaf
	Salt     [32]byte // opens the commitment of this leaf alone
}

// Leaves is one thread, decrypted and checked, in order, with what is not sequenced yet. A
// thread that was erased and one that never was are both empty.
func (l *Log) Leaves(ctx context.Context, recovery, party string) (leaves []Leaf, err error) {
	err = l.o.DB.View(ctx, func(tx *db.Tx) error {
		var wrapped []byte
		err := tx.QueryRow(`SELECT key FROM record_thread WHERE recovery = $1 AND party = $2`, recovery, party).Scan(&wrapped)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record: thread: %w", err)
		}
		key, err := l.unwrap(wrapped, recovery, party)
		if err != nil {
			return err
		}
		leaves, err = read(tx, key)
		return err
	})
	return leaves, err
}

func read(tx *db.Tx, key threadKey) ([]Leaf, error) {
	thread := key.thread()
	rows, err := tx.Query(`SELECT position, leaf, box FROM record_leaf WHERE thread = $1
		UNION ALL SELECT -1, leaf, box FROM record_pending WHERE thread = $1`, thread[:])
	if err != nil {
		return nil, fmt.Errorf("record: leaves: %w", err)
	}
	defer rows.Close()
	var leaves []Leaf
	for rows.Next() {
		var at Leaf
		var box []byte
		if err := rows.Scan(&at.Position, &at.Bytes, &box); err != nil {
			return nil, fmt.Errorf("record: leaves: %w", err)
		}
		leaf, err := tree.ParseLeaf(at.Bytes)
		if err != nil {
			return nil, altered(err)
		}
		if at.Payload, err = key.open(box, at.Bytes, leaf); err != nil {
			return nil, err
		}
		at.Number, at.Kind, at.Time, at.Salt = leaf.Number, leaf.Kind, time.UnixMicro(leaf.Time).UTC(), key.salt(leaf.Number)
		leaves = append(leaves, at)
	}
	slices.SortFunc(leaves, func(a, b Leaf) int { return cmp.Compare(a.Number, b.Number) })
	return leaves, rows.Err()
}

// Erase destroys the key of a thread: what its leaves say, and that they belong to this
// recovery, can no longer be known, and every proof over them stays valid. Something that is
// recorded later for the same party begins a new thread.
func (l *Log) Erase(tx *db.Tx, recovery, party string) error {
	if _, err := tx.Exec(`DELETE FROM record_thread WHERE recovery = $1 AND party = $2`, recovery, party); err != nil {
		return fmt.Errorf("record: erase: %w", err)
	}
	return nil
}
