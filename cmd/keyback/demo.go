package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"keyback/internal/demo"
)

// demoCommand runs a whole Keyback that leaves nothing behind.
//
//	keyback demo
//	keyback demo --walk
type demoCommand struct {
	Walk bool `help:"Walk the steps by itself, print a line for each with what it checked, and end."`
	Port int  `help:"The first port to take if it is free; Keyback and the sample application take the next ones." default:"7070"`
}

// Run is the command.
func (c *demoCommand) Run(ctx context.Context, io *console) error {
	o := demo.Options{Port: c.Port, Log: slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if c.Walk {
		o.Port, o.Plain = 0, true // nobody looks at it, and it must not take the addresses of one that runs
	}
	d, err := demo.Open(ctx, o)
	if err != nil {
		return err
	}
	if c.Walk {
		return walked(ctx, d, io)
	}
	fmt.Fprintf(io.out, "Keyback is ready to try: %s\nCtrl+C stops it and leaves nothing behind.\n", d.URL)
	return d.Run(ctx)
}

// walked walks while the demonstration runs, and stops it.
func walked(ctx context.Context, d *demo.Demo, io *console) error {
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(running) }()
	err := d.Walk(ctx, io.out)
	stop()
	if err != nil {
		err = errReported // the walk has said why
	}
	return errors.Join(err, <-ended)
}
