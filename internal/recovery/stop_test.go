package recovery_test

import (
	"context"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/recovery"
)

func (r *rig) stop(link string) recovery.Attempt {
	r.t.Helper()
	at, err := r.Stop(context.Background(), last(link))
	must(r.t, err)
	return at
}

func TestThisWasNotMeEndsAnOpenRecoveryAndFreezesItsAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com", "maria@work.example")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		before, err := r.Suspect(context.Background(), last(l.Stop))
		must(t, err)
		if before.State != policy.Open || r.state(id, "a") != policy.Open {
			t.Fatal("looking at the stop page stopped something")
		}
		at := r.stop(l.Stop)
		want := r.clock.Now().Add(policy.FreezeFor)
		if at.State != policy.Stopped || !at.FrozenUntil.Equal(want) || !r.frozen(maria).Equal(want) || !at.Stopped.Equal(r.clock.Now()) {
			t.Errorf("stopped: %+v, frozen until %v", at, r.frozen(maria))
		}
		if r.opensWith("maria", "correct-horse-battery-staple") {
			t.Error("the directory lets somebody into a frozen account")
		}
		if s := r.standing(pass); s != recovery.Stopped {
			t.Errorf("the pass is worth %v", s)
		}
		if err := r.set(pass, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("it opened the account: %v", err)
		}
		r.deliver(id, string(policy.LetterStopped))
		if got := r.leaves(id, "holder"); got != "stopped mail" {
			t.Errorf("the holder's leaves: %s", got)
		}
		// Twice is once: nothing is told and nothing grows.
		told := len(r.messages(id))
		r.clock.Advance(time.Hour)
		if again := r.stop(l.Stop); again.State != policy.Stopped || !again.FrozenUntil.Equal(want) || len(r.messages(id)) != told {
			t.Errorf("stopping again: %+v, %d mails", again, len(r.messages(id)))
		}
		// A frozen account is recovered by nobody, and after three days again.
		_, l = r.opens("a", "maria@example.com")
		frozen := r.follow(l)
		o, err := r.Look(context.Background(), frozen)
		must(t, err)
		if !o.Choices[0].FrozenUntil.Equal(want) {
			t.Errorf("the page says frozen until %v", o.Choices[0].FrozenUntil)
		}
		if err := r.set(frozen, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("a frozen account was opened: %v", err)
		}
		r.clock.Advance(policy.FreezeFor)
		_, l = r.opens("a", "maria@example.com")
		must(t, r.set(r.follow(l), "", words))
	})
}

func TestThisWasNotMeAfterCompletionFreezesAndUndoesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		must(t, r.set(r.follow(l), "", words))
		notice := r.deliver(id, string(policy.LetterChanged))
		r.clock.Advance(5 * time.Hour)
		at := r.stop(notice.Stop)
		if at.State != policy.Completed || at.FrozenUntil.IsZero() || !at.Stopped.Equal(r.clock.Now()) {
			t.Errorf("stopped: %+v at %v", at, r.clock.Now())
		}
		if r.frozen(maria).IsZero() || r.opensWith("maria", words) {
			t.Error("the account is not frozen")
		}
		r.clock.Advance(policy.FreezeFor)
		if !r.opensWith("maria", words) {
			t.Error("the freeze undid the new password, or did not end")
		}
		if got := r.leaves(id, "holder"); got != "completed mail disowned" {
			t.Errorf("the holder's leaves: %s", got)
		}
		if again := r.stop(notice.Stop); !again.FrozenUntil.Equal(at.FrozenUntil) || !r.frozen(maria).IsZero() {
			t.Error("a second click froze again")
		}
	})
}

func TestASecondStopWithinAMonthContests(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		r.stop(l.Stop)
		r.clock.Advance(policy.ContestWithin - time.Hour)
		id, l := r.opens("b", "maria@example.com")
		if at := r.stop(l.Stop); at.State != policy.Contested {
			t.Errorf("a second stop made it %v", at.State)
		}
		r.deliver(id, string(policy.LetterContested))
		// Contested: the mailbox opens nothing, and further stops do nothing by themselves.
		r.clock.Advance(policy.FreezeFor)
		third, l := r.opens("c", "maria@example.com")
		if o, err := r.Look(context.Background(), r.follow(l)); err != nil || o.Choices[0].ByMail {
			t.Errorf("the page offers to open it: %+v %v", o.Choices, err)
		}
		if err := r.set(r.follow(l), "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("a contested account was opened: %v", err)
		}
		if at := r.stop(l.Stop); at.State != policy.Stopped || !at.FrozenUntil.IsZero() || r.state(third, "c") != policy.Stopped {
			t.Errorf("a third stop: %+v", at)
		}
		if p, err := r.See(context.Background(), third, from("c")); err != nil || p.Overtaken {
			t.Errorf("the page of the third says that somebody got in: %+v %v", p, err)
		}
		err := r.db.Update(context.Background(), func(tx *db.Tx) error { return r.SignedIn(tx, maria) })
		if fault.KindOf(err) != fault.Refused {
			t.Errorf("a sign-in to a contested account: %v", err)
		}
	})
}

func TestAStopAfterAMonthIsAFirstOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		r.stop(l.Stop)
		r.clock.Advance(policy.ContestWithin)
		_, l = r.opens("b", "maria@example.com")
		if at := r.stop(l.Stop); at.State != policy.Stopped {
			t.Errorf("a stop a month later made it %v", at.State)
		}
	})
}

func TestAStopWhereSeveralShareTheMailboxFreezesAllOfThem(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria, jonas := r.account("maria", "family@example.com"), r.account("jonas", "family@example.com")
		id, l := r.opens("a", "family@example.com")
		if at := r.stop(l.Stop); at.State != policy.Stopped {
			t.Errorf("stopped: %+v", at)
		}
		if r.frozen(maria).IsZero() || r.frozen(jonas).IsZero() {
			t.Error("one of them is not frozen")
		}
		n := 0
		for _, m := range r.messages(id) {
			if m.Kind == string(policy.LetterStopped) {
				n++
				c, err := r.Compose(context.Background(), m)
				if must(t, err); c == nil {
					t.Error("a notice of the stop was not written")
				}
			}
		}
		if n != 2 {
			t.Errorf("%d notices for two accounts", n)
		}
	})
}

func TestAStopLinkLivesAMonth(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		must(t, r.set(r.follow(l), "", words))
		r.deliver(id, string(policy.LetterChanged))
		r.clock.Advance(recovery.StopLife)
		at, err := r.Suspect(context.Background(), last(l.Stop))
		if must(t, err); !at.Over {
			t.Error("the page still asks")
		}
		if _, err := r.Stop(context.Background(), last(l.Stop)); fault.KindOf(err) != fault.Refused || !r.frozen(maria).IsZero() {
			t.Errorf("it still stops: %v", err)
		}
	})
}

func TestAStopWhileTheChangeIsMadeFreezesAndTheRecordSaysThatItWasMade(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		r.directory.cut.Store(cut{after: true, applied: true})
		_ = r.set(pass, "", words) // made, and nobody knows
		at := r.stop(l.Stop)
		if at.State != policy.Stopped || r.frozen(maria).IsZero() {
			t.Errorf("stopped: %+v", at)
		}
		r.directory.cut.Store(cut{})
		r.clock.Advance(policy.ClaimLife)
		r.due()
		if r.state(id, "a") != policy.Stopped {
			t.Error("the stopped recovery was completed")
		}
		if got := r.leaves(id, "holder"); got != "stopped made-before-stop" {
			t.Errorf("the holder's leaves: %s", got)
		}
	})
}

func TestAFreezeThatTheDirectoryDidNotHearIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		r.directory.cut.Store(cut{before: true})
		r.stop(l.Stop)
		r.directory.cut.Store(cut{})
		if !r.opensWith("maria", "correct-horse-battery-staple") {
			t.Fatal("the line was not cut")
		}
		r.clock.Advance(policy.ClaimLife)
		r.due()
		if r.opensWith("maria", "correct-horse-battery-staple") {
			t.Error("the directory never heard of the freeze")
		}
	})
}

func TestASignInKillsOpenLinksWhereAPasswordIsAllThatTheAccountAsksFor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		jonas := r.add(local.Entry{Name: "jonas", Protection: policy.Protected}, "jonas@example.com", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		r.signIn(jonas)
		if s := r.standing(pass); s != recovery.Good {
			t.Errorf("after a sign-in without the second step the pass is worth %v", s)
		}
		r.signIn(maria)
		for _, p := range []string{pass, r.follow(l)} {
			if s := r.standing(p); s != recovery.Void {
				t.Errorf("after the holder's sign-in it is worth %v", s)
			}
		}
		if r.state(id, "a") != policy.Open || len(r.messages(id)) != 1 {
			t.Error("whoever asked learns of the sign-in")
		}
		// Whoever asks again in that browser gets a mail that works.
		again, l := r.opens("a", "maria@example.com")
		if again == id || r.standing(r.follow(l)) != recovery.Good {
			t.Error("after a sign-in nobody can ask again")
		}
	})
}

func TestASignInStopsARecoveryThatHasShownTheMailbox(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		r.directory.cut.Store(cut{before: true})
		_ = r.set(pass, "", words) // the grant came back
		r.directory.cut.Store(cut{})
		r.signIn(maria)
		if r.state(id, "a") != policy.Stopped || !r.frozen(maria).IsZero() {
			t.Error("the sign-in did not stop it, or froze its own account")
		}
		if err := r.set(pass, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("the grant still opens: %v", err)
		}
		r.deliver(id, string(policy.LetterStopped))
	})
}

func TestAFreezeOnlyGrows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com")
		longer := r.clock.Now().Add(30 * 24 * time.Hour)
		must(t, r.db.Update(context.Background(), func(tx *db.Tx) error { return account.Freeze(tx, maria.ID, longer, "before") }))
		_, l := r.opens("a", "maria@example.com")
		r.stop(l.Stop)
		if !r.frozen(maria).Equal(longer) {
			t.Errorf("frozen until %v", r.frozen(maria))
		}
	})
}
