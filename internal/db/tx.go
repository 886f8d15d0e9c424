package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Tx is one transaction, valid only while the function that got it runs. It is
// not safe for concurrent use.
type Tx struct {
	ctx    context.Context
	conn   querier
	engine Engine
	now    time.Time
	read   bool     // a view
	single bool     // of one statement
	used   bool     // and that was run
	dirty  bool     // something was written, so that leaving means rolling back
	failed error    // the first statement that failed
	open   []closer // rows still open
	after  []func()
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type closer interface{ Close() error }

var (
	errEnded    = errors.New("db: the transaction is over")
	errReadOnly = errors.New("db: a view cannot write")
	errSecond   = errors.New("db: a look is one statement: take View for more")
)

// Exec runs a statement that returns no rows and says how many it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := tx.usable(query); err != nil {
		return 0, err
	}
	res, err := tx.conn.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, tx.fail(err)
	}
	n, err := res.RowsAffected()
	return n, tx.fail(err)
}

// Query runs a statement that returns rows. They are closed with the transaction
// at the latest.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if err := tx.usable(query); err != nil {
		return nil, err
	}
	rows, err := tx.conn.QueryContext(tx.ctx, query, args...)
	if err != nil {
		return nil, tx.fail(err)
	}
	tx.open = append(tx.open, rows)
	return rows, nil
}

// QueryRow runs a statement that returns at most one row; no row is sql.ErrNoRows
// when it is scanned.
func (tx *Tx) QueryRow(query string, args ...any) Row {
	if err := tx.usable(query); err != nil {
		return Row{tx: tx, err: err}
	}
	return Row{tx: tx, row: tx.conn.QueryRowContext(tx.ctx, query, args...)}
}

// Row is the answer to QueryRow.
type Row struct {
	tx  *Tx
	row *sql.Row
	err error
}

// Scan copies the row's columns; sql.ErrNoRows says that there was none.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return r.tx.fail(err)
}

// Now is the transaction's time: frozen, UTC, whole microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// AfterCommit keeps fn until the transaction is committed. fn runs once, in the
// goroutine that called Update, in the order given; never if the update fails.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// SkipLocked ends a sub-select that claims rows which other nodes may be claiming
// too. SQLite has one writer and needs no such words.
func (tx *Tx) SkipLocked() string {
	if tx.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

func (tx *Tx) usable(query string) error {
	switch {
	case tx.conn == nil:
		return errEnded
	case tx.failed != nil:
		return tx.failed
	case tx.single && tx.used:
		return tx.fail(errSecond)
	case reads(query):
		tx.used = true
		return nil
	case tx.read:
		return tx.fail(errReadOnly)
	}
	tx.dirty = true
	return nil
}

// reads says whether a statement is a plain SELECT.
func reads(query string) bool {
	q := strings.TrimLeft(query, " \t\r\n")
	return len(q) >= 6 && strings.EqualFold(q[:6], "select")
}

func (tx *Tx) fail(err error) error {
	if err != nil && tx.failed == nil {
		tx.failed = err
	}
	return err
}

// end closes what the function left open and makes the Tx useless.
func (tx *Tx) end() {
	for _, rows := range tx.open {
		_ = rows.Close() // its error, if any, is the statement's own
	}
	tx.open, tx.conn = nil, nil
}

func (tx *Tx) committed() {
	for _, fn := range tx.after {
		fn()
	}
}
