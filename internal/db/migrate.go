package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"keyback/internal/fault"
)

// The schema, one file a package that owns tables, forward only. Types mean the
// same on both engines: BIGINT, TEXT, BYTEA (in SQLite a blob stays as it is).
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, or says that it is not.
func (d *DB) migrate(ctx context.Context, leave bool) error {
	dialect, pool, opts := goose.DialectSQLite3, d.writes, []goose.ProviderOption{}
	if d.engine == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker() // many nodes may start at once
		if err != nil {
			return err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	} else {
		pool = d.writer.pool
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, pool, files, opts...)
	if err != nil {
		return fault.New(fault.Unavailable, "the database does not answer").Because(err).Hint("check --db")
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fault.New(fault.Unavailable, "the database does not answer").Because(err).Hint("check --db")
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fault.New(fault.Refused, fmt.Sprintf("the database has schema %d, made by a newer Keyback than this (%d)", have, want)).Hint("start the newer program")
	case leave:
		return fault.New(fault.Refused, fmt.Sprintf("the database has schema %d and this program needs %d", have, want)).Hint("run: keyback migrate")
	}
	if _, err := p.Up(ctx); err != nil {
		return fault.New(fault.Unavailable, "the schema could not be brought up to date").Because(err)
	}
	return nil
}
