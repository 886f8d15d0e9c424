package acme

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// keyback answers the calls of docs/directory.md.
func (a *App) keyback() http.Handler {
	calls := http.NewServeMux()
	calls.HandleFunc("POST /keyback/find", a.call("find", a.keybackFind))
	calls.HandleFunc("POST /keyback/check", a.call("check", a.keybackCheck))
	calls.HandleFunc("POST /keyback/change", a.call("change", a.keybackChange))
	calls.HandleFunc("POST /keyback/change/state", a.call("change.state", a.keybackState))
	calls.HandleFunc("POST /keyback/sessions/end", a.call("sessions.end", a.keybackEnd))
	return calls
}

// asked is the body of any call; each call uses its fields.
type asked struct {
	Call           string    `json:"call"`
	Address        string    `json:"address"`
	Name           string    `json:"name"`
	ID             string    `json:"id"`
	Password       string    `json:"password"`
	Key            string    `json:"key"`
	Account        string    `json:"account"`
	Unlock         bool      `json:"unlock"`
	FreezeUntil    time.Time `json:"freeze_until"`
	RecoveredUntil time.Time `json:"recovered_until"`
}

func (q asked) who() who { return who{id: q.ID, name: q.Name, address: q.Address} }

// call verifies a request before anything else is done with it. The body must name
// the call, because the signature covers the body and not the path.
func (a *App) call(name string, answer func(*http.Request, asked) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			problem(w, http.StatusRequestEntityTooLarge, "The request is longer than 64 KiB.")
			return
		}
		if err := a.calls.verify(r.Header, body); err != nil {
			problem(w, http.StatusUnauthorized, "The request is not signed by Keyback, or came before.")
			return
		}
		var q asked
		if err := json.Unmarshal(body, &q); err != nil || q.Call != name {
			problem(w, http.StatusBadRequest, "The request is not the call "+name+".")
			return
		}
		got, err := answer(r, q)
		if err != nil {
			failed(w, err)
			return
		}
		write(w, http.StatusOK, "application/json", got)
	}
}

func failed(w http.ResponseWriter, err error) {
	var rule broken
	switch {
	case errors.As(err, &rule):
		write(w, http.StatusUnprocessableEntity, "application/problem+json", struct {
			Title string `json:"title"`
			Rule  string `json:"rule"`
		}{"The password breaks a rule.", rule.rule})
	case errors.Is(err, errOtherAccount):
		problem(w, http.StatusConflict, "That key was used for another account.")
	default:
		problem(w, http.StatusInternalServerError, "Something broke on our side.")
	}
}

func problem(w http.ResponseWriter, status int, title string) {
	write(w, status, "application/problem+json", struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
	}{title, status})
}

func write(w http.ResponseWriter, status int, kind string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever hung up does not read it
}

// described is an account as Keyback wants it.
type described struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Addresses   []confirmed `json:"addresses"`
	Protection  string      `json:"protection"`
	Lock        string      `json:"lock"`
	Language    string      `json:"language,omitempty"`
	FrozenUntil *time.Time  `json:"frozen_until,omitempty"`
}

type confirmed struct {
	Email string    `json:"email"`
	Since time.Time `json:"since"`
}

func describe(a held) described {
	d := described{ID: a.ID, Name: a.Name, Addresses: []confirmed{}, Protection: a.Protection, Lock: a.lock(), Language: a.Language}
	for _, address := range a.Addresses {
		if !address.Confirmed.IsZero() {
			d.Addresses = append(d.Addresses, confirmed{address.Email, address.Confirmed.UTC()})
		}
	}
	if !a.Frozen.IsZero() {
		until := a.Frozen.UTC()
		d.FrozenUntil = &until
	}
	return d
}

func (a *App) keybackFind(_ *http.Request, q asked) (any, error) {
	found := []described{}
	for _, account := range a.shop.find(q.who()) {
		found = append(found, describe(account))
	}
	return struct {
		Accounts []described `json:"accounts"`
	}{found[:min(len(found), 8)]}, nil
}

func (a *App) keybackCheck(r *http.Request, q asked) (any, error) {
	found, ok, err := a.shop.check(r.Context(), q.who(), q.Password)
	if err != nil {
		return nil, err
	}
	answer := struct {
		OK      bool       `json:"ok"`
		Account *described `json:"account,omitempty"`
	}{OK: ok}
	if ok {
		account := describe(found)
		answer.Account = &account
	}
	return answer, nil
}

type result struct {
	Result string `json:"result"`
}

func (a *App) keybackChange(r *http.Request, q asked) (any, error) {
	became, err := a.shop.apply(r.Context(), change{
		key: q.Key, account: q.Account, password: q.Password, unlock: q.Unlock,
		freeze: q.FreezeUntil, recovered: q.RecoveredUntil,
	})
	return result{became}, err
}

func (a *App) keybackState(_ *http.Request, q asked) (any, error) {
	return result{a.shop.applied(q.Key)}, nil
}

func (a *App) keybackEnd(_ *http.Request, q asked) (any, error) {
	return struct {
		Ended int `json:"ended"`
	}{a.places.endAll(q.Account, "")}, nil
}
