package record

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"keyback/internal/db"
	"keyback/internal/record/tree"
)

// The parties of a recovery. Each has its own thread of it.
const (
	Claimant = "claimant"
	Holder   = "holder"
	Agent    = "agent"
	System   = "system"
)

// Entry is something that happened.
type Entry struct {
	Recovery string
	Party    string // whose history it belongs to
	Kind     string // 1 to 64 of a-z 0-9 . - ; readable by everybody who sees the leaf
	Payload  any    // a struct of what happened, kept as JSON, encrypted; nil is null
}

// MaxPayload bounds an entry's JSON.
const MaxPayload = 64 << 10

// Append adds a leaf to the transaction, with two statements. It is visible to Leaves as soon
// as the transaction commits, and in the tree within a second.
func (l *Log) Append(tx *db.Tx, e Entry) error {
	payload, err := e.check()
	if err != nil {
		return err
	}
	n, err := l.number(tx, e)
	if err != nil {
		return err
	}
	p, err := n.seal(tx, e, payload)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO record_pending (thread, number, leaf, box) VALUES ($1, $2, $3, $4)`,
		p.leaf.Thread[:], p.leaf.Number, p.bytes, p.box)
	if err != nil {
		return fmt.Errorf("record: append %q: %w", e.Kind, err)
	}
	tx.AfterCommit(l.ring)
	return nil
}

// check gives an entry's payload as JSON, or what is wrong with the entry.
func (e Entry) check() ([]byte, error) {
	payload, err := json.Marshal(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("record: payload of %q: %w", e.Kind, err)
	}
	switch {
	case len(payload) > MaxPayload:
		return nil, fmt.Errorf("record: the payload of %q has %d bytes, more than %d", e.Kind, len(payload), MaxPayload)
	case e.Recovery == "":
		return nil, fmt.Errorf("record: leaf %q of no recovery", e.Kind)
	case e.Party != Claimant && e.Party != Holder && e.Party != Agent && e.Party != System:
		return nil, fmt.Errorf("record: leaf %q for %q, who is no party", e.Kind, e.Party)
	}
	return payload, nil
}

// seal makes the leaf of an entry and locks its payload to it.
func (n numbered) seal(tx *db.Tx, e Entry, payload []byte) (p pending, err error) {
	p.leaf = tree.Leaf{
		Thread: n.key.thread(), Number: n.number, Time: tx.Now().UnixMicro(), Kind: e.Kind,
		Commitment: tree.Commit(n.key.salt(n.number), payload),
	}
	if p.bytes, err = p.leaf.Bytes(); err != nil {
		return p, err
	}
	p.box = n.key.lock(payload, p.bytes)
	return p, nil
}

// numbered is a thread's key with the number that was taken in it.
type numbered struct {
	key    threadKey
	number int64
}

// number takes the thread's next number. A thread's first leaf makes its key; which leaf is
// the first is known only afterwards, so each offers one.
func (l *Log) number(tx *db.Tx, e Entry) (n numbered, err error) {
	rand.Read(n.key[:])
	offered := l.o.Wrap.Wrap(n.key[:], belonging(e.Recovery, e.Party))
	var kept []byte
	err = tx.QueryRow(`INSERT INTO record_thread (recovery, party, number, key) VALUES ($1, $2, 1, $3)
		ON CONFLICT (recovery, party) DO UPDATE SET number = record_thread.number + 1
		RETURNING number, key`, e.Recovery, e.Party, offered).Scan(&n.number, &kept)
	if err != nil {
		return n, fmt.Errorf("record: number %q: %w", e.Kind, err)
	}
	if !bytes.Equal(kept, offered) {
		n.key, err = l.unwrap(kept, e.Recovery, e.Party)
	}
	return n, err
}

// ring wakes Run.
func (l *Log) ring() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}
