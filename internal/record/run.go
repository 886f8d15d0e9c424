package record

import (
	"context"
	"errors"
	"time"

	"keyback/internal/db"
)

// gather is how long Run waits after the first ring, so that leaves written one by one enter
// the tree together.
const gather = 100 * time.Millisecond

// Run sequences until ctx is done, then returns nil. It returns an error only where going on
// would sign over an altered record; everything else it logs and tries again. Run it on every
// node.
func (l *Log) Run(ctx context.Context) error {
	tick := time.NewTicker(l.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-l.wake:
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(gather):
			}
		}
		switch err := l.turn(ctx); {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrAltered):
			return err
		case err != nil:
			l.o.Log.ErrorContext(ctx, "record: sequencing failed and will be tried again", "error", err)
		}
	}
}

// turn sequences what is pending, if this node has the lease or can get it.
func (l *Log) turn(ctx context.Context) error {
	for {
		var act, renew bool
		err := l.o.DB.View(ctx, func(tx *db.Tx) (err error) {
			act, renew, err = l.due(tx)
			return err
		})
		if err != nil || !act {
			return err
		}
		var moved int
		err = l.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
			moved = 0
			if renew {
				if held, err := l.hold(tx); err != nil || !held {
					return err
				}
			}
			moved, _, err = l.batch(tx)
			return err
		})
		if err != nil || moved < batchMax {
			return err
		}
	}
}

// due says whether anything is pending and the lease is this node's or free, and whether it
// has to be written first. Nobody renews a lease over nothing.
func (l *Log) due(tx *db.Tx) (act, renew bool, err error) {
	var node string
	var until int64
	var waiting bool
	err = tx.QueryRow(`SELECT node, until, EXISTS (SELECT 1 FROM record_pending) FROM record_lease WHERE id = 1`).
		Scan(&node, &until, &waiting)
	now, lease := db.Micros(tx.Now()), l.o.Lease.Microseconds()
	mine := node == l.node && until <= now+lease
	fresh := mine && until > now+lease/2
	return waiting && (mine || free(until, now, lease)), !fresh, err
}

// free also where a lease ends later than any could: the clock was set back.
func free(until, now, lease int64) bool { return until <= now || until > now+lease }

// hold takes or renews the lease.
func (l *Log) hold(tx *db.Tx) (bool, error) {
	now, lease := db.Micros(tx.Now()), l.o.Lease.Microseconds()
	n, err := tx.Exec(`UPDATE record_lease SET node = $1, until = $2 WHERE id = 1 AND (node = $1 OR until <= $3 OR until > $2)`,
		l.node, now+lease, now)
	return n == 1, err
}
