package recovery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyback/internal/fault"
	"keyback/internal/recovery"
)

func (r *rig) enter(id, browser, code string) (string, error) {
	return r.EnterCode(context.Background(), id, from(browser), code)
}

// wrong is a code that is not the given one.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}

func TestACodeOpensOnceAndOnlyInTheBrowserThatAsked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		if _, err := r.enter(id, "b", l.Code); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another browser used the code: %v", err)
		}
		pass, err := r.enter(id, "a", l.Code[:4]+"-"+l.Code[4:]+" ")
		must(t, err)
		if _, err := r.enter(id, "a", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("the code worked twice: %v", err)
		}
		must(t, r.set(pass, "", words))
		if got := r.leaves(id, "claimant"); got != "asked mail code code granted claimed completed" {
			t.Errorf("leaves: %s", got)
		}
	})
}

func TestACodeIsForOneRecovery(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		r.account("eve", "eve@example.com")
		victim := r.open("a", "maria@example.com")
		r.deliver(victim, "recover")
		_, own := r.opens("a", "eve@example.com")
		if _, err := r.enter(victim, "a", own.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("a code for eve opened maria's: %v", err)
		}
	})
}

func TestFiveTriesAreAllThatACodeGets(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		known, l := r.opens("a", "maria@example.com")
		unknown, _ := r.opens("b", "nobody@example.com")
		for range recovery.CodeTries {
			for browser, id := range map[string]string{"a": known, "b": unknown} {
				if _, err := r.enter(id, browser, wrong(l.Code)); !errors.Is(err, recovery.ErrWrongCode) {
					t.Fatal(err)
				}
			}
		}
		if _, err := r.enter(known, "a", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Error("the sixth try was let through")
		}
		if s := r.standing(r.follow(l)); s != recovery.Good {
			t.Errorf("wrong codes touched the link: %v", s)
		}
		r.clock.Advance(recovery.ResendAfter)
		must(t, again(r.Resend(context.Background(), known, from("a"))))
		if _, err := r.enter(known, "a", r.deliver(known, "recover").Code); err != nil {
			t.Errorf("a new mail's code: %v", err)
		}
	})
}

func TestTenTriesAnHourAreCountedOverAllRecoveries(t *testing.T) {
	eachWithin(t, recovery.Limits{Codes: within(10)}, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		for _, browser := range []string{"a", "b"} {
			id, l := r.opens(browser, "maria@example.com")
			for range recovery.CodeTries {
				_, _ = r.enter(id, browser, wrong(l.Code))
			}
		}
		id, l := r.opens("c", "maria@example.com")
		if _, err := r.enter(id, "c", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("the eleventh try in an hour: %v", err)
		}
		must(t, r.set(r.follow(l), "", words))
	})
}

func TestAfterAHundredWrongCodesOnlyALinkHelpsAndThenCodesDoAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		id, l := r.opens("a", "maria@example.com")
		for n := range recovery.RunOfMisses {
			if n%recovery.CodeTries == 0 {
				r.clock.Advance(recovery.TokenLife)
				id, l = r.opens("a", "maria@example.com")
			}
			_, _ = r.enter(id, "a", wrong(l.Code))
		}
		r.clock.Advance(recovery.TokenLife)
		id, l = r.opens("a", "maria@example.com")
		if _, err := r.enter(id, "a", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Fatalf("after a hundred wrong codes the right one: %v", err)
		}
		must(t, r.set(r.follow(l), "", words))
		id, l = r.opens("b", "maria@example.com")
		if _, err := r.enter(id, "b", l.Code); err != nil {
			t.Errorf("after a link was used, a code: %v", err)
		}
	})
}

func TestTheGlobalBrakeIsInvisible(t *testing.T) {
	eachWithin(t, recovery.Limits{Brake: within(1)}, func(t *testing.T, r *rig) {
		r.account("maria", "maria@example.com")
		stranger, _ := r.opens("s", "nobody@example.com")
		_, _ = r.enter(stranger, "s", "00000000")
		id, l := r.opens("a", "maria@example.com")
		if _, err := r.enter(id, "a", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("under the brake the right code was answered %v", err)
		}
		r.clock.Advance(time.Hour)
		if _, err := r.enter(id, "a", l.Code); !errors.Is(err, recovery.ErrWrongCode) {
			t.Errorf("an old code was answered %v", err)
		}
	})
}
