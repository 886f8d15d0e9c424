// Package bench measures Keyback: it starts the real server as a process of its
// own, loads it over loopback HTTP, receives its mail, and says what came out,
// beside the machine it ran on and what else the machine did meanwhile.
//
// What it promises:
//
//   - The server runs as an operator would run it: its own binary, fresh keys, a
//     database that is durable at each commit, its ordinary statements and limits.
//     Requests come from different networks by X-Forwarded-For, so that the limits
//     count and do not bite. Where a limit had to be raised, the report says so.
//   - A figure is the median of its runs, with the least and the greatest.
//   - What cannot be right is no figure: a mail that is missing or came twice, an
//     answer that is not the expected one, fails the measurement.
//
// Load, sink and server share the machine. The load costs little (no HTTP library,
// requests made of one template), and what it and the sink cost is reported.
package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"keyback/internal/fault"
)

// Options say what to measure with. Command is needed; all else has good zero
// values.
type Options struct {
	Command  []string      // the server's program, and what stands before its verb
	Database string        // a path that is free, or postgres://...: a fresh database is made there; SQLite in a temporary folder when empty
	For      time.Duration // of a run; each measurement's own when zero
	Clients  int           // at once; each measurement's own when zero
	Runs     int           // 3 when zero
	Accounts int           // in the database; 10,000 when zero, and for start as many as it asks for
	Pairs    int           // of neutral; 10,000 when zero
	SignIns  int           // pairs of neutral at the sign-in; Pairs when zero
	Rest     time.Duration // before idle memory is read; 30 s when zero
	Profile  string        // file for the server's CPU profile, of the runs alone
	Server   []string      // further flags of the server
	Progress io.Writer     // what goes on; discarded when nil
}

// Names are the measurements there are, in the order of All.
var Names = []string{"start", "mail", "flow", "neutral", "idle"}

var measurements = map[string]func(context.Context, *stand) ([]Figure, error){
	"start": start, "mail": mailing, "flow": flow, "neutral": neutral, "idle": idle,
}

// Run makes the named measurements one after the other, each on a fresh database.
func Run(ctx context.Context, o Options, names ...string) (Report, error) {
	o.defaults()
	r := Report{At: time.Now().UTC().Truncate(time.Second), Machine: thisMachine()}
	for _, name := range names {
		if !slices.Contains(Names, name) {
			return r, fault.New(fault.Invalid, "there is no measurement "+name).Hint("keyback bench --help names them")
		}
		m, err := o.measure(ctx, name)
		if err != nil {
			return r, fmt.Errorf("bench %s: %w", name, err)
		}
		r.Measurements = append(r.Measurements, m)
	}
	return r, nil
}

func (o *Options) defaults() {
	if o.Runs <= 0 {
		o.Runs = 3
	}
	if o.Pairs <= 0 {
		o.Pairs = 10_000
	}
	if o.SignIns <= 0 {
		o.SignIns = o.Pairs
	}
	if o.Rest <= 0 {
		o.Rest = 30 * time.Second
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

func (o Options) measure(ctx context.Context, name string) (m Measurement, err error) {
	if o.Accounts <= 0 {
		o.Accounts = 10_000
		if name == "start" { // 120,000 starts: a minute and a half at most
			o.Accounts = 20_000
		}
	}
	s, err := newStand(ctx, o, name)
	if err != nil {
		return m, err
	}
	defer func() {
		if closed := s.close(); err == nil {
			err = closed
		}
	}()
	m = Measurement{Name: name, Database: s.database.describe(ctx), Before: loadAverage()}
	if m.Figures, err = measurements[name](ctx, s); err != nil {
		return m, s.explain(err)
	}
	m.Notes = s.notes
	return m, nil
}

// each makes the runs and gathers the figures of each under their names.
func (s *stand) each(ctx context.Context, run func(context.Context, int) ([]Figure, error)) ([]Figure, error) {
	var all []Figure
	for n := range s.o.Runs {
		figures, err := run(ctx, n)
		if err != nil {
			return nil, err
		}
		for _, f := range figures {
			i := slices.IndexFunc(all, func(g Figure) bool { return g.Name == f.Name })
			if i < 0 {
				i, all = len(all), append(all, Figure{Name: f.Name, Unit: f.Unit, Target: f.Target})
			}
			all[i].add(f.Median)
			s.say("run %d: %s %s", n+1, f.Name, f.value(f.Median))
		}
		runtime.GC() // the load's own garbage is not the next run's
	}
	return all, nil
}
