package attacks

import (
	"testing"

	"keyback/internal/db"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// Somebody who may write to the database, but has not the key file, changes what
// happened. Verify finds it.
func TestARecordThatWasChangedInTheDatabaseDoesNotVerify(t *testing.T) {
	for what, change := range map[string]string{
		"a leaf's bytes":              `UPDATE record_leaf SET leaf = $1 WHERE position = 1`,
		"a leaf's payload":            `UPDATE record_leaf SET box = $1 WHERE position = 1`,
		"a leaf's thread":             `UPDATE record_leaf SET thread = $1 WHERE position = 1`,
		"a leaf taken out":            `DELETE FROM record_leaf WHERE position = 1 AND $1 <> ''`,
		"the newest leaf taken out":   `DELETE FROM record_leaf WHERE position = (SELECT max(position) FROM record_leaf) AND $1 <> ''`,
		"leaves in another order":     `UPDATE record_leaf SET leaf = (SELECT o.leaf FROM record_leaf o WHERE o.position = 3 - record_leaf.position), box = (SELECT o.box FROM record_leaf o WHERE o.position = 3 - record_leaf.position), thread = (SELECT o.thread FROM record_leaf o WHERE o.position = 3 - record_leaf.position) WHERE position IN (1, 2) AND $1 <> ''`,
		"a leaf put in":               `INSERT INTO record_leaf (position, thread, leaf, box) SELECT max(position) + 1, $1, $1, $1 FROM record_leaf`,
		"a leaf put twice":            `INSERT INTO record_leaf (position, thread, leaf, box) SELECT (SELECT max(position) + 1 FROM record_leaf), thread, leaf, box FROM record_leaf WHERE position = 1 AND $1 <> ''`,
		"the tree's size":             `UPDATE record_tree SET size = size - 1 WHERE $1 <> ''`,
		"the tree's edge":             `UPDATE record_tree SET edge = $1`,
		"the checkpoint":              `UPDATE record_tree SET note = 'stage.example/record' WHERE $1 <> ''`,
		"an older checkpoint in it":   `UPDATE record_tree SET note = (SELECT note FROM record_seal ORDER BY size LIMIT 1) WHERE $1 <> ''`,
		"a thread's count":            `UPDATE record_thread SET number = number - 1 WHERE $1 <> ''`,
		"a thread's key":              `UPDATE record_thread SET key = $1`,
		"what is known of checkpoint": `UPDATE record_seal SET note = 'x' WHERE $1 <> ''`,
	} {
		t.Run(what, func(t *testing.T) {
			stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
				s.Account("victim", "victim@example.com")
				for n := range 3 {
					start(s, "victim@example.com", "victim@example.com", n+1)
					settled(t, s, n+1)
					s.Verify()
				}
				var rows int64
				err := s.Server.DB.Update(t.Context(), func(tx *db.Tx) (err error) {
					rows, err = tx.Exec(change, []byte("an attacker's bytes, 32 of them.")[:32])
					return err
				})
				if err != nil || rows == 0 {
					t.Fatalf("nothing was changed: %v", err)
				}
				if _, err := s.Server.Record.Verify(t.Context()); err == nil {
					t.Error("it verifies")
				}
			})
		})
	}
}
