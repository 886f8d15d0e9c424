package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestACauseNeverReachesThePublicText(t *testing.T) {
	cause := errors.New("pq: password authentication failed for user kb")
	err := fmt.Errorf("open: %w", New(Unavailable, "We cannot reach our records.").Because(cause).Hint("check --db").Retry(time.Second))
	if got := Public(err); got != "We cannot reach our records." {
		t.Errorf("public text %q", got)
	}
	if KindOf(err) != Unavailable || RetryAfter(err) != time.Second || !errors.Is(err, cause) {
		t.Errorf("kind %v, retry %v, cause lost: %v", KindOf(err), RetryAfter(err), err)
	}
	for _, want := range []string{"pq:", "check --db"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the log's text lacks %q: %s", want, err)
		}
	}
}

func TestAnErrorNobodyMadeAFaultOfIsOurs(t *testing.T) {
	err := errors.New("index out of range")
	if KindOf(err) != Unknown || Public(err) != "" || RetryAfter(err) != 0 || Kind(99).String() != "unknown" {
		t.Error("a plain error must be unknown and say nothing")
	}
}
