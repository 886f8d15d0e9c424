package record_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/record/tree"
	"keyback/internal/testkit"
)

// sql runs statements as somebody with the database would.
func sql(t testing.TB, d *db.DB, statements ...string) {
	t.Helper()
	update(t, d, func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// flip flips a bit of one blob.
func flip(t testing.TB, d *db.DB, table, column, where string, at int) {
	t.Helper()
	update(t, d, func(tx *db.Tx) error {
		var b []byte
		if err := tx.QueryRow("SELECT " + column + " FROM " + table + " WHERE " + where).Scan(&b); err != nil {
			return err
		}
		b[(at+len(b))%len(b)] ^= 1
		_, err := tx.Exec("UPDATE "+table+" SET "+column+" = $1 WHERE "+where, b)
		return err
	})
}

func TestWhateverIsAlteredInTheDatabaseIsFound(t *testing.T) {
	// The record has 600 leaves in the tree, 20 pending, two tiles and a kept checkpoint of 400.
	alterations := map[string]func(t *testing.T, d *db.DB){
		"a payload": func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "box", "position = 5", 20) },
		"a payload, pending": func(t *testing.T, d *db.DB) {
			flip(t, d, "record_pending", "box", "(thread, number) = (SELECT thread, number FROM record_pending ORDER BY thread, number LIMIT 1)", 20)
		},
		"a kind":              func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "leaf", "position = 300", -1) },
		"a kind, at the end":  func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "leaf", "position = 599", -1) },
		"a time":              func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "leaf", "position = 300", 30) },
		"a commitment":        func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "leaf", "position = 300", 40) },
		"a thread's name":     func(t *testing.T, d *db.DB) { flip(t, d, "record_leaf", "thread", "position = 300", 3) },
		"a tile's byte":       func(t *testing.T, d *db.DB) { flip(t, d, "record_tile", "hashes", "n = 0", 77) },
		"another tile's byte": func(t *testing.T, d *db.DB) { flip(t, d, "record_tile", "hashes", "n = 1", -1) },
		"the edge":            func(t *testing.T, d *db.DB) { flip(t, d, "record_tree", "edge", "id = 1", 5) },
		"a key": func(t *testing.T, d *db.DB) {
			flip(t, d, "record_thread", "key", "recovery = 'rec_3' AND party = 'holder'", 5)
		},
		"two leaves swapped": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_leaf SET position = 9999 WHERE position = 10`, `UPDATE record_leaf SET position = 10 WHERE position = 11`, `UPDATE record_leaf SET position = 11 WHERE position = 9999`)
		},
		"a leaf removed":         func(t *testing.T, d *db.DB) { sql(t, d, `DELETE FROM record_leaf WHERE position = 100`) },
		"the last leaf removed":  func(t *testing.T, d *db.DB) { sql(t, d, `DELETE FROM record_leaf WHERE position = 599`) },
		"all leaves removed":     func(t *testing.T, d *db.DB) { sql(t, d, `DELETE FROM record_leaf`) },
		"a pending leaf removed": func(t *testing.T, d *db.DB) { sql(t, d, `DELETE FROM record_pending WHERE number = 44`) },
		"a leaf beyond the end":  func(t *testing.T, d *db.DB) { sql(t, d, `UPDATE record_leaf SET position = 600 WHERE position = 599`) },
		"a leaf taken back": func(t *testing.T, d *db.DB) {
			sql(t, d, `INSERT INTO record_pending SELECT thread, 999, leaf, box FROM record_leaf WHERE position = 50`)
		},
		"a tile removed": func(t *testing.T, d *db.DB) { sql(t, d, `DELETE FROM record_tile WHERE n = 1`) },
		"a tile too many": func(t *testing.T, d *db.DB) {
			sql(t, d, `INSERT INTO record_tile SELECT 1, 0, hashes FROM record_tile WHERE n = 1`)
		},
		"a counter raised": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_thread SET number = number + 1 WHERE recovery = 'rec_1'`)
		},
		"a counter lowered": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_thread SET number = number - 1 WHERE recovery = 'rec_1'`)
		},
		"a thread given to others": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_thread SET recovery = 'rec_9' WHERE recovery = 'rec_1'`)
		},
		"the size":              func(t *testing.T, d *db.DB) { sql(t, d, `UPDATE record_tree SET size = 599`) },
		"the signed size":       func(t *testing.T, d *db.DB) { sql(t, d, `UPDATE record_tree SET note = replace(note, '600', '599')`) },
		"the signature removed": func(t *testing.T, d *db.DB) { sql(t, d, `UPDATE record_tree SET note = ''`) },
		"an older signature": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_tree SET note = (SELECT note FROM record_seal WHERE size = 400)`)
		},
		"a kept checkpoint": func(t *testing.T, d *db.DB) {
			sql(t, d, `UPDATE record_seal SET note = replace(note, '400', '401') WHERE size = 400`)
		},
		"the tree emptied": func(t *testing.T, d *db.DB) {
			sql(t, d, `DELETE FROM record_leaf`, `DELETE FROM record_tile`, `DELETE FROM record_seal`, `UPDATE record_tree SET size = 0, edge = '', note = ''`)
		},
		"signed by a stranger": func(t *testing.T, d *db.DB) {
			stranger, err := record.NewSigner(origin)
			if err != nil {
				t.Fatal(err)
			}
			update(t, d, func(tx *db.Tx) error {
				var note string
				if err := tx.QueryRow(`SELECT note FROM record_tree`).Scan(&note); err != nil {
					return err
				}
				c, err := tree.Open([]byte(note), anyone{})
				if err != nil {
					return err
				}
				forged, err := tree.Sign(c, stranger)
				if err != nil {
					return err
				}
				_, err = tx.Exec(`UPDATE record_tree SET note = $1`, string(forged))
				return err
			})
		},
	}
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		k := newKeys(t)
		writer := k.log(d)
		fill(t, d, writer, 400)
		checkpoint(t, writer)
		fill(t, d, writer, 200)
		checkpoint(t, writer)
		fill(t, d, writer, 20)
		verify(t, writer, 600)
		saved := save(t, d)
		for name, alter := range alterations {
			t.Run(name, func(t *testing.T) {
				alter(t, d)
				// The node that wrote it must find it as well as one that starts afresh.
				for _, l := range []*record.Log{writer, k.log(d)} {
					if _, err := l.Verify(context.Background()); !errors.Is(err, record.ErrAltered) {
						t.Errorf("Verify says %v", err)
					}
				}
				saved.restore(t, d)
			})
		}
		verify(t, writer, 600) // it was the alterations that were found
	})
}

func TestARecordRolledBackWholeIsFoundByWhoKeptANewerCheckpoint(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, clock *testkit.Clock) {
		k := newKeys(t)
		l := k.log(d)
		fill(t, d, l, 300)
		older := checkpoint(t, l)
		saved := save(t, d)
		fill(t, d, l, 10)
		newer := checkpoint(t, l)
		verify(t, l, 310, older.Checkpoint, newer.Checkpoint)

		saved.restore(t, d)
		verify(t, k.log(d), 300, older.Checkpoint) // by itself it is faultless
		if _, err := k.log(d).Verify(context.Background(), newer.Checkpoint); !errors.Is(err, record.ErrAltered) {
			t.Errorf("Verify says %v", err)
		}
		if _, _, err := l.ProveSince(context.Background(), newer.Checkpoint); !errors.Is(err, record.ErrAltered) {
			t.Errorf("ProveSince says %v", err)
		}

		clock.Advance(time.Second)
		fill(t, d, l, 11) // history written anew
		forked := checkpoint(t, l)
		if _, err := l.Verify(context.Background(), newer.Checkpoint); !errors.Is(err, record.ErrAltered) {
			t.Errorf("of the fork, Verify says %v", err)
		}
		if _, _, err := l.ProveSince(context.Background(), newer.Checkpoint); !errors.Is(err, record.ErrAltered) {
			t.Errorf("of the fork, ProveSince says %v", err)
		}
		verify(t, l, 311, older.Checkpoint, forked.Checkpoint)
	})
}
