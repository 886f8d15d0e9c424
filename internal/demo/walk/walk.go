// Package walk goes the way of a person who has lost an account, step by step,
// against a whole server that runs: over HTTP with a browser that knows nothing but
// the pages it is given, and over SMTP with the mail that arrives.
//
// Each step checks what mission.md says must hold, and the record is recomputed
// after it. The first that does not hold ends the walk.
package walk

import (
	"context"
	"fmt"
	"io"
	"time"

	"keyback/internal/smtpsink"
)

// Options of a walk. All but Patience are needed. The server must have Acme's
// people as they begin, and limits that let a walk through.
type Options struct {
	Keyback, Acme string                                // where they are
	Sink          *smtpsink.Sink                        // where all mail arrives
	Skip          func(time.Duration)                   // moves the server's clock on
	Seal          func(context.Context) (string, error) // recomputes the record; its newest seal
	Out           io.Writer
	Patience      time.Duration // with a mail or a live page; 10 s when zero
}

// step is one of the eighteen, or a part of one. It returns what it checked, and a
// line to show under that, if any.
type step struct {
	n    int
	walk func(*walker) (checked, shown string)
}

var steps = []step{
	{3, enterAddress}, {4, checkEmail}, {5, followLink}, {6, resetPassword}, {7, confirmation}, {7, stopIt}, {8, testPassword},
}

// Walk walks, and writes a line a step: "ok N what was checked", or "fail N why",
// which is also the error.
func Walk(ctx context.Context, o Options) error {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	w := &walker{Options: o, ctx: ctx, people: map[string]*Visitor{}}
	began := time.Now()
	var seal string
	for _, s := range steps {
		checked, shown := s.walk(w)
		if w.err == nil {
			seal, w.err = o.Seal(ctx)
		}
		if w.err != nil {
			err := fmt.Errorf("fail %d %w", s.n, w.err)
			fmt.Fprintln(o.Out, err)
			return err
		}
		fmt.Fprintf(o.Out, "ok %d %s · seal %s\n", s.n, checked, seal)
		if shown != "" {
			fmt.Fprintln(o.Out, "    ", shown)
		}
	}
	fmt.Fprintf(o.Out, "Steps 3 to 8 hold: %d mails over SMTP, %.1f s, the record checks with seal %s\n",
		o.Sink.Count(), time.Since(began).Seconds(), seal)
	return nil
}
