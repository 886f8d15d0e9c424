package mail

import (
	"database/sql"
	"errors"
	"time"

	"keyback/internal/db"
	"keyback/internal/fault"
)

const (
	columns = `mail_message.id, mail_message.message_id, mail_message.kind, mail_message.lane, mail_message.ref, mail_message.party, mail_message.address,
		mail_message.created, mail_message.expires, mail_message.due, mail_message.attempts, mail_message.state`
	trailColumns = `mail_trail.class, mail_trail.attempt, mail_trail.at, mail_trail.host, mail_trail.tls, mail_trail.code, mail_trail.enhanced, mail_trail.text, mail_trail.next`
)

type row interface{ Scan(dest ...any) error }

// scan reads columns, and what stands before or behind them in the row.
func (m *Message) scan(r row, before *int64, behind ...any) error {
	var created, expires, due int64
	var state string
	dest := make([]any, 0, 24)
	if before != nil {
		dest = append(dest, before)
	}
	dest = append(dest, &m.ID, &m.MessageID, &m.Kind, &m.Lane, &m.Ref, &m.Party, &m.Address, &created, &expires, &due, &m.Attempts, &state)
	err := r.Scan(append(dest, behind...)...)
	m.Created, m.Expires, m.Due, m.State = db.Time(created), db.Time(expires), db.Time(due), parseClass(state)
	return err
}

// Get finds a message; fault.NotFound if there is none.
func Get(tx *db.Tx, id string) (Message, error) {
	var m Message
	err := m.scan(tx.QueryRow(`SELECT `+columns+` FROM mail_message WHERE id = $1`, id), nil)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "There is no such message.")
	}
	return m, err
}

// ByRef gives all messages of a recovery, the newest first.
func ByRef(tx *db.Tx, ref string) ([]Message, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM mail_message WHERE ref = $1 ORDER BY created DESC, id DESC`, ref)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Message
	for rows.Next() {
		var m Message
		if err := m.scan(rows, nil); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// Trail gives what happened to a message, the oldest first.
func Trail(tx *db.Tx, id string) ([]Outcome, error) {
	rows, err := tx.Query(`SELECT `+trailColumns+` FROM mail_trail WHERE message = $1 ORDER BY attempt, at`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var trail []Outcome
	for rows.Next() {
		var r trailRow
		if err := rows.Scan(r.dest()...); err != nil {
			return nil, err
		}
		trail = append(trail, r.outcome())
	}
	return trail, rows.Err()
}

// Latest gives the newest message of a recovery's own lane with its trail, in one
// statement: a page reads it each second. Notices that name the same recovery are
// passed over, because whoever opened that page need not know that they exist.
// fault.NotFound if there is none.
func Latest(tx *db.Tx, ref string) (Message, []Outcome, error) {
	rows, err := tx.Query(`SELECT `+columns+`, `+trailColumns+` FROM mail_message LEFT JOIN mail_trail ON mail_trail.message = mail_message.id
		WHERE mail_message.id = (SELECT id FROM mail_message WHERE ref = $1 AND lane = 0 ORDER BY created DESC, id DESC LIMIT 1)
		ORDER BY mail_trail.attempt, mail_trail.at`, ref)
	if err != nil {
		return Message{}, nil, err
	}
	defer rows.Close()
	var m Message
	var trail []Outcome
	for rows.Next() {
		var r trailRow
		if err := m.scan(rows, nil, r.dest()...); err != nil {
			return Message{}, nil, err
		}
		if r.class.Valid {
			trail = append(trail, r.outcome())
		}
	}
	if err := rows.Err(); err != nil {
		return Message{}, nil, err
	}
	if m.ID == "" {
		return Message{}, nil, fault.New(fault.NotFound, "There is no such message.")
	}
	return m, trail, nil
}

// trailRow is a row of mail_trail, or the nulls of a message that has none yet.
type trailRow struct {
	class, host, tls, enhanced, text sql.NullString
	attempt, at, code, next          sql.NullInt64
}

func (r *trailRow) dest() []any {
	return []any{&r.class, &r.attempt, &r.at, &r.host, &r.tls, &r.code, &r.enhanced, &r.text, &r.next}
}

func (r *trailRow) outcome() Outcome {
	return Outcome{
		Class: parseClass(r.class.String), Attempt: int(r.attempt.Int64), At: db.Time(r.at.Int64), Host: r.host.String, TLS: r.tls.String,
		Code: int(r.code.Int64), Enhanced: r.enhanced.String, Text: r.text.String, Next: db.Time(r.next.Int64),
	}
}

// Backlog is what waits in the table.
type Backlog struct {
	Due    int64     // messages whose attempt is due, those in hand included
	Later  int64     // messages whose next attempt is planned for later
	Oldest time.Time // the earliest due time of those due, zero if none
}

// Waiting counts the open messages. One statement over the open ones alone.
func Waiting(tx *db.Tx) (b Backlog, err error) {
	var oldest int64
	err = tx.QueryRow(`SELECT COALESCE(SUM(CASE WHEN due <= $1 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN due > $1 THEN 1 ELSE 0 END), 0), COALESCE(MIN(due), 0)
		FROM mail_message WHERE ready > 0`, db.Micros(tx.Now())).Scan(&b.Due, &b.Later, &oldest)
	if b.Due > 0 {
		b.Oldest = db.Time(oldest)
	}
	return b, err
}
