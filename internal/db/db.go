// Package db opens the one database of a Keyback, an SQLite file or a PostgreSQL,
// and runs everything that touches it inside one concrete transaction, *Tx.
//
// What it promises:
//
//   - When Update returns nil, the change is on disk. When it returns an error,
//     nothing of it is. There is no third case but a commit whose answer was lost,
//     and that is an error.
//   - Update may run its function more than once. So the function does no I/O and
//     keeps no effects outside but through Tx.AfterCommit, which runs once, after
//     the commit, in the goroutine that called Update.
//   - Time stands still inside a transaction: Tx.Now is frozen, in UTC and whole
//     microseconds, as rows keep it.
//   - Update inside Update panics: it would wait for itself.
//   - There is one text of SQL for both engines, with $1, $2 ... as parameters.
//
// On SQLite updates that wait at the same moment are committed together (see
// writer.go). On PostgreSQL each is a transaction at READ COMMITTED, run again
// after a serialization failure or a deadlock. A Tx first takes what it changes by
// UPDATE ... SET version = version + 1 ... RETURNING, account before recovery before
// case.
//
// The drivers are not imported here: the program that opens a database links them
// in ("sqlite" by modernc.org/sqlite, "pgx" by pgx/v5/stdlib).
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"keyback/internal/fault"
)

// Engine is one of the two databases that Keyback runs on.
type Engine uint8

// The engines.
const (
	SQLite Engine = iota
	Postgres
)

// String is the engine's name as people write it.
func (e Engine) String() string {
	if e == Postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// Options say which database to open. The zero values are good but for URL.
type Options struct {
	URL       string           // a path of an SQLite file, or postgres://...
	Now       func() time.Time // the clock; time.Now when nil
	Conns     int              // connections that read (SQLite) or all (PostgreSQL, a quarter of them to read); 4 and 16 when zero
	NoMigrate bool             // leave the schema alone, and refuse one that is not ours
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	now    func() time.Time
	pool   *sql.DB // of connections that read
	writes *sql.DB // of connections that write, PostgreSQL only
	writer *writer // SQLite only
}

// Open opens the database, brings its schema up to date and checks that it
// answers.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{now: o.Now}
	if d.now == nil {
		d.now = time.Now
	}
	var err error
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		err = d.openPostgres(o)
	} else {
		err = d.openSQLite(ctx, o)
	}
	if err == nil {
		err = d.migrate(ctx, o.NoMigrate)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Engine says which database this is.
func (d *DB) Engine() Engine { return d.engine }

// Close waits for updates that run and closes all connections.
func (d *DB) Close() error {
	var err error
	if d.writer != nil {
		err = d.writer.close()
	}
	for _, pool := range []*sql.DB{d.pool, d.writes} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}

// Now is the time of the clock that the database was opened with.
func (d *DB) Now() time.Time { return d.now().UTC().Truncate(time.Microsecond) }

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	return d.View(ctx, func(tx *Tx) error {
		var one int
		return tx.QueryRow(`SELECT 1`).Scan(&one)
	})
}

// Update runs fn in a transaction that may write and commits it. fn may run more
// than once. Once it runs, the caller's cancellation no longer stops it: an
// interrupted statement would roll back the updates committed with it.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if inside() {
		panic("db: Update inside a transaction waits for itself")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.engine == Postgres {
		return d.updatePostgres(context.WithoutCancel(ctx), fn)
	}
	return d.writer.update(ctx, fn)
}

// View runs fn on a read-only snapshot. Keep it short: on SQLite an open view
// keeps the write-ahead log from being recycled.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.engine == Postgres {
		return d.viewPostgres(context.WithoutCancel(ctx), fn)
	}
	return d.viewSQLite(context.WithoutCancel(ctx), fn)
}

// Look is View for a single statement, and cheaper: no transaction stands around it,
// which on PostgreSQL saves two round trips of three. A second statement is refused:
// it might see another state than the first.
func (d *DB) Look(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return unavailable("look", err)
	}
	defer conn.Close()
	return within(&Tx{ctx: ctx, conn: conn, engine: d.engine, now: d.Now(), read: true, single: true}, fn)
}

// within runs one member's function. It has a frame of its own so that inside can
// find it on the stack.
//
//go:noinline
func within(tx *Tx, fn func(*Tx) error) error {
	defer tx.end()
	err := fn(tx)
	if err == nil {
		// A statement that failed has spoilt a PostgreSQL transaction even if
		// fn went on; both engines treat it alike.
		err = tx.failed
	}
	return err
}

var withinEntry = func() uintptr {
	var pc [1]uintptr
	_ = within(&Tx{}, func(*Tx) error { runtime.Callers(2, pc[:]); return nil })
	return runtime.FuncForPC(pc[0]).Entry()
}()

// inside says whether the calling goroutine is running a transaction's function.
func inside() bool {
	var pcs [64]uintptr
	for _, pc := range pcs[:runtime.Callers(3, pcs[:])] {
		if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == withinEntry {
			return true
		}
	}
	return false
}

// driver finds a linked database driver by its name.
func openDriver(name, dsn string) (*sql.DB, error) {
	pool, err := sql.Open(name, dsn)
	if err != nil {
		return nil, fault.New(fault.Unavailable, fmt.Sprintf("the database driver %q does not open", name)).Because(err)
	}
	return pool, nil
}

func unavailable(doing string, err error) error {
	return fault.New(fault.Unavailable, "Our records cannot be reached just now.").Because(fmt.Errorf("%s: %w", doing, err))
}

// Micros is how rows keep a time: UTC microseconds, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time reads what Micros wrote.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
