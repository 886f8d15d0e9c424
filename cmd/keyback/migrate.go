package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/server"
)

// migrateCommand brings the schema up to date.
//
//	keyback migrate --db postgres://keyback@db.example.com/keyback
type migrateCommand struct{ database }

// Run is the command.
func (c *migrateCommand) Run(ctx context.Context, io *console) error {
	d, err := db.Open(ctx, db.Options{URL: c.DB})
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s: the schema is up to date\n", d.Engine())
	return d.Close()
}

// recordCommand looks at the record.
type recordCommand struct {
	Verify verifyRecord `cmd:"" help:"Recompute the whole record and compare it with its signed checkpoint."`
}

type verifyRecord struct {
	database
	keys
}

// Run is the command.
func (c *verifyRecord) Run(ctx context.Context, io *console) error {
	var o server.Options
	if err := c.read(&o); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Options{URL: c.DB, NoMigrate: true})
	if err != nil {
		return err
	}
	log := record.New(record.Options{DB: d, Signer: o.Signer, Wrap: o.Key, Log: slog.New(slog.NewTextHandler(io.err, nil))})
	n, err := log.Verify(ctx)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	latest, err := log.Latest(ctx)
	if err == nil {
		fmt.Fprintf(io.out, "ok: %d leaves, seal %s\n", n, latest.Seal())
	}
	return errors.Join(err, d.Close())
}
