package db

import (
	"context"
	"database/sql"
	"net/url"
	"strings"

	"keyback/internal/fault"
)

// openSQLite opens the file twice: one connection that writes, a few that read.
// WAL lets them go on while it writes; synchronous=FULL makes a commit durable
// when it returns.
func (d *DB) openSQLite(ctx context.Context, o Options) error {
	d.engine = SQLite
	path := strings.TrimPrefix(strings.TrimPrefix(o.URL, "sqlite:"), "file:")
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.Contains(path, "://") {
		return fault.New(fault.Invalid, "the database must be a path or a postgres:// address").Hint("set --db to a file such as keyback.db")
	}
	write, err := keeping("sqlite", dsn(path, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "cache_size(-8000)"))
	if err != nil {
		return err
	}
	if d.writer, err = newWriter(ctx, write, d.now); err != nil {
		return fault.New(fault.Unavailable, "the database file cannot be opened").Because(err).Hint("check that --db names a file in a folder that can be written")
	}
	d.pool = sql.OpenDB(connector{write.driver, dsn(path, "query_only(1)")})
	conns := o.Conns
	if conns == 0 {
		conns = 4
	}
	d.pool.SetMaxOpenConns(conns)
	d.pool.SetMaxIdleConns(conns)
	return nil
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append([]string{"busy_timeout(10000)", "foreign_keys(1)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *DB) viewSQLite(ctx context.Context, fn func(*Tx) error) error {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return unavailable("view", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return unavailable("view", err)
	}
	defer conn.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // nothing was written
	return within(&Tx{ctx: ctx, conn: conn, engine: SQLite, now: d.Now(), read: true}, fn)
}
