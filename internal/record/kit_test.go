package record_test

import (
	"context"
	"fmt"
	"testing"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/record/tree"
	"keyback/internal/seal"
)

const origin = "example.org/record"

// step is what the tests record.
type step struct {
	Said string `json:"said"`
}

// keys are what a record needs besides its database.
type keys struct {
	signer *record.Signer
	wrap   seal.Key
}

func newKeys(t testing.TB) keys {
	t.Helper()
	signer, err := record.NewSigner(origin)
	if err != nil {
		t.Fatal(err)
	}
	return keys{signer, seal.New()}
}

func (k keys) log(d *db.DB) *record.Log {
	return record.New(record.Options{DB: d, Signer: k.signer, Wrap: k.wrap})
}

func open(t testing.TB, d *db.DB) *record.Log {
	t.Helper()
	return newKeys(t).log(d)
}

func entry(recovery, party, said string) record.Entry {
	return record.Entry{Recovery: recovery, Party: party, Kind: "said", Payload: step{said}}
}

func append1(t testing.TB, d *db.DB, l *record.Log, e record.Entry) {
	t.Helper()
	update(t, d, func(tx *db.Tx) error { return l.Append(tx, e) })
}

// fill appends n leaves over a few recoveries, in transactions of many.
func fill(t testing.TB, d *db.DB, l *record.Log, n int) {
	t.Helper()
	for first := 0; first < n; first += 100 {
		update(t, d, func(tx *db.Tx) error {
			for i := first; i < min(first+100, n); i++ {
				e := entry(fmt.Sprintf("rec_%d", i%7), []string{record.Claimant, record.Holder}[i%2], fmt.Sprintf("word %d", i))
				if err := l.Append(tx, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func update(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func checkpoint(t testing.TB, l *record.Log) record.Checkpoint {
	t.Helper()
	c, err := l.Checkpoint(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verify(t testing.TB, l *record.Log, size int64, known ...tree.Checkpoint) {
	t.Helper()
	n, err := l.Verify(context.Background(), known...)
	if err != nil {
		t.Fatal(err)
	}
	if n != size {
		t.Fatalf("%d leaves are in the tree, want %d", n, size)
	}
}

func leaves(t testing.TB, l *record.Log, recovery, party string) []record.Leaf {
	t.Helper()
	got, err := l.Leaves(context.Background(), recovery, party)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
