package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"runtime/pprof"

	"keyback/internal/fault"
	"keyback/internal/server"
)

// serveCommand runs the server until it is told to stop.
//
//	keyback serve --base-url https://account.example.com --relay smtp://user:password@mail.example.com --db keyback.db
type serveCommand struct {
	config
	Check      bool   `help:"Look at every setting, open the database, say what is missing, and end."`
	CPUProfile string `help:"Write a CPU profile to this file." name:"cpu-profile" type:"path" hidden:""`
}

// Run is the command.
func (c *serveCommand) Run(ctx context.Context, io *console) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	o.Log = slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	o.NoMigrate = c.Check
	s, err := server.New(ctx, o)
	if err != nil {
		return err
	}
	if c.Check {
		fmt.Fprintf(io.out, "ok: %s would serve %s and send by %s\n", c.Name, c.BaseURL, s.Relay())
		return s.Close()
	}
	pages, err := listen(ctx, "listen", c.Listen)
	if err != nil {
		return err
	}
	var ops net.Listener
	if c.OpsListen != "" {
		if ops, err = listen(ctx, "ops-listen", c.OpsListen); err != nil {
			return err
		}
	}
	if c.CPUProfile != "" {
		stop, err := profile(c.CPUProfile)
		if err != nil {
			return err
		}
		defer stop()
	}
	o.Log.Info("serving", "pages", c.BaseURL, "listen", pages.Addr().String(), "operations", c.OpsListen, "database", s.DB.Engine().String(), "pid", os.Getpid())
	collectLess()
	// What starting took is given back now, and not at the collector's own pace, which
	// in a server that nobody uses is every two minutes.
	go debug.FreeOSMemory()
	return s.Serve(ctx, pages, ops)
}

func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.New(fault.Invalid, setting+": cannot listen on "+address).Because(err).Hint("set --" + setting + " to a free address")
	}
	return l, nil
}

// profile writes where CPU time goes to a file until it is stopped.
func profile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a profile is no record
	}, nil
}

// collectLess lets twice as much garbage gather as the runtime would by itself. Each
// password hash leaves 19 MiB, so that a collection, which looks through all that
// lives, came after every second or third; halving that is 3 % of a whole recovery.
// Where the operator has set GOGC, that counts.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}
