package testkit

import (
	"testing"

	"keyback/internal/db"
)

func TestEachTestHasADatabaseOfItsOwnWithTheSchemaInIt(t *testing.T) {
	for range 2 { // the second would find the first's row
		Each(t, func(t *testing.T, d *db.DB, c *Clock) {
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				if !tx.Now().Equal(c.Now()) {
					t.Errorf("the database's clock says %v, not %v", tx.Now(), c.Now())
				}
				_, err := tx.Exec(`INSERT INTO limit_run (key, misses, latest) VALUES ($1, 1, 0)`, []byte("k"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAStoryForCheckAllStaysOffPostgreSQLInTheShortCheck(t *testing.T) {
	t.Setenv(PostgresScope, "some")
	engines := 0
	EachStory(t, InCheckAll, func(*testing.T, string) { engines++ })
	if engines != 1 {
		t.Errorf("it ran on %d engines", engines)
	}
}
