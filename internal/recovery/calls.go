package recovery

import (
	"context"
	"errors"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/policy"
	"keyback/internal/record"
)

// What a committed change can still owe the directory. Each call may be made twice.
const (
	callEndSessions = "end-sessions" // end the application's own sign-ins
	callFreeze      = "freeze"       // freeze the account there, too
	callAsk         = "ask"          // a change was stopped under way: was it made?
)

// call is one call to the directory that is still to be made.
type call struct {
	recovery string
	account  account.ID
	what     string
	until    time.Time
}

// owe notes a call in the transaction that makes it due. Whoever commits that makes
// it; if they crash, Run does.
func (h *handling) owe(what string, until time.Time) error {
	_, err := h.tx.Exec(`INSERT INTO recovery_call (recovery, account, what, until, due) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (recovery, account, what) DO UPDATE SET until = excluded.until, due = excluded.due`,
		h.row.id, string(h.account.ID), what, db.Micros(until), db.Micros(h.tx.Now().Add(policy.ClaimLife)))
	return err
}

// pay makes the calls that a recovery owes. What fails stays owed, and Run comes
// back to it.
func (s *Service) pay(ctx context.Context, id string) {
	calls, err := s.owed(ctx, id)
	for _, c := range calls {
		err = errors.Join(err, s.make(ctx, c))
	}
	if err != nil {
		s.o.Log.Warn("the directory did not take a call that is owed to it; it is made again", "recovery", id, "error", err)
	}
}

func (s *Service) owed(ctx context.Context, id string) (calls []call, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		calls = calls[:0]
		rows, err := tx.Query(`SELECT account, what, until FROM recovery_call WHERE recovery = $1 ORDER BY account, what`, id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c, until := call{recovery: id}, int64(0)
			if err := rows.Scan(&c.account, &c.what, &until); err != nil {
				return err
			}
			c.until = db.Time(until)
			calls = append(calls, c)
		}
		return rows.Err()
	})
	return calls, err
}

func (s *Service) make(ctx context.Context, c call) error {
	var err error
	made := account.Unknown
	switch c.what {
	case callEndSessions:
		if ender, ok := s.o.Directory.(account.SessionEnder); ok {
			err = ender.EndSessions(ctx, c.account)
		}
	case callFreeze:
		_, err = s.o.Directory.Change(ctx, account.Change{Key: "stop_" + c.recovery + "_" + string(c.account), Account: c.account, Freeze: c.until})
	case callAsk:
		made, err = s.o.Directory.Applied(ctx, c.recovery)
	}
	return errors.Join(err, s.o.DB.Update(ctx, func(tx *db.Tx) error {
		if err != nil {
			_, err := tx.Exec(`UPDATE recovery_call SET due = $4 WHERE recovery = $1 AND account = $2 AND what = $3`,
				c.recovery, string(c.account), c.what, db.Micros(tx.Now().Add(policy.ClaimLife)))
			return err
		}
		_, err := tx.Exec(`DELETE FROM recovery_call WHERE recovery = $1 AND account = $2 AND what = $3`, c.recovery, string(c.account), c.what)
		if err != nil || made != account.Done {
			return err
		}
		return s.leaf(tx, &row{id: c.recovery}, record.Holder, "made-before-stop", moved{Account: string(c.account)})
	}))
}
