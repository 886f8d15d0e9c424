package recovery_test

import (
	"context"
	"testing"
	"time"

	"keyback/internal/account/local"
	"keyback/internal/fault"
	"keyback/internal/mail"
	"keyback/internal/policy"
	"keyback/internal/recovery"
)

func TestAskingLooksNobodyUpAndLeavesTheSameForKnownAndUnknown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		known, unknown := r.open("a", "maria@example.com"), r.open("b", "nobody@example.com")
		if n := r.directory.finds.Load(); n != 0 {
			t.Errorf("asking looked accounts up %d times", n)
		}
		for _, id := range []string{known, unknown} {
			if n := len(r.messages(id)); n != 1 {
				t.Errorf("asking left %d mails", n)
			}
		}
		r.deliver(known, "recover")
		if l := r.deliver(unknown, "recover"); l.Link != "" || l.Code != "" {
			t.Errorf("the letter to nobody opens something: %s", l.Text)
		}
		if k, u := r.leaves(known, "claimant"), r.leaves(unknown, "claimant"); k != "asked mail" || u != k {
			t.Errorf("leaves differ: known %q, unknown %q", k, u)
		}
	})
}

func TestOnlyAWholeAddressOrANameIsTaken(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, login := range []string{"", "a@b@c", "maria@example.com,eve@example.com", "maria@example.com\r\nBcc: eve@example.com", "\x00"} {
			_, err := r.Open(context.Background(), recovery.Start{Login: login, From: from("a")})
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q was taken: %v", login, err)
			}
		}
	})
}

func TestASecondStartFoldsIntoTheLiveMailOfItsBrowserAlone(t *testing.T) {
	eachWithin(t, recovery.Limits{Subject: within(3)}, func(t *testing.T, r *rig) {
		first := r.open("a", "maria@example.com")
		if again := r.open("a", "Maria@EXAMPLE.com"); again != first {
			t.Error("the same browser got a second mail for the same address")
		}
		if other := r.want("a", "maria@example.com", policy.Unlock); other == first {
			t.Error("an unlock was folded into a lost password")
		}
		second := r.open("b", "maria@example.com")
		if second == first || len(r.messages(second)) != 1 {
			t.Error("another browser did not get a mail of its own")
		}
		// Three mails in an hour are this address's cap.
		beyond := r.open("c", "maria@example.com")
		if n := len(r.messages(beyond)); n != 0 {
			t.Errorf("beyond the cap %d mails were left", n)
		}
		p, err := r.See(context.Background(), beyond, from("c"))
		must(t, err)
		if !p.Quiet || len(p.Steps) > 0 || !p.Again.IsZero() {
			t.Errorf("beyond the cap the page shows %+v", p)
		}
		r.deliver(first, "recover")
		r.clock.Advance(recovery.TokenLife)
		if late := r.open("a", "maria@example.com"); late == first {
			t.Error("a start was folded into a mail whose link has run out")
		}
	})
}

func TestANetworkThatSpentItsBudgetSeesNothingAndWritesToNobodyUnknown(t *testing.T) {
	eachWithin(t, recovery.Limits{Network: within(1)}, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		r.open("a", "first@example.com")
		known, unknown := r.open("b", "maria@example.com"), r.open("c", "nobody@example.com")
		if l, ok := r.letter(known, "recover"); !ok || l.Link == "" {
			t.Error("a holder got no link because strangers had spent the network's budget")
		}
		if _, ok := r.letter(unknown, "recover"); ok {
			t.Error("an unknown address was written to beyond the budget")
		}
		r.clock.Advance(2 * time.Second)
		for browser, id := range map[string]string{"b": known, "c": unknown} {
			p, err := r.See(context.Background(), id, from(browser))
			must(t, err)
			if !p.Quiet || len(p.Steps) > 0 || !p.Until.IsZero() {
				t.Errorf("beyond the budget the page shows %+v", p)
			}
		}
		if k, u := r.leaves(known, "claimant"), r.leaves(unknown, "claimant"); k != u {
			t.Errorf("leaves differ: known %q, unknown %q", k, u)
		}
	})
}

func TestANameWritesToThePrimaryAddressAndShowsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com", "maria@work.example")
		id, l := r.opens("a", "MARIA")
		if l.Link == "" {
			t.Fatalf("no link came: %s", l.Text)
		}
		r.clock.Advance(2 * time.Second)
		p, err := r.See(context.Background(), id, from("a"))
		must(t, err)
		if !p.Named || len(p.Steps) > 0 || !p.Until.IsZero() {
			t.Errorf("a name shows live state: %+v", p)
		}
		if _, ok := r.letter(r.open("a", "nobody"), "recover"); ok {
			t.Error("an unknown name was written to")
		}
	})
}

func TestAPageShowsWhatHappenedByTheLastWholeSecond(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.open("a", "nobody@example.com")
		r.clock.Advance(300 * time.Millisecond)
		m := r.messages(id)[0]
		accepted := r.clock.Now()
		settle(t, r, m, mail.Outcome{Class: mail.Accepted, At: accepted, Host: "mx.example.com"})
		for _, at := range []struct {
			after time.Duration
			steps int
		}{{0, 0}, {600 * time.Millisecond, 0}, {200 * time.Millisecond, 1}} {
			r.clock.Advance(at.after)
			p, err := r.See(context.Background(), id, from("a"))
			must(t, err)
			if len(p.Steps) != at.steps || p.Until.IsZero() != (at.steps == 0) {
				t.Errorf("%v after asking the page shows %v, good until %v", r.clock.Now().Sub(p.Opened), p.Steps, p.Until)
			}
		}
		if _, err := r.See(context.Background(), id, from("another")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another browser sees the page: %v", err)
		}
	})
}

func TestALetterForAMailboxOfSeveralNamesAllOfThem(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "family@example.com")
		r.add(local.Entry{Name: "jonas", Protection: policy.Protected}, "family@example.com")
		_, l := r.opens("a", "family@example.com")
		if l.Link == "" || l.Code != "" {
			t.Errorf("where one of them has a second step the letter carries the link alone: %s", l.Text)
		}
		o, err := r.Look(context.Background(), r.follow(l))
		must(t, err)
		if len(o.Choices) != 2 {
			t.Fatalf("%d accounts to choose from", len(o.Choices))
		}
		for _, c := range o.Choices {
			if c.ByMail != (c.Name == "maria") {
				t.Errorf("%s by mail alone: %v", c.Name, c.ByMail)
			}
		}
	})
}
