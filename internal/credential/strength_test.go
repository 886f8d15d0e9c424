package credential

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestStrengthIsSaidInWords(t *testing.T) {
	for _, c := range []struct {
		password string
		about    []string
		words    string
		reason   string
	}{
		{"", nil, Weak, ReasonShort},
		{"fourteen-chars", nil, Weak, ReasonShort},
		{"éééééééééééééé", nil, Weak, ReasonShort}, // 28 bytes, 14 characters
		{"amber-canal-otter-plinth", nil, Strong, ""},
		{"my cat sits on nine chairs", nil, Strong, ""},
		{"七転び八起き明日は明日の風が吹く", nil, Strong, ""},
		{"🐈 sits on 🪑 and then on 🪑🪑", nil, Strong, ""},
		{strings.Repeat("x7Kq", 65), nil, Weak, ReasonLong},
		{"\xff\xfe is not a text", nil, Weak, ReasonUnreadable},
		{"aaaaaaaaaaaaaaaaaaaa", nil, Weak, ReasonCommon},
		{"passwordpassword", nil, Weak, ReasonCommon},
		{"P@ssw0rdP@ssw0rd!", nil, Weak, ReasonCommon},
		{"1234567890123456", nil, Weak, ReasonCommon},
		{"qwertyuiopasdfghjkl", nil, Weak, ReasonCommon},
		{"abcdefghijklmnopqrstuvwxyz", nil, Weak, ReasonCommon},
		{"alice@example.com", []string{"Alice", "alice@example.com", "Acme"}, Weak, ReasonAboutYou},
		{"Alice-Example-Acme-2024", []string{"Alice", "alice@example.com", "Acme"}, Weak, ReasonAboutYou},
		{"moc.elpmaxe@ecila-1", []string{"alice@example.com"}, Weak, ReasonAboutYou},
		{"4l1c3_3x4mpl3_c0m!!", []string{"alice@example.com"}, Weak, ReasonAboutYou},
		{"alice has nine purple chairs", []string{"alice@example.com"}, Strong, ""},
		{"correct horse battery staple", []string{"me@correct.com"}, Strong, ""},
		{"ZoëZoëZoëZoëZoë1", []string{"Zoe\u0308"}, Weak, ReasonAboutYou},
	} {
		s := Assess(c.password, c.about)
		if s.Words != c.words || s.Reason != c.reason || (s.Reason != "") != (s.Score < 2) {
			t.Errorf("%q: %+v, want %s %s", c.password, s, c.words, c.reason)
		}
	}
}

func TestALongBeginningOfOneLetterDoesNotSpoilAGoodEnd(t *testing.T) {
	if s := Assess(strings.Repeat("a", 60)+"my cat sits on nine chairs", nil); s.Words != Strong {
		t.Errorf("%+v", s)
	}
}

func TestEightCharactersAreEnoughBesideASecondStep(t *testing.T) {
	if s := AssessBeside("vT9#kqLw", nil); s.Reason != "" {
		t.Errorf("%+v", s)
	}
	if s := AssessBeside("vT9#kqL", nil); s.Reason != ReasonShort {
		t.Errorf("%+v", s)
	}
	if s := AssessBeside("Dragon12", nil); s.Reason != ReasonCommon {
		t.Errorf("%+v", s)
	}
}

func TestAnyTextAtAllIsJudgedAndFoundTheSameTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z0-9@!|$]{0,300}`)).Draw(t, "password")
		about := rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "about")
		s := Assess(password, about)
		if s != Assess(Normal(password), about) {
			t.Fatal("the normal form is judged otherwise")
		}
		if s.Reason == "" && (utf8.RuneCountInString(Normal(password)) < LeastAlone || len(Normal(password)) > MostBytes) {
			t.Fatalf("%+v", s)
		}
	})
}

func FuzzAPasswordNeverBreaksItsJudge(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "Alice")
	}
	f.Add("İstanbul-İzmir-ẞẞẞẞ-4@8(", "İzmir")
	f.Fuzz(func(t *testing.T, password, about string) {
		start := time.Now()
		AssessBeside(password, []string{about})
		if took := time.Since(start); took > time.Second {
			t.Fatalf("%q took %v", password, took)
		}
	})
}

// hostile are passwords of 256 bytes that make the judge work.
var hostile = map[string]string{
	"every reading of signs":     strings.Repeat("4@8({[<369!1|0$5+7%2", 13)[:MostBytes],
	"some readings of signs":     strings.Repeat("p4ssw0rd!|1@", 22)[:MostBytes],
	"six signs and words":        strings.Repeat("4lm1ghty[7(", 24)[:MostBytes],
	"a weak head, a costly tail": strings.Repeat("a", 224) + "<|86%<69|4@90%%0[4!+8(1e7l30tx5$",
	"one letter":                 strings.Repeat("a", MostBytes),
	"a pair":                     strings.Repeat("ab", MostBytes/2),
	"words":                      strings.Repeat("thepasswordisalove", 15)[:MostBytes],
	"dates":                      strings.Repeat("01.01.2001 ", 24)[:MostBytes],
	"digits":                     strings.Repeat("1234567890", 26)[:MostBytes],
	"keyboard":                   strings.Repeat("qwertyuiop[]asdfghjkl", 13)[:MostBytes],
	"almost a repeat":            strings.Repeat("a", 127) + "b" + strings.Repeat("a", 127) + "c",
}

// A page asks at each change of the field; a hostile one must not keep a processor.
func BenchmarkHostilePassword(b *testing.B) {
	about := []string{"alice@example.com", "Alice Smith", "Acme"}
	for name, password := range hostile {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Assess(password, about)
			}
		})
	}
}

func BenchmarkUsualPassword(b *testing.B) {
	for b.Loop() {
		Assess("amber-canal-otter-plinth", []string{"alice@example.com"})
	}
}

func TestASuggestedPassphraseAlwaysPasses(t *testing.T) {
	about := []string{"alice@example.com", "Amber Otter", "Canal"}
	for range 300 {
		s := Suggest()
		if err := Check(t.Context(), s, about, false, nil); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		words := strings.Split(s, "-")
		seen := map[string]bool{}
		for _, w := range words {
			seen[w] = true
		}
		if len(words) != suggested || len(seen) != suggested || len(s) < LeastAlone {
			t.Fatalf("%q", s)
		}
		if got := Assess(s, nil).Words; got != Strong {
			t.Fatalf("%q is %s", s, got)
		}
	}
}

func TestSuggestionsHave44Bits(t *testing.T) {
	words := strings.Fields(wordList)
	seen := map[string]bool{}
	for _, w := range words {
		if seen[w] || len(w) < 4 || len(w) > 8 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q is no word for a suggestion", w)
		}
		seen[w] = true
	}
	n, ways := uint64(len(words)), uint64(1)
	for i := range uint64(suggested) {
		ways *= n - i
	}
	if ways < 1<<44 {
		t.Errorf("%d words make %d passphrases, fewer than 2^44", n, ways)
	}
}

func ExampleSuggest() {
	fmt.Println(len(strings.Split(Suggest(), "-")), "words")
	// Output: 4 words
}
