package db

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"keyback/internal/fault"
)

// writer is the one writer of an SQLite database and its group commit.
//
// It takes an update, runs it, drains what else has come meanwhile (at most
// groupMax, never a timer), and commits once for all: a lone update waits for
// nobody, and under load one fsync serves many.
//
// A member runs in the goroutine that called Update, when the writer gives it the
// turn; so a panic or runtime.Goexit in it unwinds where it belongs. There are no
// savepoints: a member that fails after it wrote, panics or loses the transaction
// takes the whole group with it, and the others run again without it. Since each
// round loses a member, that ends. A member that fails hears of it when the group is
// over: what made it fail may have been another's change that was not committed yet.
type writer struct {
	pool  *sql.DB // of the one connection
	conn  *sql.Conn
	now   func() time.Time
	queue chan *member
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
	err   error // of closing; read after done
}

const groupMax = 64

// member is one Update that waits or runs.
type member struct {
	turns chan turn
	ran   chan error
	tx    *Tx
}

// failure is a member that is out of its group, and why.
type failure struct {
	member *member
	err    error
}

// turn tells a member to run in tx, or, without tx, that it is over.
type turn struct {
	tx  *Tx
	err error
}

var (
	errGone   = errors.New("db: the update panicked")
	errClosed = fault.New(fault.Unavailable, "Our records are being closed.")
)

func newWriter(ctx context.Context, c connector, now func() time.Time) (*writer, error) {
	pool := sql.OpenDB(c)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	w := &writer{
		pool: pool, conn: conn, now: now,
		queue: make(chan *member, groupMax), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

func (w *writer) update(ctx context.Context, fn func(*Tx) error) error {
	m := &member{turns: make(chan turn), ran: make(chan error)}
	select {
	case w.queue <- m:
	case <-w.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		var t turn
		select {
		case t = <-m.turns:
		case <-w.done:
			return errClosed
		}
		if t.tx == nil {
			if t.err == nil {
				m.tx.committed()
			}
			return t.err
		}
		m.tx = t.tx
		m.run(ctx, fn)
	}
}

// run runs the member in its caller's goroutine and tells the writer how it went,
// also when fn never returns.
func (m *member) run(ctx context.Context, fn func(*Tx) error) {
	err := errGone
	defer func() { m.ran <- err }()
	if err = ctx.Err(); err != nil { // its caller left while it waited
		return
	}
	err = errGone
	err = within(m.tx, fn)
}

func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case m := <-w.queue:
			w.group(m)
		case <-w.stop:
			for {
				select {
				case m := <-w.queue:
					w.group(m)
				default:
					w.err = errors.Join(w.conn.Close(), w.pool.Close())
					return
				}
			}
		}
	}
}

// group runs a member and those who came meanwhile, and commits them.
func (w *writer) group(first *member) {
	ctx := context.Background()
	members := []*member{first}
	var failed []failure
	defer func() {
		for _, f := range failed {
			f.member.turns <- turn{err: f.err}
		}
	}()
	if err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		finish(members, unavailable("begin", err))
		return
	}
	for i := 0; i < len(members) || w.another(&members); i++ {
		m := members[i]
		tx := &Tx{ctx: ctx, conn: w.conn, engine: SQLite, now: w.now().UTC().Truncate(time.Microsecond)}
		m.turns <- turn{tx: tx}
		err := <-m.ran
		if err == nil {
			continue
		}
		members = append(members[:i], members[i+1:]...)
		i--
		if !errors.Is(err, errGone) {
			failed = append(failed, failure{m, err})
		}
		if !tx.dirty {
			continue // it only read: nothing of it has to be taken back
		}
		_ = w.exec(ctx, "ROLLBACK") // fails where the transaction is lost already
		if len(members) == 0 && !w.another(&members) {
			return
		}
		if err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			finish(members, unavailable("begin again", err))
			return
		}
		i = -1
	}
	if err := w.exec(ctx, "COMMIT"); err != nil {
		_ = w.exec(ctx, "ROLLBACK")
		finish(members, unavailable("commit", err))
		return
	}
	finish(members, nil)
}

// another takes one more member that waits already, if the group has room.
func (w *writer) another(members *[]*member) bool {
	if len(*members) >= groupMax {
		return false
	}
	select {
	case m := <-w.queue:
		*members = append(*members, m)
		return true
	default:
		return false
	}
}

func finish(members []*member, err error) {
	for _, m := range members {
		m.turns <- turn{err: err}
	}
}

func (w *writer) exec(ctx context.Context, query string) error {
	_, err := w.conn.ExecContext(ctx, query)
	return err
}

func (w *writer) close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.done
	return w.err
}
