package recovery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"keyback/internal/account/local"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/mail"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/token"
)

func settle(t *testing.T, r *rig, m mail.Message, o mail.Outcome) {
	t.Helper()
	must(t, r.db.Update(context.Background(), func(tx *db.Tx) error {
		s := &mail.Settlement{Lease: mail.Lease{Message: m}, Outcome: o}
		if err := mail.Settle(tx, []*mail.Settlement{s}); err != nil {
			return err
		}
		if s.Stale {
			return errors.New("the outcome was not taken")
		}
		return r.Fate(tx, m, o)
	}))
}

func TestALinkOpenedTwiceSpendsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		for range 3 {
			if s := r.standing(r.follow(l)); s != recovery.Good {
				t.Fatalf("a link that was only opened is worth %v", s)
			}
		}
		pass, other := r.follow(l), r.follow(l)
		must(t, r.set(pass, "", words))
		if !r.opensWith("maria", words) {
			t.Error("the new password does not work")
		}
		for _, p := range []string{pass, other, r.follow(l)} {
			if s := r.standing(p); s != recovery.Used {
				t.Errorf("after its use the link is worth %v", s)
			}
			if err := r.set(p, "", another); fault.KindOf(err) != fault.Refused {
				t.Errorf("it was used twice: %v", err)
			}
		}
	})
}

func TestOfManyBrowsersWithOneLinkOneGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		var won, lost sync.Map
		var race sync.WaitGroup
		for i, password := range []string{"amber canal otter", "velvet harbour onion", "copper meadow linen", "silver window apple"} {
			pass := r.follow(l)
			race.Go(func() {
				if err := r.set(pass, "", password); err == nil {
					won.Store(i, password)
				} else {
					lost.Store(i, err)
				}
			})
		}
		race.Wait()
		var winner string
		n := 0
		won.Range(func(_, p any) bool { winner, n = p.(string), n+1; return true })
		if n != 1 || !r.opensWith("maria", winner) {
			t.Errorf("%d browsers set a password, %q last", n, winner)
		}
		lost.Range(func(_, err any) bool {
			if k := fault.KindOf(err.(error)); k != fault.Refused && k != fault.Conflict {
				t.Errorf("a loser was told %v", err)
			}
			return true
		})
	})
}

func TestALinkLivesFromAcceptanceAndAPassFromOpening(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		r.clock.Advance(recovery.TokenLife - time.Second)
		pass := r.follow(l)
		r.clock.Advance(time.Second)
		if s := r.standing(r.follow(l)); s != recovery.RunOut {
			t.Errorf("a link opened 30 minutes after the mail is worth %v", s)
		}
		r.clock.Advance(recovery.PassLife - 2*time.Second)
		if s := r.standing(pass); s != recovery.Good {
			t.Errorf("the pass of a link opened in time is worth %v", s)
		}
		r.clock.Advance(time.Second)
		if s := r.standing(pass); s != recovery.RunOut {
			t.Errorf("a pass of 30 minutes is worth %v", s)
		}
		if err := r.set(pass, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("it still opened: %v", err)
		}
		// The way on: a new mail to where the old one went.
		again, err := r.Again(context.Background(), pass, from("b"))
		must(t, err)
		must(t, r.set(r.follow(r.deliver(again, "recover")), "", words))
	})
}

func TestANewMailKillsTheOlderLinkAndLivesItsWholeLife(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, old := r.opens("a", "maria@example.com")
		pass := r.follow(old)
		r.clock.Advance(30 * time.Second)
		err := again(r.Resend(context.Background(), id, from("a")))
		if fault.KindOf(err) != fault.Limited || fault.RetryAfter(err) != 30*time.Second {
			t.Errorf("half a minute after the first a second mail is %v, to wait %v", err, fault.RetryAfter(err))
		}
		if err := again(r.Resend(context.Background(), id, from("b"))); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another browser asked for a new mail: %v", err)
		}
		// Hours later: the first mail was slow, and the second comes near the end of
		// what the first would have lived.
		r.clock.Advance(policy.UnprovenLife - time.Minute)
		r.due()
		must(t, again(r.Resend(context.Background(), id, from("a"))))
		if s := r.standing(pass); s != recovery.Replaced {
			t.Errorf("the older link's pass is worth %v", s)
		}
		l := r.deliver(id, "recover")
		r.clock.Advance(20 * time.Minute)
		r.due()
		if s := r.standing(r.follow(old)); s != recovery.Replaced {
			t.Errorf("the older link is worth %v", s)
		}
		must(t, r.set(r.follow(l), "", words))
	})
}

func TestFourMailsAreTheMost(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.open("a", "maria@example.com")
		for n := 1; n < recovery.MaxSends; n++ {
			r.clock.Advance(recovery.ResendAfter)
			must(t, again(r.Resend(context.Background(), id, from("a"))))
		}
		r.clock.Advance(recovery.ResendAfter)
		if err := again(r.Resend(context.Background(), id, from("a"))); fault.KindOf(err) != fault.Refused {
			t.Errorf("a fifth mail went out: %v", err)
		}
		if n := len(r.messages(id)); n != recovery.MaxSends {
			t.Errorf("%d mails", n)
		}
		if p, err := r.See(context.Background(), id, from("a")); err != nil || !p.Again.IsZero() {
			t.Errorf("a fifth is offered: %v %v", p.Again, err)
		}
	})
}

