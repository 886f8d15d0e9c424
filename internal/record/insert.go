package record

import (
	"fmt"
	"strings"

	"keyback/internal/db"
)

// Many rows a statement, in three sizes, since statements are kept by their text.
var inserts = []struct {
	rows int
	text string
}{{64, insertText(64)}, {8, insertText(8)}, {1, insertText(1)}}

func insertText(rows int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO record_leaf (position, thread, leaf, box) VALUES `)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
	}
	return b.String()
}

// insert writes leaves at positions from first on.
func insert(tx *db.Tx, first int64, leaves []pending) error {
	args := make([]any, 0, 4*inserts[0].rows)
	for _, ins := range inserts {
		for len(leaves) >= ins.rows {
			args = args[:0]
			for i := range leaves[:ins.rows] {
				p := &leaves[i]
				args = append(args, first, p.leaf.Thread[:], p.bytes, p.box)
				first++
			}
			if _, err := tx.Exec(ins.text, args...); err != nil {
				return fmt.Errorf("record: insert leaves: %w", err)
			}
			leaves = leaves[ins.rows:]
		}
	}
	return nil
}
