package httpdir

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"keyback/internal/account"
	"keyback/internal/policy"
)

// The requests. Call repeats the path, because the path is not signed.
type (
	query struct {
		Call    string `json:"call"`
		Address string `json:"address,omitempty"`
		Name    string `json:"name,omitempty"`
		ID      string `json:"id,omitempty"`
	}
	check struct {
		query
		Password string `json:"password"`
	}
	change struct {
		Call           string `json:"call"`
		Key            string `json:"key"`
		Account        string `json:"account"`
		Password       string `json:"password,omitempty"`
		Unlock         bool   `json:"unlock,omitempty"`
		FreezeUntil    string `json:"freeze_until,omitempty"`
		RecoveredUntil string `json:"recovered_until,omitempty"`
	}
	state struct {
		Call string `json:"call"`
		Key  string `json:"key"`
	}
	ended struct {
		Call    string `json:"call"`
		Account string `json:"account"`
	}
)

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// wireAccount is an account as the application describes it.
type wireAccount struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Addresses []struct {
		Email string     `json:"email"`
		Since *time.Time `json:"since"`
	} `json:"addresses"`
	Protection  string     `json:"protection"`
	Lock        string     `json:"lock"`
	Language    string     `json:"language"`
	FrozenUntil *time.Time `json:"frozen_until"`
}

var protections = map[string]policy.Protection{"basic": policy.Basic, "protected": policy.Protected, "guarded": policy.Guarded}

// account reads an account. An address that our own rule does not read is left
// out: nothing could be sent to it. Everything else that is not as the contract
// says makes the whole answer worthless, most of all a protection in a word that
// we do not know, which must never be taken for the weakest.
func (w wireAccount) account(now time.Time) (account.Account, error) {
	protection, known := protections[w.Protection]
	lock, isLock := account.ParseLock(w.Lock)
	switch {
	case !isID(w.ID):
		return account.Account{}, notUnderstood("an account's id is empty, longer than 128, or not printable ASCII")
	case len(w.Name) > 256 || !isLine(w.Name):
		return account.Account{}, notUnderstood(fmt.Sprintf("the name of account %s cannot be shown", w.ID))
	case !known:
		return account.Account{}, notUnderstood(fmt.Sprintf("the protection of account %s is none of basic, protected, guarded", w.ID))
	case !isLock:
		return account.Account{}, notUnderstood(fmt.Sprintf("the lock of account %s is none of none, failures, operator", w.ID))
	}
	a := account.Account{ID: account.ID(w.ID), Name: w.Name, Protection: protection, Lock: lock, Language: language(w.Language), FrozenUntil: value(w.FrozenUntil)}
	for _, address := range w.Addresses {
		if _, err := account.Canonical(address.Email); err != nil {
			continue
		}
		since := value(address.Since)
		a.Addresses = append(a.Addresses, account.Address{Email: address.Email, Since: since, Young: account.YoungAt(since, now)})
	}
	return a, nil
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func isID(id string) bool {
	return id != "" && len(id) <= 128 && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
}

// isLine says that a text is one line of characters that show, so that it may
// stand in a letter.
func isLine(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return r == unicode.ReplacementChar || !unicode.IsPrint(r)
	}) < 0
}

// language takes a BCP 47 tag and forgets anything else.
func language(tag string) string {
	if len(tag) > 35 {
		return ""
	}
	for _, r := range tag {
		if r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return ""
		}
	}
	return tag
}
