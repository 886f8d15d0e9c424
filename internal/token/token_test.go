package token

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func key(seed byte) (k Key) {
	for i := range k {
		k[i] = seed + byte(i)
	}
	return k
}

func TestALinkProvesItsOwnPurposeIdAndCounterAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := key(rapid.Byte().Draw(t, "key"))
		id := rapid.StringMatching(`rec_[0-9a-z]{26}`).Draw(t, "id")
		counter := rapid.Int64Range(0, 1<<40).Draw(t, "counter")
		link := k.Link(Recover, id, counter)
		got, ok := k.CheckLink(Recover, link)
		if !ok || got.ID != id || got.Counter != counter {
			t.Fatalf("its own link fails: %+v %v", got, ok)
		}
		if _, ok := k.CheckLink(Stop, link); ok {
			t.Fatal("a link of one purpose opened another")
		}
		if _, ok := key(k[0]+1).CheckLink(Recover, link); ok {
			t.Fatal("another key's link was taken")
		}
		at := rapid.IntRange(0, len(link)-1).Draw(t, "at")
		swap := rapid.SampledFrom(strings.Split("ABCxyz019-_", "")).Draw(t, "swap")
		forged := link[:at] + swap + link[at+1:]
		if forged != link {
			if _, ok := k.CheckLink(Recover, forged); ok {
				t.Fatalf("a changed link was taken: %q for %q", forged, link)
			}
		}
	})
}

func TestACodeIsReadAsPeoplePasteIt(t *testing.T) {
	k := key(3)
	code := k.Code("rec_a", 7)
	arabic := strings.Map(func(r rune) rune { return r - '0' + '\u0660' }, code)
	wide := strings.Map(func(r rune) rune { return r - '0' + '\uff10' }, code)
	for _, typed := range []string{code, code[:4] + " " + code[4:], code[:4] + "-" + code[4:], "  " + code + "\r\n", arabic, wide} {
		if !k.CodeIs("rec_a", 7, typed) {
			t.Errorf("%q is the code", typed)
		}
	}
	for _, typed := range []string{"", code[:7], code + "0", "x" + code, code + code, strings.Repeat(" ", 99) + code} {
		if k.CodeIs("rec_a", 7, typed) {
			t.Errorf("%q is not the code", typed)
		}
	}
	if k.CodeIs("rec_a", 8, code) || k.CodeIs("rec_b", 7, code) {
		t.Error("a code of another counter or recovery was taken")
	}
}

func TestCodesAreSpreadEvenly(t *testing.T) {
	k, seen, first := key(9), map[string]int{}, [10]int{}
	for i := range int64(20_000) {
		code := k.Code("rec_spread", i)
		if len(code) != 8 {
			t.Fatalf("code %q has not 8 digits", code)
		}
		seen[code]++
		first[code[0]-'0']++
	}
	if len(seen) < 19_980 { // birthday: about 2 pairs expected among 10^8
		t.Errorf("only %d different codes of 20,000", len(seen))
	}
	for d, n := range first {
		if n < 1_800 || n > 2_200 { // 2,000 expected, deviation 42
			t.Errorf("first digit %d came %d times", d, n)
		}
	}
}

func TestHashPartsDoNotRunTogether(t *testing.T) {
	k := key(1)
	if string(k.Hash("p", "a", "bc")) == string(k.Hash("p", "ab", "c")) || string(k.Hash("p", "a")) == string(k.Hash("q", "a")) {
		t.Error("different parts gave one hash")
	}
}

func TestIdsAreTypedAndNeverRepeat(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID("rec")
		if !strings.HasPrefix(id, "rec_") || len(id) != 30 || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func FuzzParse(f *testing.F) {
	f.Add(key(1).Link(Recover, NewID("rec"), 3))
	f.Add("")
	f.Add("____")
	f.Fuzz(func(t *testing.T, link string) {
		if got, ok := key(1).CheckLink(Recover, link); ok && key(1).Link(Recover, got.ID, got.Counter) != link {
			t.Errorf("two spellings of one link: %q", link)
		}
	})
}
