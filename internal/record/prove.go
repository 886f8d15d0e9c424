package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/record/tree"
)

// Prove gives the newest checkpoint and, for each position, the proof that its leaf is in it.
func (l *Log) Prove(ctx context.Context, positions ...int64) (c Checkpoint, proofs []tlog.RecordProof, err error) {
	err = l.o.DB.View(ctx, func(tx *db.Tx) error {
		hashes, newest, err := l.hashes(tx)
		if err != nil {
			return err
		}
		c, proofs = newest, nil
		for _, p := range positions {
			if p < 0 || p >= c.Size {
				return fault.New(fault.NotFound, "This leaf is not in the checkpoint yet.")
			}
			proof, err := tlog.ProveRecord(c.Size, p, hashes)
			if err != nil {
				return altered(err)
			}
			proofs = append(proofs, proof)
		}
		return nil
	})
	return c, proofs, err
}

// ProveSince gives the newest checkpoint and the proof that it holds an older one unchanged.
func (l *Log) ProveSince(ctx context.Context, older tree.Checkpoint) (c Checkpoint, proof tlog.TreeProof, err error) {
	err = l.o.DB.View(ctx, func(tx *db.Tx) error {
		hashes, newest, err := l.hashes(tx)
		if err != nil {
			return err
		}
		c, proof = newest, nil
		if older.Size > 0 && older.Size < c.Size {
			if proof, err = tlog.ProveTree(c.Size, older.Size, hashes); err != nil {
				return altered(err)
			}
		}
		if err := c.CheckExtends(older, proof); err != nil {
			return altered(err)
		}
		return nil
	})
	return c, proof, err
}

func (l *Log) hashes(tx *db.Tx) (tlog.HashReader, Checkpoint, error) {
	s, err := scanState(tx.QueryRow(readState))
	if err != nil {
		return nil, Checkpoint{}, err
	}
	edge, c, err := l.open(s)
	return tree.Hashes(c.Checkpoint, edge, func(level int, n int64) ([]byte, error) { return tile(tx, level, n) }), c, err
}

func tile(tx *db.Tx, level int, n int64) (hashes []byte, err error) {
	err = tx.QueryRow(`SELECT hashes FROM record_tile WHERE level = $1 AND n = $2`, level, n).Scan(&hashes)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("tile %d of level %d is missing", n, level)
	}
	return hashes, err
}
