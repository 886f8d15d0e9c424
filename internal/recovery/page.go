package recovery

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/mail"
	"keyback/internal/policy"
)

// Tick is how often a live page may change. What happened shows at whole ticks from
// the opening on, so that the page's own timing tells nothing.
const Tick = time.Second

// settling keeps what happened just before a tick for the next one: it may not be
// in the records yet.
const settling = 100 * time.Millisecond

// Page is what the browser that asked may see of its recovery.
type Page struct {
	ID    string
	Want  policy.Want
	Asked string // as typed
	Named bool   // a name was typed
	Quiet bool   // no live state is shown, whatever there is
	State policy.State
	// Overtaken is one that nobody objected to: its holder got in another way.
	Overtaken bool
	Opened    time.Time
	Sent      time.Time // of the newest mail
	Ended     time.Time
	// Steps are what became of the newest mail, the oldest first; empty where
	// nothing is shown or nothing happened by the last tick.
	Steps []mail.Outcome
	// Until is the end of code and link, zero while the mail is on its way.
	Until time.Time
	// Again is when the next mail may be asked for, zero if no more can be.
	Again time.Time
}

// See reads a recovery for the browser that asked. fault.NotFound is any other
// browser.
func (s *Service) See(ctx context.Context, id string, from Origin) (p Page, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		r, err := read(tx, id)
		if err != nil {
			return err
		}
		if string(r.browser) != string(s.browser(from.Browser)) {
			return errNoRecovery
		}
		p = r.page()
		if p.Quiet || p.Named || r.message == "" {
			return nil
		}
		m, trail, err := mail.Latest(tx, id)
		if err != nil || m.ID != r.message {
			return ignoreMissing(err)
		}
		p.Steps = shown(trail, LastTick(r.opened, tx.Now()))
		if n := len(p.Steps); n > 0 && p.Steps[n-1].Class == mail.Accepted {
			p.Until = p.Steps[n-1].At.Add(TokenLife)
		}
		return nil
	})
	return p, err
}

func (r *row) page() Page {
	p := Page{
		ID: r.id, Want: r.want, Asked: r.asked, Named: r.named, Quiet: r.quiet, State: r.state, Overtaken: r.overtaken(),
		Opened: r.opened, Sent: r.sent, Ended: r.ended,
	}
	if p.Sent.IsZero() {
		p.Sent = r.opened
	}
	if r.state == policy.Open && r.sends > 0 && r.sends < MaxSends {
		p.Again = r.sent.Add(ResendAfter)
	}
	return p
}

// overtaken: nobody said "this wasn't me", it only made way.
func (r *row) overtaken() bool { return r.state == policy.Stopped && !r.halted }

// shown are the outcomes that a page may show at a tick.
func shown(trail []mail.Outcome, tick time.Time) []mail.Outcome {
	for i, o := range trail {
		if o.At.After(tick.Add(-settling)) {
			return trail[:i]
		}
	}
	return trail
}

// LastTick is the last whole tick since a recovery was opened.
func LastTick(opened, now time.Time) time.Time {
	return opened.Add(now.Sub(opened).Truncate(Tick))
}

// Again opens a new recovery for what a pass was for, in the browser that holds
// the pass: the way on from a link that has run out.
func (s *Service) Again(ctx context.Context, sealed string, from Origin) (string, error) {
	p, ok := s.openPass(sealed)
	if !ok {
		return "", errPass
	}
	var r *row
	err := s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, p.Recovery); return err })
	if err != nil {
		return "", err
	}
	return s.Open(ctx, Start{Login: r.asked, Want: r.want, From: from, Returning: true})
}

var errUnfinished = fault.New(fault.NotFound, "There is nothing finished here.")

// Finished is a completed recovery for the browser whose pass completed it.
func (s *Service) Finished(ctx context.Context, sealed string) (d Done, err error) {
	p, ok := s.openPass(sealed)
	if !ok {
		return d, errUnfinished
	}
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		r, err := read(tx, p.Recovery)
		if err != nil {
			return err
		}
		if r.state != policy.Completed || string(r.pass) != string(s.o.Tokens.Hash("pass", p.Nonce)) {
			return errUnfinished
		}
		d = r.done()
		d.Shown = db.Time(p.Opened)
		return nil
	})
	return d, err
}

// Recovered says when the account was last recovered, zero where that is longer ago
// than RecoveredFor.
func (s *Service) Recovered(ctx context.Context, id account.ID) (at time.Time, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		var ended int64
		err := tx.QueryRow(`SELECT COALESCE(MAX(ended), 0) FROM recovery WHERE account = $1 AND account <> '' AND state = 'completed' AND ended > $2`,
			string(id), db.Micros(tx.Now().Add(-RecoveredFor))).Scan(&ended)
		at = db.Time(ended)
		return err
	})
	return at, err
}

// States counts the recoveries opened within a time, by state, for the metrics.
func (s *Service) States(ctx context.Context, within time.Duration) (n map[string]int64, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		n = map[string]int64{}
		rows, err := tx.Query(`SELECT state, count(*) FROM recovery WHERE opened > $1 GROUP BY state`, db.Micros(tx.Now().Add(-within)))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var state string
			var count int64
			if err := rows.Scan(&state, &count); err != nil {
				return err
			}
			n[state] = count
		}
		return rows.Err()
	})
	return n, err
}
