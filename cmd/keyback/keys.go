package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"keyback/internal/record"
	"keyback/internal/seal"
)

// keyCommand makes key files.
//
//	keyback key create --key keyback.key --record-key record.key
type keyCommand struct {
	Create createKeys `cmd:"" help:"Make both key files; files that are there already are left alone."`
}

type createKeys struct {
	keys
	BaseURL string `help:"Names the record in its checkpoints." default:"http://127.0.0.1:8080"`
}

// Run is the command.
func (c *createKeys) Run(io *console) error {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" {
		return invalid("base-url", "it must be like https://account.example.com")
	}
	err = create(io, c.Key, func(path string) error { _, err := seal.Create(path); return err })
	return errors.Join(err, create(io, c.RecordKey, func(path string) error {
		_, err := record.CreateSigner(path, u.Hostname()+"/record")
		return err
	}))
}

func create(io *console, path string, write func(string) error) error {
	if _, err := os.Stat(path); err == nil {
		fmt.Fprintf(io.out, "%s is there already\n", path)
		return nil
	}
	if err := write(path); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s made: keep a copy where the database's backups are not\n", path)
	return nil
}
