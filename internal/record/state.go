package record

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"keyback/internal/db"
	"keyback/internal/record/tree"
)

// Checkpoint is a signed state of the record.
type Checkpoint struct {
	tree.Checkpoint
	Note   string    // the signed note: text, blank line, signature lines
	Signed time.Time // by the clock of the node that signed; not part of the note
}

// state is the row of record_tree.
type state struct {
	version int64
	size    int64
	edge    []byte
	note    string
	signed  int64
}

const readState = `SELECT version, size, edge, note, signed FROM record_tree WHERE id = 1`

// takeState also locks the row to the end of the transaction.
const takeState = `UPDATE record_tree SET version = version + 1 WHERE id = 1 RETURNING version, size, edge, note, signed`

func scanState(row db.Row) (s state, err error) {
	err = row.Scan(&s.version, &s.size, &s.edge, &s.note, &s.signed)
	if err != nil {
		err = fmt.Errorf("record: the tree's state: %w", err)
	}
	return s, err
}

// open checks a state, signature and root, unless this node has checked the very same before.
// A record that nothing was ever added to has no note yet and gets its first one here.
func (l *Log) open(s state) (tree.Edge, Checkpoint, error) {
	edge, err := tree.ParseEdge(s.size, s.edge)
	if err != nil {
		return tree.Edge{}, Checkpoint{}, altered(err)
	}
	if s.size == 0 && s.note == "" {
		c, err := l.sign(&edge, time.UnixMicro(s.signed).UTC())
		return edge, c, err
	}
	c, err := l.openNote(s.note, s.signed)
	if err != nil {
		return tree.Edge{}, Checkpoint{}, err
	}
	if old := l.checked.Load(); old != nil && old.size == s.size && old.note == s.note && bytes.Equal(old.edge, s.edge) {
		return edge, c, nil
	}
	if c.Size != s.size || c.Root != edge.Root() {
		return tree.Edge{}, Checkpoint{}, altered(fmt.Errorf("the edge of the tree (%d leaves) is not that of its checkpoint (%d leaves, %s)", s.size, c.Size, c.Seal()))
	}
	l.checked.Store(&s)
	return edge, c, nil
}

// openNote checks a stored checkpoint by itself.
func (l *Log) openNote(signed string, at int64) (Checkpoint, error) {
	if old := l.checked.Load(); old != nil && old.note == signed {
		c, err := tree.ParseCheckpoint(textOf(signed))
		return Checkpoint{Checkpoint: c, Note: signed, Signed: db.Time(at)}, err
	}
	c, err := tree.Open([]byte(signed), l.known)
	if err != nil {
		return Checkpoint{}, altered(err)
	}
	if c.Origin != l.o.Origin {
		return Checkpoint{}, altered(fmt.Errorf("a checkpoint of another record, %q instead of %q", c.Origin, l.o.Origin))
	}
	return Checkpoint{Checkpoint: c, Note: signed, Signed: db.Time(at)}, nil
}

// textOf is the part of a checked note that is signed.
func textOf(signed string) string {
	text, _, _ := bytes.Cut([]byte(signed), []byte("\n\n"))
	return string(text) + "\n"
}

func (l *Log) sign(edge *tree.Edge, at time.Time) (Checkpoint, error) {
	c := tree.Checkpoint{Origin: l.o.Origin, Size: edge.Size(), Root: edge.Root()}
	signed, err := tree.Sign(c, l.o.Signer)
	if err != nil {
		return Checkpoint{}, errors.Join(errors.New("record: sign checkpoint"), err)
	}
	return Checkpoint{Checkpoint: c, Note: string(signed), Signed: at}, nil
}
