package credential

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"

	"keyback/internal/fault"
)

var pepper = [32]byte{1, 2, 3}

func TestAHashKnowsItsPasswordAndNoOther(t *testing.T) {
	h := New(Options{Pepper: pepper})
	for _, password := range []string{"amber-canal-otter-plinth", "", " with blanks ", strings.Repeat("x", 256), "nul \x00 byte"} {
		encoded, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, h, encoded, password, true, false)
		expect(t, h, encoded, password+"x", false, false)
	}
}

func TestTheSameWordTypedOnTwoKeyboardsIsOnePassword(t *testing.T) {
	h := New(Options{Pepper: pepper})
	encoded, err := h.Hash(t.Context(), "caf\u00e9 noir et lait")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, h, encoded, "cafe\u0301 noir et lait", true, false)
	expect(t, h, encoded, "cafe noir et lait", false, false)
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	h := New(Options{Pepper: pepper})
	a, errA := h.Hash(t.Context(), "one password")
	b, errB := h.Hash(t.Context(), "one password")
	if errA != nil || errB != nil || a == b {
		t.Errorf("%q %q %v %v", a, b, errA, errB)
	}
}

func TestCostsBelowTheFloorAreRaisedToIt(t *testing.T) {
	h := New(Options{Pepper: pepper, Memory: 8, Passes: 1})
	encoded, err := h.Hash(t.Context(), "a password")
	if err != nil || !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1,keyid=") {
		t.Errorf("%q %v", encoded, err)
	}
}

func TestAHashOfOlderCostsIsStaleWhenItsPasswordIsRight(t *testing.T) {
	old := New(Options{Pepper: pepper})
	encoded, err := old.Hash(t.Context(), "a password")
	if err != nil {
		t.Fatal(err)
	}
	h := New(Options{Pepper: pepper, Passes: 3})
	expect(t, h, encoded, "a password", true, true)
	expect(t, h, encoded, "another", false, false)
}

func TestAnImportedHashWithoutPepperIsCheckedAndStale(t *testing.T) {
	salt := []byte("sixteen bytes ok")
	sum := argon2.IDKey([]byte("caf\u00e9"), salt, 1, 4096, 2, 32)
	imported := phc{params: params{memory: 4096, passes: 1, lanes: 2}, salt: salt, sum: sum}.String()
	h := New(Options{Pepper: pepper})
	expect(t, h, imported, "cafe\u0301", true, true)
	expect(t, h, imported, "cafe", false, false)
}

func TestAStolenTableIsNothingWithoutThePepper(t *testing.T) {
	encoded, err := New(Options{Pepper: pepper}).Hash(t.Context(), "a password")
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []*Hasher{New(Options{}), New(Options{Pepper: [32]byte{9}})} {
		ok, _, err := other.Verify(t.Context(), encoded, "a password")
		if ok || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v %v", ok, err)
		}
	}
}

func TestAnAccountWithoutAPasswordNeverLetsIn(t *testing.T) {
	expect(t, New(Options{Pepper: pepper}), "", "", false, false)
}

func TestAStoredHashCannotDemandWhatItLikes(t *testing.T) {
	tail := "$c2l4dGVlbiBieXRlcyBvaw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	h := New(Options{Pepper: pepper})
	for _, encoded := range []string{
		"$argon2id$v=19$m=4194304,t=2,p=1" + tail,
		"$argon2id$v=19$m=19456,t=4000000,p=1" + tail,
		"$argon2id$v=19$m=19456,t=2,p=255" + tail,
		"$argon2id$v=19$m=0,t=2,p=1" + tail,
		"$argon2id$v=19$m=19456,t=0,p=1" + tail,
		"$argon2id$v=19$m=019456,t=2,p=1" + tail,
		"$argon2id$v=16$m=19456,t=2,p=1" + tail,
		"$argon2i$v=19$m=19456,t=2,p=1" + tail,
		"$argon2id$v=19$m=19456,t=2,p=1,keyid=" + tail,
		"$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyBvaw$",
		"$2b$12$abcdefghijklmnopqrstuv",
		"plain",
	} {
		if ok, _, err := h.Verify(t.Context(), encoded, "a password"); ok || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v %v", encoded, ok, err)
		}
	}
}

func FuzzAStoredHashIsReadOrRefused(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1,keyid=AAECAwQF$c2l4dGVlbiBieXRlcyBvaw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=1,t=1,p=1$00000000000$000000000000\r00000000000")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err == nil && p.String() != s {
			t.Fatalf("%q is read as %q", s, p.String())
		}
	})
}

func TestAFullQueueSaysWhenToComeBackAndACancelledCallerLeavesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 3)
		done := make(chan struct{})
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var ran, left int
		var mu sync.Mutex
		enter := func(ctx context.Context) {
			wg.Go(func() {
				err := g.through(ctx, func() { <-done })
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					ran++
				} else if err == context.Canceled {
					left++
				}
			})
		}
		for range 4 {
			enter(t.Context())
		}
		synctest.Wait()
		enter(ctx)
		synctest.Wait()
		if running, waiting := g.busy(); running != 2 || waiting != 3 {
			t.Errorf("%d run, %d wait", running, waiting)
		}
		err := g.through(t.Context(), func() { t.Error("ran beyond the queue") })
		if fault.KindOf(err) != fault.Unavailable || fault.RetryAfter(err) < time.Second {
			t.Errorf("%v, %v", err, fault.RetryAfter(err))
		}
		leave()
		synctest.Wait()
		enter(t.Context()) // the place that was left
		synctest.Wait()
		close(done)
		wg.Wait()
		if ran != 5 || left != 1 {
			t.Errorf("%d ran, %d left", ran, left)
		}
		if running, waiting := g.busy(); running != 0 || waiting != 0 {
			t.Errorf("%d run, %d wait", running, waiting)
		}
	})
}

func TestACancelledCallerHashesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Options{Pepper: pepper}).Hash(ctx, "a password"); err != context.Canceled {
		t.Error(err)
	}
}

// The heap after a rush is what it was before, once nobody has come for a while.
func TestMemoryIsGivenBackWhenItIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		h := New(Options{Pepper: pepper, Workers: 2})
		for range 4 {
			if err := h.Spend(t.Context(), "a password"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(quiet) // the bubble's clock
		synctest.Wait()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 4<<20 {
			t.Errorf("%d KiB are still held", grown>>10)
		}
		if after.NextGC > before.NextGC+8<<20 {
			t.Errorf("the heap may grow to %d KiB before it is collected", after.NextGC>>10)
		}
	})
}

func expect(t *testing.T, h *Hasher, encoded, password string, ok, stale bool) {
	t.Helper()
	gotOK, gotStale, err := h.Verify(t.Context(), encoded, password)
	if err != nil || gotOK != ok || gotStale != stale {
		t.Errorf("%q: ok %v, stale %v, %v; want %v, %v", password, gotOK, gotStale, err, ok, stale)
	}
}

func BenchmarkVerify(b *testing.B) {
	h := New(Options{Pepper: pepper})
	encoded, err := h.Hash(b.Context(), "amber-canal-otter-plinth")
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if ok, _, err := h.Verify(b.Context(), encoded, "amber-canal-otter-plinth"); !ok || err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSpend(b *testing.B) {
	h := New(Options{Pepper: pepper})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := h.Spend(b.Context(), "amber-canal-otter-plinth"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What the library alone does, to set beside the two above.
func BenchmarkArgon2Alone(b *testing.B) {
	salt := make([]byte, saltSize)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			argon2.IDKey([]byte("amber-canal-otter-plinth"), salt, floorPasses, floorMemory, 1, sumSize)
		}
	})
}
