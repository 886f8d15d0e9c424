package recovery_test

import (
	"context"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/recovery"
)

func TestCompletionEndsSessionsTellsEveryAddressAndLeavesItsLeaves(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		maria := r.account("maria", "maria@example.com", "maria@work.example")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		d, err := r.SetPassword(context.Background(), pass, "", words, from("b"))
		must(t, err)
		if d.Places != 2 || d.Told != 2 || d.Name != "maria" || r.ended.Load() != 1 {
			t.Errorf("done: %+v, sessions ended %d times", d, r.ended.Load())
		}
		if got := r.leaves(id, "claimant"); got != "asked mail granted claimed completed" {
			t.Errorf("the claimant's leaves: %s", got)
		}
		if got := r.leaves(id, "holder"); got != "completed" {
			t.Errorf("the holder's leaves: %s", got)
		}
		if _, err := r.record.Checkpoint(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.record.Verify(context.Background()); err != nil {
			t.Error(err)
		}
		at, err := r.Recovered(context.Background(), maria.ID)
		if must(t, err); at.IsZero() {
			t.Error("nobody knows that the account was recovered")
		}
		f, err := r.Finished(context.Background(), pass)
		if must(t, err); f.Told != 2 {
			t.Errorf("the page after it says %+v", f)
		}
		if _, err := r.Finished(context.Background(), r.follow(l)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another browser with the link sees what was done: %v", err)
		}
	})
}

func TestACompletedRecoveryKillsTheOthersAndTheirPagesDoNotTell(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com", "maria@work.example")
		byWork, workLetter := r.opens("b", "maria@work.example")
		byName, nameLetter := r.opens("c", "maria")
		_, l := r.opens("a", "maria@example.com")
		r.clock.Advance(2 * time.Second)
		before, err := r.See(context.Background(), byWork, from("b"))
		must(t, err)
		must(t, r.set(r.follow(l), "", words))
		after, err := r.See(context.Background(), byWork, from("b"))
		must(t, err)
		if after.State != before.State || after.Until != before.Until || len(after.Steps) != len(before.Steps) || after.Again != before.Again {
			t.Errorf("the page tells of another's success: %+v, then %+v", before, after)
		}
		for _, old := range []string{r.follow(workLetter), r.follow(nameLetter)} {
			if s := r.standing(old); s != recovery.Void {
				t.Errorf("another recovery's link is worth %v", s)
			}
			if err := r.set(old, "", another); fault.KindOf(err) != fault.Refused {
				t.Errorf("it opened the account: %v", err)
			}
		}
		if _, err := r.enter(byWork, "b", workLetter.Code); err == nil {
			t.Error("another recovery's code works")
		}
		if r.state(byName, "c") != policy.Open {
			t.Error("the page of the name tells")
		}
	})
}

func TestABadPasswordSpendsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		pass := r.follow(l)
		if err := r.set(pass, "", "short"); fault.KindOf(err) != fault.Invalid || fault.Public(err) != "password.short" {
			t.Errorf("a short password: %v", err)
		}
		if r.state(id, "a") != policy.Open {
			t.Error("a refused password moved the recovery")
		}
		must(t, r.set(pass, "", words))
	})
}

func TestAnUnlockKeepsThePasswordAndLiftsNoOperatorsLock(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.account("maria", "maria@example.com")
		for range 10 {
			r.opensWith("maria", "wrong")
		}
		id := r.want("a", "maria@example.com", policy.Unlock)
		pass := r.follow(r.deliver(id, "recover"))
		must(t, r.db.Update(context.Background(), func(tx *db.Tx) error { return r.local.Lock(tx, a.ID) }))
		if _, err := r.Unlock(context.Background(), pass, "", from("a")); fault.KindOf(err) != fault.Refused {
			t.Errorf("an operator's lock was lifted: %v", err)
		}
		must(t, r.db.Update(context.Background(), func(tx *db.Tx) error { return r.local.Unlock(tx, a.ID) }))
		for range 10 {
			r.opensWith("maria", "wrong")
		}
		if _, err := r.Unlock(context.Background(), pass, "", from("a")); err != nil {
			t.Fatal(err)
		}
		if !r.opensWith("maria", "correct-horse-battery-staple") {
			t.Error("the old password does not open the unlocked account")
		}
		if l := r.deliver(id, string(policy.LetterUnlocked)); l.Stop == "" {
			t.Error("the notice has no way to stop it")
		}
	})
}

func TestALostPasswordIsNoUnlockButAnUnlockMayBecomeANewPassword(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		if _, err := r.Unlock(context.Background(), r.follow(l), "", from("a")); fault.KindOf(err) != fault.Refused {
			t.Errorf("a link for a new password unlocked: %v", err)
		}
		id := r.want("a", "maria@example.com", policy.Unlock)
		must(t, r.set(r.follow(r.deliver(id, "recover")), "", words))
		r.deliver(id, string(policy.LetterChanged))
	})
}

