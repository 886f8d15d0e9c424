package db

import (
	"context"
	"database/sql/driver"
	"errors"
)

// keptMax bounds the statements a connection keeps. Texts of SQL are constants, so
// there are as many as the program has.
const keptMax = 512

// connector opens connections that prepare a statement once and keep it by its
// text: parsing is half of what SQLite costs. PostgreSQL's driver does so itself.
type connector struct {
	driver driver.Driver
	dsn    string
}

func keeping(name, dsn string) (connector, error) {
	plain, err := openDriver(name, dsn)
	if err != nil {
		return connector{}, err
	}
	defer plain.Close() //nolint:errcheck // it has opened nothing yet
	return connector{plain.Driver(), dsn}, nil
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &keeper{Conn: inner, stmts: map[string]*stmt{}}, nil
}

// keeper is a connection with its kept statements.
type keeper struct {
	driver.Conn
	stmts map[string]*stmt
}

type stmt struct {
	driver.Stmt
	busy bool // rows of it are open: a second use at once gets one of its own
}

func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, done, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, done, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		done()
		return nil, err
	}
	return &keptRows{rows, done}, nil
}

// take gives the statement for a text and what to call when it is free again.
func (k *keeper) take(ctx context.Context, query string) (*stmt, func(), error) {
	if s, ok := k.stmts[query]; ok && !s.busy {
		s.busy = true
		return s, func() { s.busy = false }, nil
	}
	inner, err := k.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	s := &stmt{Stmt: inner, busy: true}
	if _, ok := k.stmts[query]; ok || len(k.stmts) == keptMax {
		return s, func() { _ = inner.Close() }, nil
	}
	k.stmts[query] = s
	return s, func() { s.busy = false }, nil
}

// BeginTx serves database/sql's own transactions, which only migrations use.
func (k *keeper) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return k.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

func (k *keeper) Close() error {
	var err error
	for _, s := range k.stmts {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, k.Conn.Close())
}

type keptRows struct {
	driver.Rows
	done func()
}

func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if r.done != nil {
		r.done()
		r.done = nil
	}
	return err
}
