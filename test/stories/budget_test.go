package stories

import (
	"context"
	"path"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/limit"
	"keyback/internal/mail"
	"keyback/internal/recovery"
	"keyback/internal/server"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// allOf are the messages of the recovery that an inbox page is about.
func allOf(t *testing.T, s *stage.Stage, inbox string) (all []mail.Message) {
	t.Helper()
	err := s.Server.DB.View(context.Background(), func(tx *db.Tx) (err error) { all, err = mail.ByRef(tx, path.Base(inbox)); return err })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func bounded(set func(*recovery.Limits)) func(*server.Options) {
	return func(o *server.Options) {
		wide := limit.Within(1_000_000, time.Second)
		o.Limits = recovery.Limits{Subject: wide, Network: wide, Codes: wide, Brake: wide}
		set(&o.Limits)
	}
}

func TestOneBrowserFoldsAnotherGetsItsOwnMailAndBeyondTheCapNobodyDoes(t *testing.T) {
	o := stage.Options{Change: bounded(func(l *recovery.Limits) { l.Subject = limit.Rate{N: 2, Per: time.Hour} })}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		a, b, c := s.Visitor(), s.Visitor(), s.Visitor()
		first := a.Ask("maria@example.com", "password")
		if again := a.Ask("MARIA@example.com", "password"); again.URL.Path != first.URL.Path {
			t.Error("the same browser got a second mail")
		}
		second := b.Ask("maria@example.com", "password")
		one, two := s.Letter("maria@example.com", "get back into", 1), s.Letter("maria@example.com", "get back into", 2)
		if one.Code == two.Code || second.URL.Path == first.URL.Path {
			t.Error("two browsers share a code")
		}
		third := c.Ask("maria@example.com", "password")
		is(t, third, 200, "Check your inbox", "If this address has an account, a mail is on its way.")
		if n := len(allOf(t, s, third.URL.Path)); n != 0 {
			t.Errorf("beyond the cap %d mails were left", n)
		}
		if e, _ := live(t, s, c, third).next(); stateOf(e) != "asked" {
			t.Errorf("beyond the cap the page shows %q", stateOf(e))
		}
		for range 2 {
			s.Visitor().Ask("marta@example.com", "password")
		}
		d := s.Visitor()
		unknown := d.Ask("marta@example.com", "password")
		same(t, "beyond the budget", blotted(third, "maria@example.com"), blotted(unknown, "marta@example.com"))
		// The links that went out work all the same.
		whose(t, c.Open(one.Link), "maria")
		whose(t, c.Open(two.Link), "maria")
	})
}

func TestANetworkThatHasSpentItsBudgetLearnsNothing(t *testing.T) {
	o := stage.Options{Change: bounded(func(l *recovery.Limits) { l.Network = limit.Rate{N: 1, Per: time.Hour} })}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		s.Visitor().Ask("first@example.com", "password")
		s.Letter("first@example.com", "get back into", 1)
		a, b := s.Visitor(), s.Visitor()
		unknown, known := a.Ask("marta@example.com", "password"), b.Ask("maria@example.com", "password")
		if l := s.Letter("maria@example.com", "get back into", 1); l.Link == "" {
			t.Error("a holder is kept out by strangers of the same network")
		}
		same(t, "beyond the budget", blotted(known, "maria@example.com"), blotted(unknown, "marta@example.com"))
		for _, page := range []string{unknown.URL.Path, known.URL.Path} {
			eventually(t, "the mail ended", func() bool { return allOf(t, s, page)[0].State.Final() })
		}
		if n := mails(s, "marta@example.com"); n != 0 {
			t.Errorf("an unknown address was written to: %d", n)
		}
		for v, p := range map[*stage.Visitor]string{a: unknown.URL.Path, b: known.URL.Path} {
			if e, _ := live(t, s, v, v.Open(p)).next(); stateOf(e) != "asked" {
				t.Errorf("the page shows %q", stateOf(e))
			}
		}
	})
}