func TestAnAnswerThatWasLostIsAskedFor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		r.directory.cut.Store(cut{after: true})
		must(t, r.set(r.follow(l), "", words))
		if !r.opensWith("maria", words) {
			t.Error("the new password does not work")
		}
	})
}

func TestAChangeThatNeverArrivedGivesTheGrantBackToThatBrowserAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		pass, other := r.follow(l), r.follow(l)
		r.directory.cut.Store(cut{before: true})
		if err := r.set(pass, "", words); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("a directory that is down: %v", err)
		}
		r.directory.cut.Store(cut{})
		if s := r.standing(other); s != recovery.Used {
			t.Errorf("another browser's pass is worth %v", s)
		}
		must(t, r.set(pass, "", words))
		if got := r.leaves(id, "claimant"); got != "asked mail granted claimed returned claimed completed" {
			t.Errorf("leaves: %s", got)
		}
	})
}

func TestWhatNobodyKnowsIsFoundOutByTheTimer(t *testing.T) {
	for name, line := range map[string]struct {
		cut  cut
		ends policy.State
	}{
		"it was made":     {cut{after: true, applied: true}, policy.Completed},
		"it was not made": {cut{before: true, applied: true}, policy.Granted},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				r.account("maria", "maria@example.com")
				id, l := r.opens("a", "maria@example.com")
				pass := r.follow(l)
				r.directory.cut.Store(line.cut)
				if err := r.set(pass, "", words); fault.KindOf(err) != fault.Unavailable {
					t.Fatalf("a directory that does not answer: %v", err)
				}
				if s := r.standing(pass); s != recovery.Underway {
					t.Errorf("meanwhile the pass is worth %v", s)
				}
				if err := r.set(pass, "", words); fault.KindOf(err) != fault.Refused && fault.KindOf(err) != fault.Conflict {
					t.Errorf("meanwhile a second try: %v", err)
				}
				r.clock.Advance(policy.ClaimLife)
				if err := r.Due(context.Background()); err == nil {
					t.Error("the timer did not say that the directory is down")
				}
				if r.state(id, "a") != policy.Claimed {
					t.Error("the claim ended though nobody knows")
				}
				r.directory.cut.Store(cut{})
				r.clock.Advance(policy.ClaimLife)
				r.due()
				if got := r.state(id, "a"); got != line.ends {
					t.Fatalf("it ended %v", got)
				}
				if line.ends == policy.Granted {
					must(t, r.set(pass, "", words))
				}
				if !r.opensWith("maria", words) {
					t.Error("the new password does not work")
				}
			})
		})
	}
}

func TestADirectoryThatIsDownDoesNotKeepOthersFromTheirEnd(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		other := r.open("z", "nobody@example.com")
		id, l := r.opens("a", "maria@example.com")
		r.directory.cut.Store(cut{before: true, applied: true})
		_ = r.set(r.follow(l), "", words)
		r.directory.cut.Store(cut{find: true, applied: true})
		r.clock.Advance(policy.UnprovenLife)
		if err := r.Due(context.Background()); err == nil {
			t.Error("the timer did not say that the directory is down")
		}
		if r.state(other, "z") != policy.Expired {
			t.Error("a recovery of nobody's did not end")
		}
		if r.state(id, "a") != policy.Claimed {
			t.Error("the claim ended though nobody knows")
		}
		must(t, r.Due(context.Background())) // put off, so nothing is due now
	})
}

func TestAGrantThatNobodyUsesEndsAndTheHolderHears(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		r.directory.cut.Store(cut{before: true})
		_ = r.set(r.follow(l), "", words)
		r.directory.cut.Store(cut{})
		r.clock.Advance(policy.GrantLife)
		r.due()
		if r.state(id, "a") != policy.Expired {
			t.Fatal("the grant did not end")
		}
		r.deliver(id, string(policy.LetterExpired))
	})
}

func TestAFreshMailTakesAnAbandonedGrantOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		_, l := r.opens("a", "maria@example.com")
		abandoned := r.follow(l)
		r.directory.cut.Store(cut{before: true})
		_ = r.set(abandoned, "", words)
		r.directory.cut.Store(cut{})
		_, l = r.opens("b", "maria@example.com")
		must(t, r.set(r.follow(l), "", another))
		if err := r.set(abandoned, "", words); fault.KindOf(err) != fault.Refused {
			t.Errorf("the abandoned grant still opens: %v", err)
		}
		if !r.opensWith("maria", another) {
			t.Error("the newer password does not work")
		}
	})
}
