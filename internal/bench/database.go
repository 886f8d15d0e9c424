package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keyback/internal/fault"
)

// database is a fresh one for one measurement.
type database struct {
	url   string
	admin *sql.DB // of the PostgreSQL it was made in; nil for SQLite
	name  string
	near  bool // the PostgreSQL runs on this machine
}

// freshDatabase makes an SQLite file at the path given, or at the fallback, or a
// database in the PostgreSQL given.
func freshDatabase(ctx context.Context, given, fallback string) (*database, error) {
	if !strings.HasPrefix(given, "postgres://") && !strings.HasPrefix(given, "postgresql://") {
		if given == "" {
			return &database{url: fallback}, nil
		}
		if _, err := os.Stat(given); err == nil {
			return nil, fault.New(fault.Invalid, given+" is there already").Hint("give --db a path that is free: it is filled, and deleted at the end")
		}
		return &database{url: given}, nil
	}
	u, err := url.Parse(given)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the address of the database is none").Because(err)
	}
	d := &database{name: "keyback_bench_" + strings.ToLower(rand.Text()[:10])}
	host := u.Hostname()
	d.near = host == "" || host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
	if d.admin, err = sql.Open("pgx", given); err != nil {
		return nil, err
	}
	if _, err := d.admin.ExecContext(ctx, "CREATE DATABASE "+d.name); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, "no database could be made for the measurement").Because(err).
			Hint("give --db a role that may create databases"), d.admin.Close())
	}
	u.Path = "/" + d.name
	d.url = u.String()
	return d, nil
}

func (d *database) postgres() bool { return d.admin != nil }

func (d *database) engine() string {
	if d.postgres() {
		return "PostgreSQL"
	}
	return "SQLite"
}

// describe says what the database is and how durable.
func (d *database) describe(ctx context.Context) string {
	if !d.postgres() {
		return "SQLite (WAL, synchronous=FULL, on " + fileSystem(filepath.Dir(d.url)) + ")"
	}
	var version, fsync, commit string
	err := d.admin.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')`).
		Scan(&version, &fsync, &commit)
	if err != nil {
		return "PostgreSQL, unknown: " + err.Error()
	}
	version, _, _ = strings.Cut(version, " ")
	return fmt.Sprintf("PostgreSQL %s (fsync=%s, synchronous_commit=%s)", version, fsync, commit)
}

// backends are the CPU times of the PostgreSQL processes that work for this
// database; none for SQLite, and none where they run elsewhere.
func (d *database) backends(ctx context.Context) map[int]time.Duration {
	all := map[int]time.Duration{}
	if !d.near {
		return all
	}
	rows, err := d.admin.QueryContext(ctx, `SELECT pid FROM pg_stat_activity WHERE datname = $1`, d.name)
	if err != nil {
		return all
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid) == nil {
			all[pid] = cpuOf(pid)
		}
	}
	if rows.Err() != nil {
		return map[int]time.Duration{}
	}
	return all
}

// drop removes it.
func (d *database) drop() error {
	if !d.postgres() {
		var err error
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if e := os.Remove(d.url + suffix); !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
		return err
	}
	_, err := d.admin.ExecContext(context.Background(), "DROP DATABASE "+d.name+" WITH (FORCE)")
	return errors.Join(err, d.admin.Close())
}
