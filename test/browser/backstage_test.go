// Package browser drives Chromium through a whole running Keyback: every page in
// every state, by mouse, by keyboard, without scripts, at the sizes and in the colours
// that people have. The walking is done in the .mjs scripts beside this file; a test
// here puts the stage up and gives its script a back door to what no browser can do.
package browser

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"keyback/internal/account/local"
	"keyback/internal/policy"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// play runs a script against a Keyback of its own.
func play(t *testing.T, script string, o stage.Options, env ...string) {
	t.Helper()
	r := &relay{does: map[string]string{}, held: map[string]chan struct{}{}}
	o.Script, o.Loose = r.answer, true
	s := stage.Open(t, o)
	door := httptest.NewServer(backstage(s, r))
	t.Cleanup(door.Close)
	t.Cleanup(func() { r.set("", "accept") })
	testkit.Node(t, script, append([]string{"BASE=" + s.URL, "ACME=" + s.Acme, "BACKSTAGE=" + door.URL}, env...)...)
}

// relay answers each recipient as the script wishes: "accept", "hold", "defer" or
// "refuse". What was held goes on with the next wish, and with a wish for nobody, all.
type relay struct {
	mu   sync.Mutex
	does map[string]string
	held map[string]chan struct{}
}

func (r *relay) set(to, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for held, c := range r.held {
		if held == to || to == "" {
			close(c)
			delete(r.held, held)
		}
	}
	r.does[to] = what
	if what == "hold" {
		r.held[to] = make(chan struct{})
	}
}

func (r *relay) answer(a smtpsink.Attempt) smtpsink.Reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.does[a.To] {
	case "hold":
		return smtpsink.Reply{At: smtpsink.End, Hold: r.held[a.To]}
	case "defer":
		return smtpsink.Reply{At: smtpsink.Rcpt, Code: 450, Enhanced: "4.2.1", Text: "Greylisted, come back later"}
	case "refuse":
		return smtpsink.Reply{At: smtpsink.Rcpt, Code: 550, Enhanced: "5.1.1", Text: "No such mailbox"}
	}
	return smtpsink.Reply{}
}

// wish is what a script asks of the stage; each door reads its own fields.
type wish struct {
	To, Subject string // /letter, /relay
	Nth         int    // /letter: the newest is 1
	Does        string // /relay
	Seconds     int    // /clock
	Name        string // /account
	Emails      []string
	Second      bool   // the account has a second step
	Lock        string // "failures" or "operator"
}

func backstage(s *stage.Stage, r *relay) http.Handler {
	mux := http.NewServeMux()
	door := func(path string, do func(wish) any) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, req *http.Request) {
			var asked wish
			if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if err := json.NewEncoder(w).Encode(do(asked)); err != nil {
				s.T.Error(err)
			}
		})
	}
	door("/letter", func(w wish) any { return s.Letter(w.To, w.Subject, max(w.Nth, 1)) })
	door("/relay", func(w wish) any { r.set(w.To, w.Does); return true })
	door("/clock", func(w wish) any { s.Clock.Advance(time.Duration(w.Seconds) * time.Second); return true })
	door("/account", func(w wish) any { return hold(s, w) })
	return mux
}

// hold makes an account as wished for.
func hold(s *stage.Stage, w wish) string {
	e := local.Entry{Name: w.Name, Password: stage.Password}
	if w.Second {
		e.Protection = policy.Protected
	}
	a := s.Add(e, w.Emails...)
	switch w.Lock {
	case "failures":
		for v, tries := s.Visitor(), 0; tries < 10; tries++ {
			v.SignIn(w.Name, "not the password")
		}
	case "operator":
		if err := s.Server.LockAccount(s.T.Context(), a.ID, "staff"); err != nil {
			s.T.Error(err)
		}
	}
	return string(a.ID)
}
