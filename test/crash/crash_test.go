// Package crash kills a real server, again and again, and looks at what is left.
//
// What it holds: whatever a client was told exists, with its leaves and its mail; no
// mail goes out for what was never committed; a mail that is known to be accepted is
// never sent again; one in flight at a kill may be, under the same Message-ID.
package crash

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"keyback/internal/testkit"
)

const (
	workers  = 16 // mails in hand at once, so at most so many twice a kill
	clients  = 8
	holders  = 24                     // accounts
	longest  = 900 * time.Millisecond // of a life
	patience = 90 * time.Second       // with what is left at the end: a lease of a dead node ends after 30 s
)

func TestKilledAtAnyMomentNothingIsLostAndNothingIsSentTwiceButWhatWasInFlight(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and starts the program")
	}
	program := build(t)
	testkit.EachStory(t, testkit.InCheckAll, func(t *testing.T, address string) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		s := newStand(t, program, address)
		load := s.load(ctx)
		for n := range crashes(t) {
			child := s.start(ctx)
			life := time.NewTimer(time.Duration(rand.Int64N(int64(longest))))
			if n%2 == 1 {
				s.sink.remember(s.accepted(ctx)) // what is known by now must never come again
			}
			select {
			case <-life.C:
			case <-child.ended:
				t.Fatalf("the server ended by itself: %v\n%s", child.why, child.said())
			}
			child.kill()
		}
		child := s.start(ctx)
		load.stop()
		s.drained(ctx)
		child.stop(t)
		s.sink.remember(s.accepted(ctx))

		a := s.afterwards(ctx, load)
		a.whatWasToldIsThere()
		a.everyMailEnded()
		a.everyActHasItsLeaf()
		a.nothingWasSentThatShouldNot(crashes(t))
		a.theRecordChecks(ctx)
		t.Logf("%d kills: %d recoveries (%d told), %d completed (%d told), %d mails accepted, %d copies too many",
			crashes(t), len(a.recoveries), len(load.started), a.completed, len(load.completed), a.accepted, s.sink.surplus())
	})
}

// crashes is how many: fifty in ./check all, three before a commit, or as told.
func crashes(t *testing.T) int {
	t.Helper()
	if told := os.Getenv("KEYBACK_TEST_CRASHES"); told != "" {
		n, err := strconv.Atoi(told)
		if err != nil || n < 1 {
			t.Fatalf("KEYBACK_TEST_CRASHES=%s is no number of crashes, such as 50", told)
		}
		return n
	}
	if os.Getenv(testkit.PostgresScope) == "all" {
		return 50
	}
	return 3
}