func TestAPassNeverOutlivesItsRecovery(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id := r.open("a", "maria@example.com")
		r.clock.Advance(recovery.MessageLife - time.Minute)
		l := r.deliver(id, "recover")
		r.clock.Advance(20 * time.Minute)
		pass := r.follow(l)
		o, err := r.Look(context.Background(), pass)
		must(t, err)
		r.clock.Set(o.Until)
		r.due()
		if s := r.standing(pass); s != recovery.RunOut {
			t.Errorf("at the time that its page named, the pass is worth %v", s)
		}
	})
}

func TestAMailboxThatChoseAnAccountChoosesNoOther(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "family@example.com")
		jonas := r.account("jonas", "family@example.com")
		_, l := r.opens("a", "family@example.com")
		pass := r.follow(l)
		r.directory.cut.Store(cut{rule: "No plants, please."})
		if err := r.set(pass, maria.ID, words); fault.Public(err) != "No plants, please." {
			t.Fatalf("the directory's rule came as %v", err)
		}
		r.directory.cut.Store(cut{})
		if err := r.set(pass, jonas.ID, words); fault.KindOf(err) != fault.Refused {
			t.Errorf("the grant for one account was used for another: %v", err)
		}
		o, err := r.Look(context.Background(), pass)
		must(t, err)
		if len(o.Choices) != 1 || o.Choices[0].ID != maria.ID {
			t.Errorf("the choices left are %v", o.Choices)
		}
		must(t, r.set(pass, maria.ID, words))
		if !r.opensWith("jonas", "correct-horse-battery-staple") {
			t.Error("the other account was touched")
		}
	})
}

func TestAYoungAddressProvesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.add(local.Entry{Name: "maria", Emails: []local.Email{{Address: "old@example.com", Since: r.clock.Now().Add(-30 * 24 * time.Hour)}, {Address: "new@example.com"}}})
		_, l := r.opens("a", "new@example.com")
		pass := r.follow(l)
		o, err := r.Look(context.Background(), pass)
		must(t, err)
		if len(o.Choices) != 1 || o.Choices[0].ByMail {
			t.Errorf("a young address opens %v", o.Choices)
		}
		if err := r.set(pass, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("a young address opened the account: %v", err)
		}
		_, l = r.opens("a", "old@example.com")
		must(t, r.set(r.follow(l), "", words))
	})
}

func TestAMailboxAloneOpensNoProtectedAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.add(local.Entry{Name: "maria", Protection: policy.Protected}, "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		if l.Code != "" {
			t.Error("the letter carries a code")
		}
		if _, err := r.EnterCode(context.Background(), id, from("a"), r.tokens.Code(id, 1)); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("the code that no letter carried was taken: %v", err)
		}
		if err := r.set(r.follow(l), "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("the mailbox alone opened it: %v", err)
		}
		if !r.opensWith("maria", "correct-horse-battery-staple") {
			t.Error("the password was changed")
		}
	})
}

func TestATokenOfAnotherPurposeRecoveryOrKeyOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		var strange token.Key
		for name, link := range map[string]string{
			"a stop link": last(l.Stop), "another key's": strange.Link(token.Recover, id, 1), "none": "", "cut off": last(l.Link)[:20],
			"longer": last(l.Link) + "A",
		} {
			if _, ok := r.Follow(link); ok {
				t.Errorf("%s was followed", name)
			}
		}
		for name, link := range map[string]string{
			"an older counter": r.tokens.Link(token.Recover, id, 0), "a coming counter": r.tokens.Link(token.Recover, id, 2),
		} {
			if pass, ok := r.Follow(link); ok && r.standing(pass) == recovery.Good {
				t.Errorf("%s opens", name)
			}
		}
		if pass, _ := r.Follow(r.tokens.Link(token.Recover, "rec_00000000000000000000000000", 1)); r.standing(pass) != recovery.NoPass {
			t.Error("a link of no recovery opens something")
		}
		for _, junk := range []string{"", "x", "AAAA", string(make([]byte, 600)), r.follow(l) + "x"} {
			if s := r.standing(junk); s != recovery.NoPass {
				t.Errorf("%q is worth %v", junk, s)
			}
		}
		if _, err := r.Suspect(context.Background(), last(l.Link)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a link back in stops: %v", err)
		}
	})
}

func again(_ string, err error) error { return err }

func TestANewMailForARequestWhoseTimeIsOverIsANewRequest(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		id := r.open("a", "maria@example.com")
		r.clock.Advance(policy.UnprovenLife)
		must(t, r.Due(context.Background()))
		next, err := r.Resend(context.Background(), id, from("a"))
		must(t, err)
		if p, err := r.See(context.Background(), next, from("a")); err != nil || next == id || p.State != policy.Open || p.Asked != "maria@example.com" {
			t.Errorf("%s led to %s: %+v %v", id, next, p, err)
		}
	})
}
