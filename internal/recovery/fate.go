package recovery

import (
	"fmt"
	"strings"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/record"
)

// mailed is the leaf of a mail's end.
type mailed struct {
	Kind  string `json:"kind"`
	Class string `json:"class"`
	Host  string `json:"host,omitempty"`
}

// Fate notes what became of a mail: from its acceptance on, link and code live for
// TokenLife. Known and unknown leave the same leaf.
func (s *Service) Fate(tx *db.Tx, m mail.Message, o mail.Outcome) error {
	if !o.Class.Final() {
		return nil
	}
	if arms(m, o) {
		if _, err := tx.Exec(armSQL, m.Ref, m.ID, armed(o)); err != nil {
			return err
		}
	}
	return s.o.Record.Append(tx, fateLeaf(m, o))
}

// Fates is Fate for many mails, in three statements for sixteen.
func (s *Service) Fates(tx *db.Tx, all []*mail.Settlement) error {
	var arming []any
	var leaves []record.Entry
	for _, t := range all {
		if !t.Outcome.Class.Final() {
			continue
		}
		if arms(t.Message, t.Outcome) {
			arming = append(arming, t.Message.Ref, t.Message.ID, armed(t.Outcome))
		}
		leaves = append(leaves, fateLeaf(t.Message, t.Outcome))
	}
	for ; len(arming) >= 3*armMost; arming = arming[3*armMost:] {
		if _, err := tx.Exec(armManySQL, arming[:3*armMost]...); err != nil {
			return err
		}
	}
	for ; len(arming) > 0; arming = arming[3:] {
		if _, err := tx.Exec(armSQL, arming[:3]...); err != nil {
			return err
		}
	}
	return s.o.Record.AppendAll(tx, leaves)
}

// arms says whether a mail's acceptance begins the life of a link and code.
func arms(m mail.Message, o mail.Outcome) bool {
	return m.Kind == kindRecover && o.Class == mail.Accepted
}

// armed is when that life ends.
func armed(o mail.Outcome) int64 { return db.Micros(o.At.Add(TokenLife)) }

func fateLeaf(m mail.Message, o mail.Outcome) record.Entry {
	return record.Entry{Recovery: m.Ref, Party: m.Party, Kind: "mail", Payload: mailed{m.Kind, o.Class.String(), o.Host}}
}

const armSQL = `UPDATE recovery SET version = version + 1, token_until = $3 WHERE id = $1 AND message = $2 AND token_until = 0`

// armMost is how many recoveries one statement arms.
const armMost = 16

var armManySQL = func() string {
	rows := make([]string, armMost)
	for i := range rows {
		rows[i] = fmt.Sprintf("(CAST($%d AS TEXT), CAST($%d AS TEXT), CAST($%d AS BIGINT))", 3*i+1, 3*i+2, 3*i+3)
	}
	return `UPDATE recovery SET version = recovery.version + 1, token_until = v.column3 FROM (VALUES ` + strings.Join(rows, ", ") + `) AS v
	WHERE recovery.id = v.column1 AND recovery.message = v.column2 AND recovery.token_until = 0`
}()
