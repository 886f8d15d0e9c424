package tree

import (
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func keys(t *testing.T, name string) (note.Signer, note.Verifiers) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, note.VerifierList(v)
}

func TestASignedCheckpointOpensAndNoFlippedBitDoes(t *testing.T) {
	signer, known := keys(t, "example.org/record")
	_, others := keys(t, "example.org/record")
	rapid.Check(t, func(t *rapid.T) {
		c := Checkpoint{
			Origin: "example.org/record", Size: rapid.Int64Min(0).Draw(t, "size"),
			Root: tlog.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root")),
		}
		signed, err := Sign(c, signer)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Open(signed, known); err != nil || again != c {
			t.Fatalf("%+v became %+v, %v", c, again, err)
		}
		if _, err := Open(signed, others); err == nil {
			t.Fatal("another key opened it")
		}
	})
	signed, err := Sign(Checkpoint{Origin: "example.org/record", Size: 7}, signer)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(signed) {
		signed[bit/8] ^= 1 << (bit % 8)
		if again, err := Open(signed, known); err == nil {
			t.Errorf("with bit %d flipped it opened as %+v", bit, again)
		}
		signed[bit/8] ^= 1 << (bit % 8)
	}
}

func TestACheckpointIsWrittenInOneWayOnly(t *testing.T) {
	good := Checkpoint{Origin: "example.org/record", Size: 7}.Text()
	if _, err := ParseCheckpoint(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"a leading zero":   strings.Replace(good, "\n7\n", "\n07\n", 1),
		"a plus":           strings.Replace(good, "\n7\n", "\n+7\n", 1),
		"a negative size":  strings.Replace(good, "\n7\n", "\n-7\n", 1),
		"a huge size":      strings.Replace(good, "\n7\n", "\n99999999999999999999\n", 1),
		"no origin":        strings.TrimPrefix(good, "example.org/record"),
		"a fourth line":    good + "more\n",
		"no last newline":  strings.TrimSuffix(good, "\n"),
		"a short root":     strings.Replace(good, "AAAA", "", 1),
		"loose last bits":  strings.Replace(good, "A=\n", "B=\n", 1),
		"carriage returns": strings.ReplaceAll(good, "\n", "\r\n"),
	} {
		if c, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("%s: read as %+v", name, c)
		}
	}
}

func TestAShorterOrOtherRecordDoesNotExtendAnOlderOne(t *testing.T) {
	var e Edge
	for _, leaf := range numbered(5) {
		e.Append(Hash(leaf))
	}
	now := Checkpoint{Origin: "example.org/record", Size: 5, Root: e.Root()}
	for name, older := range map[string]Checkpoint{
		"rolled back":              {Origin: now.Origin, Size: 6, Root: tlog.Hash{1}},
		"forked at the same size":  {Origin: now.Origin, Size: 5, Root: tlog.Hash{1}},
		"an empty one that is not": {Origin: now.Origin, Size: 0, Root: tlog.Hash{1}},
		"of another record":        {Origin: "example.net/record", Size: 5, Root: now.Root},
		"without a proof":          {Origin: now.Origin, Size: 3, Root: naive(numbered(3))},
	} {
		if now.CheckExtends(older, nil) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for name, older := range map[string]Checkpoint{"itself": now, "empty": {Origin: now.Origin, Root: naive(nil)}} {
		if err := now.CheckExtends(older, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now.CheckExtends(older, tlog.TreeProof{{}}) == nil {
			t.Errorf("%s, with a proof too many: taken", name)
		}
	}
}

func TestASealIsReadAsPeopleTypeIt(t *testing.T) {
	c := Checkpoint{Root: tlog.Hash{0x9b, 0xc6, 0xa6, 0x25, 0x8e}}
	if got := c.Seal(); got != "KF3A-C9CE" {
		t.Fatalf("seal %s", got)
	}
	for _, typed := range []string{"KF3A-C9CE", "kf3ac9ce", " kf3a c9ce ", "K-F3A-C9-CE"} {
		if got, ok := ParseSeal(typed); !ok || got != c.Seal() {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	if got, _ := ParseSeal("oil0-0000"); got != "0110-0000" {
		t.Errorf("letters that are mistaken for figures: %s", got)
	}
	for _, typed := range []string{"", "KF3A", "KF3A-C9CEE", "KF3A-C9C!", "KF3A-C9CU"} {
		if got, ok := ParseSeal(typed); ok {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Checkpoint{Root: tlog.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root"))}
		if got, ok := ParseSeal(strings.ToLower(c.Seal())); !ok || got != c.Seal() {
			t.Fatalf("%s is read as %q", c.Seal(), got)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(Checkpoint{Origin: "example.org/record", Size: 7}.Text())
	f.Add("a\n0\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err == nil && c.Text() != text {
			t.Fatalf("two texts of one checkpoint: %q and %q", text, c.Text())
		}
		_ = c.Seal()
	})
}
