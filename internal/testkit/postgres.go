package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keyback/internal/db"
)

// PostgresURL names the variable that holds the address of a PostgreSQL cluster in
// which tests may create databases. ./check starts one and sets it.
const PostgresURL = "KEYBACK_TEST_POSTGRES"

// PostgresScope names the variable that says how much runs on PostgreSQL where a
// cluster is given: "some" leaves out the stories that are not for every day.
const PostgresScope = "KEYBACK_TEST_POSTGRES_SCOPE"

// PostgresDatabase makes a database in the cluster, with the schema in it, drops it
// with the test, and gives its address. Running the migrations takes a quarter of a
// second; it is a copy, which takes a third of that.
func PostgresDatabase(t testing.TB) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatalf("%s: the database that tests copy: %v", PostgresURL, err)
	}
	return createDatabase(t, name)
}

// EmptyPostgresDatabase is PostgresDatabase without the schema, for tests of how the
// schema comes there.
func EmptyPostgresDatabase(t testing.TB) string {
	t.Helper()
	return createDatabase(t, "template1")
}

func createDatabase(t testing.TB, from string) string {
	t.Helper()
	name := "kb_" + strings.ToLower(rand.Text()[:16])
	admin, err := sql.Open("pgx", os.Getenv(PostgresURL))
	if err != nil {
		t.Fatalf("%s: %v", PostgresURL, err)
	}
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+from); err != nil {
		t.Fatalf("%s: %v", PostgresURL, err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	return address(t, name)
}

func address(t testing.TB, name string) string {
	t.Helper()
	u, err := databaseURL(name)
	if err != nil {
		t.Fatalf("%s: %v", PostgresURL, err)
	}
	return u
}

func databaseURL(name string) (string, error) {
	u, err := url.Parse(os.Getenv(PostgresURL))
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// template makes, once a cluster and schema, the database that tests copy, and gives
// its name. Processes that run at the same moment wait for the one that makes it.
var template = sync.OnceValues(func() (name string, err error) {
	if name, err = templateName(); err != nil {
		return "", err
	}
	ctx := context.Background()
	admin, err := sql.Open("pgx", os.Getenv(PostgresURL))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	conn, err := admin.Conn(ctx) // the lock below is the connection's
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var there bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	// Made under another name, so that one that was left half made is never copied.
	draft := name + "_" + strings.ToLower(rand.Text()[:8])
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+draft); err != nil {
		return "", err
	}
	u, err := databaseURL(draft)
	if err != nil {
		return "", err
	}
	d, err := db.Open(ctx, db.Options{URL: u})
	if err != nil {
		return "", err
	}
	if err := d.Close(); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, err
})

// templateName changes with the text of the migrations.
func templateName() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(root, "internal/db/migrations/*.sql"))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		sum.Write(text)
	}
	return "kb_schema_" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
