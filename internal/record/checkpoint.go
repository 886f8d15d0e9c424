package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/record/tree"
)

// Latest is the newest signed checkpoint. Leaves of the last second may not be in it.
func (l *Log) Latest(ctx context.Context) (c Checkpoint, err error) {
	err = l.o.DB.View(ctx, func(tx *db.Tx) error {
		s, err := scanState(tx.QueryRow(readState))
		if err != nil {
			return err
		}
		_, c, err = l.open(s)
		return err
	})
	return c, err
}

// Checkpoint brings everything committed so far into the tree, on any node, lease or not, and
// returns the checkpoint that holds it. It stays findable by its seal. Call it before a letter
// cites a decision and before a seal is shown; never inside a transaction.
func (l *Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	if c, ok, err := l.settled(ctx); err != nil || ok {
		return c, err
	}
	for {
		var c Checkpoint
		var moved int
		err := l.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
			if moved, c, err = l.batch(tx); err != nil || moved == batchMax {
				return err
			}
			_, err = tx.Exec(`INSERT INTO record_seal (size, seal, note, signed) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				c.Size, c.Seal(), c.Note, db.Micros(c.Signed))
			return err
		})
		if err != nil || moved < batchMax {
			return c, err
		}
	}
}

// settled finds that nothing is pending and the newest checkpoint is kept already.
func (l *Log) settled(ctx context.Context) (c Checkpoint, ok bool, err error) {
	err = l.o.DB.View(ctx, func(tx *db.Tx) error {
		s, err := scanState(tx.QueryRow(readState))
		if err != nil {
			return err
		}
		var waiting, kept bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM record_pending), EXISTS (SELECT 1 FROM record_seal WHERE size = $1 AND note = $2)`,
			s.size, s.note).Scan(&waiting, &kept); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		_, c, err = l.open(s)
		ok = kept && !waiting
		return err
	})
	return c, ok, err
}

// Sealed finds the checkpoints that a seal, as somebody types it, was shown for. A seal has 40
// bits, so it is nearly always one; after a million of them two may share theirs.
func (l *Log) Sealed(ctx context.Context, typed string) ([]Checkpoint, error) {
	seal, ok := tree.ParseSeal(typed)
	if !ok {
		return nil, fault.New(fault.Invalid, "A seal is eight letters and figures, such as KF3A-9C1E.")
	}
	var found []Checkpoint
	err := l.o.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(`SELECT note, signed FROM record_seal WHERE seal = $1 ORDER BY size`, seal)
		if err != nil {
			return err
		}
		found, err = l.kept(rows)
		return err
	})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "No checkpoint has this seal.")
	}
	return found, err
}

// kept reads and checks rows of note and time.
func (l *Log) kept(rows *sql.Rows) (found []Checkpoint, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var signed string
		var at int64
		if err := rows.Scan(&signed, &at); err != nil {
			return nil, err
		}
		c, err := l.openNote(signed, at)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
