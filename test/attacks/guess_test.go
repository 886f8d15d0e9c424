package attacks

import (
	"fmt"
	"testing"
	"time"

	"keyback/internal/limit"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// guessing is a stage on which the test knows every right code, with limits as told.
func guessing(t *testing.T, change func(*recovery.Limits), story func(t *testing.T, s *stage.Stage, right func(inbox string, nth int64) string)) {
	var key seal.Key
	o := stage.Options{Change: func(o *server.Options) { keyOf(&key)(o); limits(change)(o); proxied(o) }}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com", "second@example.com")
		story(t, s, func(inbox string, nth int64) string { return code(key, inbox[len("/recover/"):], nth) })
	})
}

func got(s *stage.Stage, t *testing.T, v *stage.Visitor, inbox, code string) bool {
	t.Helper()
	return try(t, s, v, inbox, code).URL.Path == "/recover/open"
}

func TestTheSixthTryAtACodeFailsEvenIfItIsRight(t *testing.T) {
	guessing(t, func(*recovery.Limits) {}, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		thief := s.Visitor()
		inbox := thief.Ask("victim@example.com", "password").URL.Path
		first := whole(try(t, s, thief, inbox, wrong(right(inbox, 1))), wrong(right(inbox, 1)))
		for range 4 {
			try(t, s, thief, inbox, wrong(right(inbox, 1)))
		}
		sixth := try(t, s, thief, inbox, right(inbox, 1))
		if sixth.URL.Path == "/recover/open" {
			t.Fatal("the sixth try was taken")
		}
		if seen := whole(sixth, right(inbox, 1)); seen != first {
			t.Errorf("the limit shows:\n%s\n---\n%s", first, seen)
		}
		// Guesses in other shapes are tries as well.
		thief = s.Visitor()
		inbox = thief.Ask("victim@example.com", "password").URL.Path
		for _, odd := range []string{"0", "x", "00000000 00000000", right(inbox, 1) + "0", "'"} {
			try(t, s, thief, inbox, odd)
		}
		if got(s, t, thief, inbox, right(inbox, 1)) {
			t.Error("tries in odd shapes are not counted")
		}
	})
}

func TestTenTriesAnHourAreAllForAnAddressHoweverManyRecoveriesItHas(t *testing.T) {
	guessing(t, func(l *recovery.Limits) { l.Codes = recovery.DefaultLimits().Codes }, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		for i, login := range []string{"victim@example.com", "VICTIM@example.com", " victim@EXAMPLE.com "} {
			thief := from(s, fmt.Sprintf("198.51.%d.7", 100+i))
			inbox := thief.Ask(login, "password").URL.Path
			for range 4 {
				try(t, s, thief, inbox, wrong(right(inbox, 1)))
			}
		}
		thief := from(s, "203.0.113.7")
		inbox := thief.Ask("victim@example.com", "locked").URL.Path
		if got(s, t, thief, inbox, right(inbox, 1)) {
			t.Error("the 13th try in an hour was taken")
		}
		// Neither the link nor an ordinary sign-in is touched by it.
		unchanged(t, s, "victim")
		holder := s.Visitor()
		holder.Ask("second@example.com", "password")
		if holder.Open(s.Letter("second@example.com", "get back into", 1).Link); !isSet(set(t, s, holder, "")) {
			t.Error("the link does not work")
		}
	})
}

func TestAfterAnHourCodesWorkAgain(t *testing.T) {
	guessing(t, func(l *recovery.Limits) { l.Codes = recovery.DefaultLimits().Codes }, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		for range 3 {
			thief := s.Visitor()
			inbox := thief.Ask("victim@example.com", "password").URL.Path
			for range 5 {
				try(t, s, thief, inbox, wrong(right(inbox, 1)))
			}
		}
		s.Clock.Advance(2 * time.Hour)
		holder := s.Visitor()
		inbox := holder.Ask("victim@example.com", "password").URL.Path
		if !got(s, t, holder, inbox, right(inbox, 1)) {
			t.Error("the holder's code is refused for ever")
		}
	})
}

