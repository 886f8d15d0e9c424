package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"keyback/internal/db"
)

// PostgresURL names the variable that holds the address of a PostgreSQL cluster in
// which tests may create databases. ./check starts one and sets it.
const PostgresURL = "KEYBACK_TEST_POSTGRES"

// Each runs a test on a fresh database of each engine: SQLite always, PostgreSQL
// where a cluster is given.
func Each(t *testing.T, test func(t *testing.T, d *db.DB, c *Clock)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		d, c := SQLite(t)
		test(t, d, c)
	})
	if os.Getenv(PostgresURL) == "" {
		return
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		c := NewClock()
		test(t, Open(t, PostgresDatabase(t), c), c)
	})
}

// SQLite opens a fresh SQLite database and a clock for it.
func SQLite(t testing.TB) (*db.DB, *Clock) {
	t.Helper()
	c := NewClock()
	return Open(t, filepath.Join(t.TempDir(), "keyback.db"), c), c
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

// PostgresDatabase makes an empty database in the cluster, drops it with the test,
// and gives its address.
func PostgresDatabase(t testing.TB) string {
	t.Helper()
	cluster := os.Getenv(PostgresURL)
	name := "kb_" + strings.ToLower(rand.Text()[:16])
	admin, err := sql.Open("pgx", cluster)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatalf("%s: %v", PostgresURL, err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	u, err := url.Parse(cluster)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
