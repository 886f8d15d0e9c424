package credential

import (
	"context"
	"errors"
	"testing"

	"keyback/internal/fault"
)

type known map[string]error

func (k known) Breached(_ context.Context, password string) (bool, error) {
	err, found := k[password]
	return found && err == nil, err
}

func TestARefusedPasswordSaysWhy(t *testing.T) {
	breached := known{"caf\u00e9 by the long canal": nil}
	for _, c := range []struct {
		password     string
		besideFactor bool
		reason       string
	}{
		{"nine purple chairs sing", false, ""},
		{"cafe\u0301 by the long canal", false, ReasonBreached}, // looked up in its normal form
		{"vT9#kqLw", false, ReasonShort},
		{"vT9#kqLw", true, ""},
		{"passwordpassword", false, ReasonCommon},
		{"alice@example.com", false, ReasonAboutYou},
	} {
		err := Check(t.Context(), c.password, []string{"alice@example.com"}, c.besideFactor, breached)
		if c.reason == "" && err != nil || c.reason != "" && (fault.KindOf(err) != fault.Invalid || fault.Public(err) != c.reason) {
			t.Errorf("%q: %v, want %q", c.password, err, c.reason)
		}
	}
}

func TestASetThatCannotAnswerIsNotTakenForANo(t *testing.T) {
	breached := known{"nine purple chairs sing": errors.New("down")}
	err := Check(t.Context(), "nine purple chairs sing", nil, false, breached)
	if fault.KindOf(err) != fault.Unavailable {
		t.Error(err)
	}
}
