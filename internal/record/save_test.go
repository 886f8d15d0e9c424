package record_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"keyback/internal/db"
)

// anyone verifies every signature: for tests that forge.
type anyone struct{}

func (anyone) Verifier(name string, hash uint32) (note.Verifier, error) {
	return believing{name, hash}, nil
}

type believing struct {
	name string
	hash uint32
}

func (b believing) Name() string             { return b.name }
func (b believing) KeyHash() uint32          { return b.hash }
func (believing) Verify([]byte, []byte) bool { return true }

var tables = map[string]string{
	"record_thread":  "recovery, party, number, key",
	"record_pending": "thread, number, leaf, box",
	"record_leaf":    "position, thread, leaf, box",
	"record_tile":    "level, n, hashes",
	"record_tree":    "id, version, size, edge, note, signed",
	"record_seal":    "size, seal, note, signed",
}

// backup is the rows of the record's tables at a moment.
type backup map[string][][]any

func save(t testing.TB, d *db.DB) backup {
	t.Helper()
	saved := backup{}
	err := d.View(context.Background(), func(tx *db.Tx) error {
		for table, columns := range tables {
			rows, err := tx.Query("SELECT " + columns + " FROM " + table)
			if err != nil {
				return err
			}
			for rows.Next() {
				row := make([]any, strings.Count(columns, ",")+1)
				into := make([]any, len(row))
				for i := range row {
					into[i] = &row[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				saved[table] = append(saved[table], row)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func (b backup) restore(t testing.TB, d *db.DB) {
	t.Helper()
	update(t, d, func(tx *db.Tx) error {
		for table, columns := range tables {
			if _, err := tx.Exec("DELETE FROM " + table); err != nil {
				return err
			}
			marks := make([]string, strings.Count(columns, ",")+1)
			for i := range marks {
				marks[i] = fmt.Sprint("$", i+1)
			}
			for _, row := range b[table] {
				if _, err := tx.Exec("INSERT INTO "+table+" ("+columns+") VALUES ("+strings.Join(marks, ", ")+")", row...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
