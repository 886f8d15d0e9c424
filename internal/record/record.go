// Package record keeps the tamper-evident history: what happened in every recovery, towards
// every party, as leaves of a Merkle tree whose checkpoints are signed by a key that is not
// in the database.
//
// What is durable, and when:
//
//   - Append writes inside the caller's transaction. When that commits, the leaf is committed,
//     numbered and encrypted, and so is the act it tells of: there is no act without its leaf
//     and no leaf without its act.
//   - The leaf is in the tree within a second after, as long as one node runs Run. Until then
//     somebody with the database can still remove it unseen, if they mend the counter too.
//   - When Checkpoint returns, every leaf committed before the call is in the tree, and the
//     signed checkpoint that says so is on disk, where Sealed finds it. Letters and pages that
//     cite a decision call it first.
//
// A batch of at most 256 leaves enters the tree in one transaction: the leaves leave
// record_pending, get positions, the tiles they fill are written, and the edge and the signed
// checkpoint are replaced. So a crash between any two statements leaves the tree as it was
// before the batch, the leaves pending, and nothing to mend. The signature is made before the
// commit: a checkpoint may have been signed and never stored, but it was shown to nobody, and
// the next batch begins from the stored one.
//
// The tree never forks. A batch first takes the one row of record_tree, reads from it all that
// it builds on, and at its end replaces it only at the version it took. The lease only spares
// nodes the waiting for each other; two that both believe to have it do no harm. A batch builds
// only on a checkpoint whose signature and root it has checked, so an altered edge is found,
// not signed.
//
// Numbers are counted by a row a recovery and party. Its lock is held to the end of the
// transaction that appends: a number is taken by whoever commits, rolled-back ones leave no
// gap, and leaf n is never visible before leaf n-1. Running a transaction's function again
// begins from the stored counter; each run draws its own nonces, so what the first run had
// encrypted shares none with what is stored.
//
// A thread (one recovery towards one party) has a random key, wrapped by the key outside the
// database. From it come the pseudonym, the salts and the encryption, so the leaves tell
// neither whose they are nor what they say, and neither party can count the other's. Erase
// destroys the key. Proofs stay valid, since they are over commitments; free pages, dead rows
// and backups of the database still hold the wrapped key until they are overwritten.
//
// What the record proves and what it does not: see docs/threats.md. Rolling everything back to
// an older signed state is found only by somebody who kept a newer checkpoint: give it to Verify.
package record

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/seal"
	"keyback/internal/token"
)

// Options of a Log. DB, Signer and Wrap are needed.
type Options struct {
	DB     *db.DB
	Signer *Signer         // signs checkpoints; from a key file
	Older  []note.Verifier // of keys that signed before this one
	Wrap   seal.Key        // wraps the keys of threads
	Origin string          // first line of checkpoints; the signer's name if empty
	Every  time.Duration   // how often Run looks for leaves that nobody rang for; 500 ms if zero
	Lease  time.Duration   // how long a node that vanished keeps others waiting; 2 s if zero
	Log    *slog.Logger    // of Run; slog's default if nil
}

// Log is the record of one database. Several, on several nodes, may share it.
type Log struct {
	o       Options
	known   note.Verifiers
	node    string
	wake    chan struct{}
	checked atomic.Pointer[state] // the newest state that this node has checked
}

// New makes a Log. It reads nothing yet.
func New(o Options) *Log {
	if o.Origin == "" {
		o.Origin = o.Signer.Name()
	}
	if o.Every == 0 {
		o.Every = 500 * time.Millisecond
	}
	if o.Lease == 0 {
		o.Lease = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Log{
		o:     o,
		known: note.VerifierList(append([]note.Verifier{o.Signer.Verifier}, o.Older...)...),
		node:  token.NewID("node"),
		wake:  make(chan struct{}, 1),
	}
}

// ErrAltered is in every error that says the stored record is not what was signed.
var ErrAltered = errors.New("the record was altered")

func altered(how error) error {
	return fault.New(fault.Unavailable, "The record does not check.").Because(errors.Join(ErrAltered, how)).
		Hint("keep a copy of the database as it is; compare it with a backup and with printed seals; or the signing key was changed without naming the older one")
}
