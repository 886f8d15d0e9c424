// Package credential makes, judges and hashes passwords.
//
// What it promises:
//
//   - A password is hashed by argon2id over HMAC-SHA256(pepper, NFC(password)):
//     19 MiB, two passes, one lane at least (OWASP; NIST SP 800-63B-4 §3.1.1.2).
//     The pepper lives outside the database, so a stolen table alone is worth
//     nothing to guess at.
//   - Hashing is bounded: so many at once, so many waiting, and the next is told to
//     come back. Memory never grows with the number of people at the door.
//   - An account that does not exist costs the same time as one that does (Spend).
//   - Check refuses by the rules of 63B-4 §3.1.1.2 alone: length, a blocklist, the
//     breached set, what is known of the account. No composition rules.
//
// No password is ever logged, nor quoted in an error.
package credential

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"runtime"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"keyback/internal/fault"
)

// Options say how passwords are hashed. The zero values are good but for Pepper;
// costs below the floor are raised to it.
type Options struct {
	Pepper  [32]byte // from the key file; all zero means none, and hashes say so
	Workers int      // hashes at once; GOMAXPROCS when zero
	Queue   int      // callers that may wait behind them; 64 a worker when zero
	Memory  uint32   // KiB a hash; at least 19 MiB, at most 64 MiB
	Passes  uint32   // at least 2
	Lanes   uint8    // at least 1
}

const (
	floorMemory = 19 << 10 // KiB
	floorPasses = 2
	saltSize    = 16
	sumSize     = 32
)

// Hasher hashes and verifies passwords. It is safe for concurrent use.
type Hasher struct {
	pepper []byte // nil without one
	now    params // what a new hash is made with
	gate   *gate
}

// New makes a Hasher.
func New(o Options) *Hasher {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Queue <= 0 {
		o.Queue = 64 * o.Workers
	}
	h := &Hasher{
		now: params{
			memory: min(max(o.Memory, floorMemory), ceilingMemory),
			passes: min(max(o.Passes, floorPasses), ceilingPasses),
			lanes:  min(max(o.Lanes, 1), ceilingLanes),
		},
		gate: newGate(o.Workers, o.Queue),
	}
	if o.Pepper != [32]byte{} {
		h.pepper = o.Pepper[:]
		h.now.key = pepperID(h.pepper)
	}
	return h
}

// Hash makes the text that a row keeps for a password: a PHC string that names its
// costs and the pepper. Where the queue is full it is fault.Unavailable with the
// time to wait; a cancelled ctx leaves the queue.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	p := phc{params: h.now, salt: make([]byte, saltSize)}
	rand.Read(p.salt) // never fails, by its contract
	err := h.gate.through(ctx, func() { p.sum = h.derive(p, password, sumSize) })
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// Verify says whether password is the one that encoded was made of; stale says
// that it is, and that the hash should be made anew with today's costs and pepper.
// An empty encoded, an account without a password, is never ok and costs the same.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (ok, stale bool, err error) {
	if encoded == "" {
		return false, false, h.Spend(ctx, password)
	}
	p, err := parsePHC(encoded)
	if err != nil {
		return false, false, broken(err)
	}
	if p.key != "" && p.key != h.now.key {
		return false, false, broken(errOtherPepper)
	}
	err = h.gate.through(ctx, func() {
		sum := h.derive(p, password, len(p.sum))
		ok = subtle.ConstantTimeCompare(sum, p.sum) == 1
		h.makeUp(p, password)
	})
	if err != nil {
		return false, false, err
	}
	return ok, ok && p.params != h.now, nil
}

// Spend takes the time of a Verify, and the same place in the queue, for an
// account that does not exist.
func (h *Hasher) Spend(ctx context.Context, password string) error {
	p := phc{params: h.now, salt: make([]byte, saltSize)}
	return h.gate.through(ctx, func() { h.derive(p, password, sumSize) })
}

// Busy tells how many hashes run and how many callers wait, for the metrics.
func (h *Hasher) Busy() (running, waiting int) { return h.gate.busy() }

func (h *Hasher) derive(p phc, password string, size int) []byte {
	secret := []byte(Normal(password))
	if p.key != "" {
		mac := hmac.New(sha256.New, h.pepper)
		mac.Write(secret)
		secret = mac.Sum(nil)
	}
	return argon2.IDKey(secret, p.salt, p.passes, p.memory, p.lanes, uint32(size))
}

// makeUp spends what an older, cheaper hash saved, so that the time does not tell
// an account with such a hash from one that does not exist. Time goes with memory
// times passes; the memory stays within today's. A dearer hash, which only an
// import brings, does tell until its holder has signed in.
func (h *Hasher) makeUp(old phc, password string) {
	missing := int64(h.now.memory)*int64(h.now.passes) - int64(old.memory)*int64(old.passes)
	if missing <= 0 {
		return
	}
	old.params = params{memory: uint32(missing / int64(h.now.passes)), passes: h.now.passes, lanes: h.now.lanes}
	h.derive(old, password, sumSize)
}

// Normal is the form in which a password is counted, judged and hashed: NFC, so
// that one word typed on two keyboards is one password.
func Normal(password string) string { return norm.NFC.String(password) }

// pepperID names a pepper without telling anything of it.
func pepperID(pepper []byte) string {
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte("keyback pepper id"))
	return b64.EncodeToString(mac.Sum(nil)[:6])
}

func broken(cause error) error {
	return fault.New(fault.Unavailable, "We cannot check this password just now. It is our fault, not yours.").
		Because(cause).
		Hint("restore the key file that these hashes were made with, or set the account a new password")
}
