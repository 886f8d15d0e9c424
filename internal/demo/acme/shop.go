package acme

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// mostMisses is how many wrong passwords in a row lock an account.
const mostMisses = 10

// shop holds the accounts. Hashes are made and checked outside its mutex.
type shop struct {
	hasher Hasher
	now    func() time.Time

	mu       sync.Mutex
	accounts []*held
	changes  map[string]made // by the key that Keyback gave
}

// held is an account as the shop keeps it.
type held struct {
	Account
	hash      string
	recovered time.Time // until when it is treated with care
}

// made is a change that was asked for, and what became of it.
type made struct{ account, result string }

func newShop(h Hasher, now func() time.Time, accounts []Account) (*shop, error) {
	s := &shop{hasher: h, now: now, changes: map[string]made{}}
	for _, a := range accounts {
		hash, err := h.Hash(context.Background(), a.Password)
		if err != nil {
			return nil, fmt.Errorf("hashing the password of %s: %w", a.Name, err)
		}
		a.Password = ""
		if a.Protection == "" {
			a.Protection = "basic"
		}
		s.accounts = append(s.accounts, &held{Account: a, hash: hash})
	}
	return s, nil
}

// who names accounts: by id, by user name, or by a confirmed address.
type who struct{ id, name, address string }

// find gives copies of the accounts named.
func (s *shop) find(w who) []held {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []held
	for _, a := range s.accounts {
		if a.is(w) {
			found = append(found, *a)
		}
	}
	return found
}

func (a *held) is(w who) bool {
	switch {
	case w.id != "":
		return a.ID == w.id
	case w.name != "":
		return fold(a.Name) == fold(w.name)
	}
	for _, address := range a.Addresses {
		if !address.Confirmed.IsZero() && fold(address.Email) == fold(w.address) {
			return true
		}
	}
	return false
}

// fold lowers ASCII letters and nothing else. strings.EqualFold would take the
// Kelvin sign for a K, and so one person's address for another's.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// check says whether the password opens the one account named. Unknown, locked
// and frozen accounts are answered like a wrong password, after the same time.
func (s *shop) check(ctx context.Context, w who, password string) (held, bool, error) {
	found := s.find(w)
	if len(found) != 1 {
		return held{}, false, s.hasher.Spend(ctx, password)
	}
	right, _, err := s.hasher.Verify(ctx, found[0].hash, password)
	if err != nil {
		return held{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byID(found[0].ID)
	switch {
	case !right:
		a.Missed++
		return held{}, false, nil
	case a.lock() != "none" || a.frozen(s.now()) || a.hash != found[0].hash:
		return held{}, false, nil
	}
	a.Missed = 0
	return *a, true, nil
}

func (s *shop) byID(id string) *held {
	for _, a := range s.accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// lock is the word for what keeps the holder out.
func (a *held) lock() string {
	switch {
	case a.Locked:
		return "operator"
	case a.Missed >= mostMisses:
		return "failures"
	}
	return "none"
}

func (a *held) frozen(now time.Time) bool { return now.Before(a.Frozen) }

// change is what Keyback asks to be done to an account, as one act.
type change struct {
	key, account, password string
	unlock                 bool
	freeze, recovered      time.Time
}

// broken is a password rule of the shop's own that was broken.
type broken struct{ rule string }

func (b broken) Error() string { return b.rule }

var errOtherAccount = errors.New("that key was used for another account")

// apply makes a change, once for its key, and says "done" or "refused".
func (s *shop) apply(ctx context.Context, c change) (string, error) {
	hash := ""
	if c.password != "" {
		if strings.Contains(strings.ToLower(c.password), "acme") {
			return "", broken{"A password here cannot contain the word Acme."}
		}
		var err error
		if hash, err = s.hasher.Hash(ctx, c.password); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.changes[c.key]; ok {
		if before.account != c.account {
			return "", errOtherAccount
		}
		return before.result, nil
	}
	result := "refused"
	if a := s.byID(c.account); a != nil {
		a.apply(c, hash)
		result = "done"
	}
	s.changes[c.key] = made{c.account, result}
	return result, nil
}

func (a *held) apply(c change, hash string) {
	if hash != "" {
		a.hash = hash
	}
	if c.unlock {
		a.Missed = 0
	}
	if !c.freeze.IsZero() {
		a.Frozen = c.freeze
	}
	if !c.recovered.IsZero() {
		a.recovered = c.recovered
	}
}

// applied says what became of a change: "unknown" where nobody asked for it.
func (s *shop) applied(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.changes[key]; ok {
		return before.result
	}
	return "unknown"
}