func TestAHundredWrongCodesInARowDisableCodesUntilALinkSucceeds(t *testing.T) {
	guessing(t, func(*recovery.Limits) {}, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		thief := s.Visitor()
		inbox := thief.Ask("victim@example.com", "password").URL.Path
		for range recovery.RunOfMisses {
			try(t, s, thief, inbox, wrong(right(inbox, 1)))
		}
		holder := s.Visitor()
		page := holder.Ask("victim@example.com", "password")
		if got(s, t, holder, page.URL.Path, right(page.URL.Path, 1)) {
			t.Error("the right code was taken after a hundred wrong ones")
		}
		holder.Open(s.Letter("victim@example.com", "get back into", 2).Link)
		if !isSet(set(t, s, holder, "")) {
			t.Fatal("the link does not work")
		}
		again := s.Visitor()
		page = again.Ask("victim@example.com", "password")
		if !got(s, t, again, page.URL.Path, right(page.URL.Path, 1)) {
			t.Error("codes stay disabled after a link succeeded")
		}
	})
}

func TestGuessingAtManyAccountsMeetsTheBrake(t *testing.T) {
	brake := func(l *recovery.Limits) { l.Brake = limit.Rate{N: 20, Per: time.Minute} }
	guessing(t, brake, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		for i := range 5 {
			thief := s.Visitor()
			inbox := thief.Ask(fmt.Sprintf("guessed%d@example.com", i), "password").URL.Path
			for range 5 {
				try(t, s, thief, inbox, wrong(right(inbox, 1)))
			}
		}
		holder := s.Visitor()
		inbox := holder.Ask("victim@example.com", "password").URL.Path
		if got(s, t, holder, inbox, right(inbox, 1)) {
			t.Error("a code was taken behind the brake")
		}
		holder.Open(s.Letter("victim@example.com", "get back into", 1).Link)
		if !isSet(set(t, s, holder, "")) {
			t.Error("the brake touches links")
		}
	})
}

func TestOneBrowserCannotHoldTheBrakeForEverybody(t *testing.T) {
	brake := func(l *recovery.Limits) { l.Brake = limit.Rate{N: 20, Per: time.Hour} }
	guessing(t, brake, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		thief := s.Visitor()
		inbox := thief.Ask("thief@evil.example", "password").URL.Path
		for range 40 { // all but the first five are worth nothing anyway
			try(t, s, thief, inbox, wrong(right(inbox, 1)))
		}
		holder := s.Visitor()
		inbox = holder.Ask("victim@example.com", "password").URL.Path
		if !got(s, t, holder, inbox, right(inbox, 1)) {
			t.Error("tries that could not succeed have used up the brake")
		}
	})
}

func TestTheRightCodeInAnotherBrowserIsWorthNothing(t *testing.T) {
	guessing(t, func(*recovery.Limits) {}, func(t *testing.T, s *stage.Stage, right func(string, int64) string) {
		holder := s.Visitor()
		inbox := holder.Ask("victim@example.com", "password").URL.Path
		thief := s.Visitor()
		for range 10 {
			if p := try(t, s, thief, inbox, right(inbox, 1)); p.Status != 404 || cookie(s, thief, "kb_pass") != "" {
				t.Fatalf("another browser was answered with %d", p.Status)
			}
		}
		for _, forged := range []string{"", "x", cookie(s, holder, "kb_browser")[1:], cookie(s, holder, "kb_browser") + "0", inbox} {
			if p := try(t, s, carry(s.Visitor(), "kb_browser="+forged), inbox, right(inbox, 1)); p.URL.Path == "/recover/open" {
				t.Errorf("the browser %.10q was taken for the holder's", forged)
			}
		}
		if !got(s, t, holder, inbox, right(inbox, 1)) {
			t.Error("tries from another browser have used up the holder's")
		}
	})
}
