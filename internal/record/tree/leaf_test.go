package tree

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawLeaf(t *rapid.T) Leaf {
	return Leaf{
		Thread:     Thread(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "thread")),
		Number:     rapid.Int64Min(1).Draw(t, "number"),
		Time:       rapid.Int64().Draw(t, "time"),
		Kind:       rapid.StringMatching(`[a-z0-9.\-]{1,64}`).Draw(t, "kind"),
		Commitment: [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "commitment")),
	}
}

func TestALeafReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLeaf(t)
		b, err := l.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLeaf(b)
		if err != nil || again != l {
			t.Fatalf("%+v became %+v, %v", l, again, err)
		}
	})
}

func TestALeafThatCannotBeReadBackIsNotWritten(t *testing.T) {
	for name, l := range map[string]Leaf{
		"no number":   {Kind: "opened"},
		"no kind":     {Number: 1},
		"a long kind": {Number: 1, Kind: strings.Repeat("a", 65)},
		"an odd kind": {Number: 1, Kind: "Opened\n"},
	} {
		if b, err := l.Bytes(); err == nil {
			t.Errorf("%s: written as %x", name, b)
		}
	}
}

func TestAPayloadChecksUnderItsSaltAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "payload")
		salt := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "salt"))
		l := Leaf{Number: 1, Kind: "opened", Commitment: Commit(salt, payload)}
		if err := l.CheckPayload(salt, payload); err != nil {
			t.Fatal(err)
		}
		bit := byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		i := rapid.IntRange(0, 31).Draw(t, "byte")
		salt[i] ^= bit
		if l.CheckPayload(salt, payload) == nil {
			t.Fatal("another salt checks")
		}
		salt[i] ^= bit
		payload[i%len(payload)] ^= bit
		if l.CheckPayload(salt, payload) == nil {
			t.Fatal("another payload checks")
		}
	})
}

func TestNumbersFindGapsRepeatsAndSwaps(t *testing.T) {
	a, b := Thread{1}, Thread{2}
	for name, order := range map[string][]Leaf{
		"a gap":         {{Thread: a, Number: 1}, {Thread: a, Number: 3}},
		"a repeat":      {{Thread: a, Number: 1}, {Thread: a, Number: 1}},
		"a swap":        {{Thread: a, Number: 2}, {Thread: a, Number: 1}},
		"a late begin":  {{Thread: a, Number: 1}, {Thread: b, Number: 2}},
		"begun at zero": {{Thread: a, Number: 0}},
	} {
		n := Numbers{}
		var err error
		for _, l := range order {
			if err == nil {
				err = n.Next(l)
			}
		}
		if err == nil {
			t.Errorf("%s went unseen", name)
		}
	}
	n := Numbers{}
	for _, l := range []Leaf{{Thread: a, Number: 1}, {Thread: b, Number: 1}, {Thread: a, Number: 2}} {
		if err := n.Next(l); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParseLeaf(f *testing.F) {
	b, err := Leaf{Thread: Thread{7}, Number: 1, Time: 1795528927000000, Kind: "opened"}.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLeaf(b)
		if err != nil {
			return
		}
		again, err := l.Bytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("two texts of one leaf: %x and %x, %v", b, again, err)
		}
	})
}
