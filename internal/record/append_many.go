package record

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"

	"keyback/internal/db"
)

// many is how many leaves two statements add at once. Fewer are added one by one,
// so that there are few texts of SQL.
const many = 16

// AppendAll is Append for many entries, in two statements for sixteen of them. Those
// of one thread are numbered in the order given.
func (l *Log) AppendAll(tx *db.Tx, entries []Entry) error {
	for len(entries) >= many && apart(entries[:many]) {
		if err := l.appendMany(tx, entries[:many]); err != nil {
			return err
		}
		entries = entries[many:]
	}
	for _, e := range entries {
		if err := l.Append(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// apart says that no two entries are of one thread: a statement numbers each once.
func apart(entries []Entry) bool {
	seen := make(map[string]bool, len(entries))
	for _, e := range entries {
		thread := e.Party + " " + e.Recovery
		if seen[thread] {
			return false
		}
		seen[thread] = true
	}
	return true
}

func (l *Log) appendMany(tx *db.Tx, entries []Entry) error {
	payloads := make([][]byte, len(entries))
	for i, e := range entries {
		var err error
		if payloads[i], err = e.check(); err != nil {
			return err
		}
	}
	numbers, err := l.numberMany(tx, entries)
	if err != nil {
		return err
	}
	args := make([]any, 0, 4*len(entries))
	for i, e := range entries {
		p, err := numbers[i].seal(tx, e, payloads[i])
		if err != nil {
			return err
		}
		args = append(args, p.leaf.Thread[:], p.leaf.Number, p.bytes, p.box)
	}
	if _, err := tx.Exec(appendManySQL, args...); err != nil {
		return fmt.Errorf("record: append %d leaves: %w", len(entries), err)
	}
	tx.AfterCommit(l.ring)
	return nil
}

func (l *Log) numberMany(tx *db.Tx, entries []Entry) ([]numbered, error) {
	numbers := make([]numbered, len(entries))
	offers := make([][]byte, len(entries))
	args := make([]any, 0, 3*len(entries))
	at := make(map[[2]string]int, len(entries))
	for i, e := range entries {
		rand.Read(numbers[i].key[:])
		offers[i] = l.o.Wrap.Wrap(numbers[i].key[:], belonging(e.Recovery, e.Party))
		at[[2]string{e.Recovery, e.Party}] = i
		args = append(args, e.Recovery, e.Party, offers[i])
	}
	rows, err := tx.Query(numberManySQL, args...)
	if err != nil {
		return nil, fmt.Errorf("record: number %d leaves: %w", len(entries), err)
	}
	defer rows.Close()
	for rows.Next() {
		var recovery, party string
		var n int64
		var kept []byte
		if err := rows.Scan(&recovery, &party, &n, &kept); err != nil {
			return nil, fmt.Errorf("record: number %d leaves: %w", len(entries), err)
		}
		i, ok := at[[2]string{recovery, party}]
		if !ok {
			return nil, fmt.Errorf("record: a number came for %s, which had not asked", recovery)
		}
		numbers[i].number = n
		if !bytes.Equal(kept, offers[i]) {
			if numbers[i].key, err = l.unwrap(kept, recovery, party); err != nil {
				return nil, err
			}
		}
	}
	return numbers, rows.Err()
}

var (
	numberManySQL = `INSERT INTO record_thread (recovery, party, number, key) VALUES ` + groups("($%d, $%d, 1, $%d)", 3) + `
		ON CONFLICT (recovery, party) DO UPDATE SET number = record_thread.number + 1
		RETURNING recovery, party, number, key`
	appendManySQL = `INSERT INTO record_pending (thread, number, leaf, box) VALUES ` + groups("($%d, $%d, $%d, $%d)", 4)
)

// groups numbers the parameters of many rows.
func groups(row string, width int) string {
	all := make([]string, many)
	for i := range all {
		numbers := make([]any, width)
		for j := range numbers {
			numbers[j] = i*width + j + 1
		}
		all[i] = fmt.Sprintf(row, numbers...)
	}
	return strings.Join(all, ", ")
}
