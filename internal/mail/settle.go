package mail

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"keyback/internal/db"
)

// Settlement is an outcome on its way into the table.
type Settlement struct {
	Lease   Lease
	Outcome Outcome
	Due     time.Time // of the next attempt, for a deferral: Outcome.Next, or when the message expires

	// Settle fills these in.
	Message Message // as it stands after the outcome
	Stale   bool    // another settled it, or holds it now: nothing was written
}

// chunk is how many settlements one statement writes. Fewer are written one by
// one, so that there are two texts of SQL and no more.
const chunk = 16

// Settle writes what came of messages: their state and a row of each one's trail.
// Two statements for sixteen, or for one that is alone.
func Settle(tx *db.Tx, batch []*Settlement) error {
	for len(batch) >= chunk {
		if err := settleMany(tx, batch[:chunk]); err != nil {
			return err
		}
		batch = batch[chunk:]
	}
	for _, s := range batch {
		if err := settleOne(tx, s); err != nil {
			return err
		}
	}
	return nil
}

const settleSQL = `UPDATE mail_message SET state = $1, due = $2, ready = $3, attempts = attempts + $4, holder = '', fence = fence + 1
	WHERE id = $5 AND ready > 0 AND (fence = $6 OR $7 = 1) RETURNING attempts`

func settleOne(tx *db.Tx, s *Settlement) error {
	var attempts int
	err := tx.QueryRow(settleSQL, s.state()...).Scan(&attempts)
	s.settled(attempts, !errors.Is(err, sql.ErrNoRows))
	if s.Stale {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(trailOneSQL, s.trail()...)
	return err
}

func settleMany(tx *db.Tx, batch []*Settlement) error {
	args := make([]any, 0, chunk*10)
	for _, s := range batch {
		s.Stale = true
		args = append(args, s.state()...)
	}
	if err := settleRows(tx, batch, args); err != nil {
		return err
	}
	args = args[:0]
	for _, s := range batch {
		if !s.Stale {
			args = append(args, s.trail()...)
		}
	}
	if len(args) == chunk*10 {
		_, err := tx.Exec(trailManySQL, args...)
		return err
	}
	for ; len(args) > 0; args = args[10:] {
		if _, err := tx.Exec(trailOneSQL, args[:10]...); err != nil {
			return err
		}
	}
	return nil
}

func settleRows(tx *db.Tx, batch []*Settlement, args []any) error {
	rows, err := tx.Query(settleManySQL, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var attempts int
		if err := rows.Scan(&id, &attempts); err != nil {
			return err
		}
		for _, s := range batch {
			if s.Lease.Message.ID == id {
				s.settled(attempts, true)
			}
		}
	}
	return rows.Err()
}

func (s *Settlement) settled(attempts int, written bool) {
	s.Stale = !written
	s.Message = s.Lease.Message
	s.Message.Attempts, s.Message.State, s.Message.Due = attempts, s.Outcome.Class, s.due()
	o := &s.Outcome
	o.Attempt, o.Host, o.TLS, o.Enhanced, o.Text = attempts, clean(o.Host), clean(o.TLS), clean(o.Enhanced), clean(o.Text)
}

func (s *Settlement) due() time.Time {
	if s.Outcome.Class == Deferred {
		return s.Due
	}
	return s.Lease.Message.Due
}

// state gives the parameters of settleSQL.
func (s *Settlement) state() []any {
	ready := sql.NullInt64{Int64: db.Micros(s.Due), Valid: s.Outcome.Class == Deferred}
	tried, whoever := 1, 0
	switch s.Outcome.Class {
	case Expired, Dropped:
		tried = 0
	case Accepted:
		whoever = 1 // what a server took is never sent again
	}
	return []any{s.Outcome.Class.String(), db.Micros(s.due()), ready, tried, s.Lease.Message.ID, s.Lease.Fence, whoever}
}

// trail gives the parameters of a trail row.
func (s *Settlement) trail() []any {
	o := s.Outcome
	return []any{
		s.Lease.Message.ID, o.Attempt, o.Class.String(), db.Micros(o.At), o.Host, o.TLS, o.Code, o.Enhanced, o.Text, db.Micros(o.Next),
	}
}

// longest is how much of a remote's words a trail keeps: one line of RFC 5321.
const longest = 512

// clean makes a remote's words fit for any database: a reply that no row takes
// would hold up all outcomes behind it.
func clean(s string) string {
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
}

var (
	settleManySQL = `UPDATE mail_message SET state = v.column1, due = v.column2, ready = v.column3, attempts = mail_message.attempts + v.column4, holder = '', fence = mail_message.fence + 1
	FROM (VALUES ` + values(`(CAST($%d AS TEXT), CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS TEXT), CAST($%d AS BIGINT), CAST($%d AS BIGINT))`, 7, chunk) + `) AS v
	WHERE mail_message.id = v.column5 AND mail_message.ready > 0 AND (mail_message.fence = v.column6 OR v.column7 = 1) RETURNING id, attempts`

	trailSQL     = `INSERT INTO mail_trail (message, attempt, class, at, host, tls, code, enhanced, text, next) VALUES `
	trailOneSQL  = trailSQL + values(`($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)`, 10, 1)
	trailManySQL = trailSQL + values(`($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)`, 10, chunk)
)

// values numbers the parameters of n rows of a width.
func values(row string, width, n int) string {
	rows := make([]string, n)
	for i := range rows {
		numbers := make([]any, width)
		for j := range numbers {
			numbers[j] = i*width + j + 1
		}
		rows[i] = fmt.Sprintf(row, numbers...)
	}
	return strings.Join(rows, ", ")
}
