package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"keyback/internal/bench"
)

// benchCommand measures this machine: it starts the server as a process of its own
// on a fresh database, loads it, and takes everything away again.
//
//	keyback bench start
//	keyback bench all --db postgres://postgres@127.0.0.1/postgres --json
type benchCommand struct {
	Start   benchStart   `cmd:"" help:"Recoveries started a second, their mails at the sink."`
	Mail    benchMail    `cmd:"" help:"From a request to its mail, at 20 a second."`
	Flow    benchFlow    `cmd:"" help:"Whole flows a second, beside what password hashes allow."`
	Neutral benchNeutral `cmd:"" help:"Whether time or bytes tell known from unknown."`
	Idle    benchIdle    `cmd:"" help:"Idle memory, time to start, size of the binary."`
	All     benchAll     `cmd:"" help:"All of them, one after the other."`
}

type benchSettings struct {
	DB         string   `help:"Where a fresh database is made: a free path, or postgres://user:password@host/name. SQLite in a temporary folder when empty." env:"KEYBACK_BENCH_DB"`
	Seconds    int      `help:"Of a run; each measurement's own when 0."`
	Clients    int      `help:"At once; each measurement's own when 0."`
	Runs       int      `help:"Runs; the figure is their median." default:"3"`
	Accounts   int      `help:"Accounts in the database; 10000, or what start needs, when 0."`
	Pairs      int      `help:"Pairs of known and unknown that neutral compares." default:"10000"`
	SignIns    int      `help:"Such pairs at the sign-in, where each costs two password hashes; as --pairs when 0."`
	Rest       int      `help:"Seconds at rest before idle memory is read." default:"30"`
	Server     []string `help:"A further flag for the server, such as --server=--workers=64." placeholder:"FLAG"`
	CPUProfile string   `help:"Write the server's CPU profile to this file." name:"cpu-profile" type:"path" hidden:""`
}

type (
	benchStart   struct{ benchSettings }
	benchMail    struct{ benchSettings }
	benchFlow    struct{ benchSettings }
	benchNeutral struct{ benchSettings }
	benchIdle    struct{ benchSettings }
	benchAll     struct{ benchSettings }
)

// Run is the command.
func (c *benchStart) Run(ctx context.Context, io *console) error { return c.run(ctx, io, "start") }

// Run is the command.
func (c *benchMail) Run(ctx context.Context, io *console) error { return c.run(ctx, io, "mail") }

// Run is the command.
func (c *benchFlow) Run(ctx context.Context, io *console) error { return c.run(ctx, io, "flow") }

// Run is the command.
func (c *benchNeutral) Run(ctx context.Context, io *console) error { return c.run(ctx, io, "neutral") }

// Run is the command.
func (c *benchIdle) Run(ctx context.Context, io *console) error { return c.run(ctx, io, "idle") }

// Run is the command.
func (c *benchAll) Run(ctx context.Context, io *console) error { return c.run(ctx, io, bench.Names...) }

func (c benchSettings) run(ctx context.Context, io *console, names ...string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	r, err := bench.Run(ctx, bench.Options{
		Command: []string{program}, Database: c.DB, For: time.Duration(c.Seconds) * time.Second, Clients: c.Clients, Runs: c.Runs,
		Accounts: c.Accounts, Pairs: c.Pairs, SignIns: c.SignIns, Rest: time.Duration(c.Rest) * time.Second,
		Server: c.Server, Profile: c.CPUProfile, Progress: io.err,
	}, names...)
	if err != nil {
		return err
	}
	if io.json {
		return json.NewEncoder(io.out).Encode(r)
	}
	return r.Table(io.out)
}
