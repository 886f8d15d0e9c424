// Command keyback is the account recovery server and all that goes with it.
//
// This folder is the only place that reads flags, environment and configuration
// files; everything below takes Options. See keyback help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL's driver, "pgx"
	_ "modernc.org/sqlite"             // SQLite's driver, "sqlite"

	"keyback/internal/fault"
)

// Exit codes, as keyback help documents them.
const (
	exitOK      = 0
	exitFailed  = 1 // it did not work: a server, a database, a check
	exitInvalid = 2 // what was asked for cannot be: a flag, a setting, a file
)

const description = `Keyback lets people back into their accounts, and keeps everybody else out.

  Try it:        keyback demo
  See it work:   keyback demo --walk
  In production: keyback key create, keyback migrate, keyback serve --check, keyback serve

Every flag can also be set in the environment (KEYBACK_BASE_URL for --base-url) and in a
file of NAME=value lines given by --config. Flags win over the environment, and that over
the file. Exit codes: 0 done, 1 it did not work, 2 what was asked for cannot be.`

// commands are the verbs.
type commands struct {
	Config kong.ConfigFlag `help:"A file of NAME=value lines." env:"KEYBACK_CONFIG" placeholder:"FILE"`
	JSON   bool            `help:"Answer in JSON, a value a line." env:"KEYBACK_JSON"`

	Demo    demoCommand    `cmd:"" help:"A whole Keyback to try: sample accounts, an inbox, nothing to set up."`
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Account accountCommand `cmd:"" help:"Add, look at and lock accounts of the local directory."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date."`
	Key     keyCommand     `cmd:"" help:"Make the two key files that live outside the database."`
	Record  recordCommand  `cmd:"" help:"Check the record of what happened."`
	Bench   benchCommand   `cmd:"" help:"Measure this machine: start, mail, flow, neutral, idle."`
}

// console is where a command writes.
type console struct {
	out, err io.Writer
	json     bool
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("keyback"), kong.Description(description), kong.UsageOnError(),
		kong.Configuration(settings), kong.Writers(out, errs), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.DefaultEnvars("KEYBACK"))
	if err != nil {
		fmt.Fprintln(errs, "keyback:", err)
		return exitFailed
	}
	if len(args) == 1 && args[0] == "help" || len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errs, "keyback: %v. See: keyback help\n", err)
		return exitInvalid
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&console{out: out, err: errs, json: c.JSON})
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(errs, "keyback:", err)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Refused, fault.Conflict:
		return exitInvalid
	}
	return exitFailed
}

// errReported ends a command that has already said what is wrong.
var errReported = errors.New("reported")
