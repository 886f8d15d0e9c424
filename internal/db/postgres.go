package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"keyback/internal/fault"
)

// openPostgres opens two pools. Whoever reads must not stand in line behind those
// who wait for a commit to reach the disk: under a rush of starts their mails would
// otherwise stay behind by all that the starts are faster.
func (d *DB) openPostgres(o Options) (err error) {
	d.engine = Postgres
	conns := o.Conns
	if conns == 0 {
		conns = 16
	}
	readers := max(1, conns/4)
	if d.pool, err = postgresPool(o.URL, readers); err != nil {
		return err
	}
	d.writes, err = postgresPool(o.URL, max(1, conns-readers))
	return err
}

func postgresPool(address string, conns int) (*sql.DB, error) {
	plain, err := openDriver("pgx", address)
	if err != nil {
		return nil, err
	}
	defer plain.Close() //nolint:errcheck // it has opened nothing yet
	pool := sql.OpenDB(steady{connector{plain.Driver(), address}})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

// steady opens connections on which a statement is planned to use its index from the
// first. A plan is kept for the life of a connection; one made while a table is still
// empty would read the whole of it ever after, or until it is next analysed. What has
// no index is read whole all the same, and looks so dear that jit must not join in.
type steady struct{ connector }

func (c steady) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	for _, set := range []string{"SET enable_seqscan = off", "SET jit = off"} {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, set, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

const retries = 10

// updatePostgres runs fn until it commits, as long as what stops it is another
// transaction's fault.
func (d *DB) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	for try := 0; ; try++ {
		err := d.once(ctx, d.writes, fn, sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if !collided(err) {
			return err
		}
		if try == retries {
			return fault.New(fault.Unavailable, "Too much happened at once. Try again.").Because(err)
		}
		// Two that collide must not meet again at once.
		time.Sleep(time.Duration(rand.Int64N(int64(time.Millisecond) << try))) //nolint:gosec // jitter is no secret
	}
}

func (d *DB) viewPostgres(ctx context.Context, fn func(*Tx) error) error {
	return d.once(ctx, d.pool, fn, sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

func (d *DB) once(ctx context.Context, pool *sql.DB, fn func(*Tx) error, o sql.TxOptions) error {
	inner, err := pool.BeginTx(ctx, &o)
	if err != nil {
		return unavailable("begin", err)
	}
	defer inner.Rollback() //nolint:errcheck // does nothing after a commit
	tx := &Tx{ctx: ctx, conn: inner, engine: Postgres, now: d.Now(), read: o.ReadOnly}
	if err := within(tx, fn); err != nil {
		return err
	}
	if err := inner.Commit(); err != nil {
		if collided(err) {
			return err
		}
		return unavailable("commit", err)
	}
	tx.committed()
	return nil
}

// collided says whether PostgreSQL asks to run the transaction again:
// serialization_failure or deadlock_detected.
func collided(err error) bool {
	var state interface{ SQLState() string }
	if !errors.As(err, &state) {
		return false
	}
	return state.SQLState() == "40001" || state.SQLState() == "40P01"
}
