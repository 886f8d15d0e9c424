package testkit

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"keyback/internal/db"
)

// Each runs a test on a fresh database of each engine: SQLite always, PostgreSQL
// where a cluster is given.
func Each(t *testing.T, test func(t *testing.T, d *db.DB, c *Clock)) {
	t.Helper()
	EachAddress(t, func(t *testing.T, address string) {
		c := NewClock()
		test(t, Open(t, address, c), c)
	})
}

// EachAddress is Each for tests that open the database themselves, or give its
// address to a program.
func EachAddress(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, sqliteFile(t)) })
	if os.Getenv(PostgresURL) != "" {
		t.Run("PostgreSQL", func(t *testing.T) { test(t, PostgresDatabase(t)) })
	}
}

// When says in which checks a story runs on PostgreSQL too.
type When uint8

// The checks.
const (
	InEveryCheck When = iota
	InCheckAll
)

// EachStory is EachAddress for stories, which are many and long: on
// PostgreSQL most run in ./check all alone.
func EachStory(t *testing.T, when When, story func(t *testing.T, address string)) {
	t.Helper()
	if when == InCheckAll && os.Getenv(PostgresScope) == "some" {
		t.Run("SQLite", func(t *testing.T) { story(t, sqliteFile(t)) })
		return
	}
	EachAddress(t, story)
}

// SQLite opens a fresh SQLite database and a clock for it.
func SQLite(t testing.TB) (*db.DB, *Clock) {
	t.Helper()
	c := NewClock()
	return Open(t, sqliteFile(t), c), c
}

// sqliteFile names a file that is not there yet. Making the schema in it takes ten
// milliseconds, less than a copy is worth.
func sqliteFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "keyback.db")
}

// Open opens a database by its address and closes it with the test.
func Open(t testing.TB, address string, c *Clock) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: address, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
