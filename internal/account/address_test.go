package account

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"keyback/internal/fault"
)

func TestSpellingsThatReachOneInboxShareItsCap(t *testing.T) {
	for canonical, want := range map[string]string{
		"maria@example.com": "maria@example.com", "maria.l@example.com": "marial@example.com", "m.aria.l+shop+2@example.com": "marial@example.com",
		"+shop@example.com": "+shop@example.com", "maria@sub.example.com": "maria@sub.example.com",
	} {
		if got := Inbox(canonical); got != want {
			t.Errorf("%s is %s, not %s", canonical, got, want)
		}
	}
}

func TestAddressesAreReadByOneRule(t *testing.T) {
	for typed, want := range map[string]string{
		"maria@example.com":                      "maria@example.com",
		"Maria.Lindqvist+shop@Example.COM":       "maria.lindqvist+shop@example.com",
		"o'neil_#$&*-/=?^`{|}~@a-b.example":      "o'neil_#$&*-/=?^`{|}~@a-b.example",
		"a@b.co":                                 "a@b.co",
		"1@1x.example":                           "1@1x.example",
		"jürgen@bücher.example":                  "jürgen@xn--bcher-kva.example",
		"ju\u0308rgen@bu\u0308cher.example":      "jürgen@xn--bcher-kva.example",
		"Jürgen@BÜCHER.example":                  "jürgen@xn--bcher-kva.example",
		"JÜRGEN@xn--bcher-kva.example":           "jÜrgen@xn--bcher-kva.example", // case of letters beyond ASCII stays
		"straße@straße.example":                  "straße@xn--strae-oqa.example", // never "strasse"
		"ليلى@example.com":                       "ليلى@example.com",
		"用户@例子.公司":                               "用户@xn--fsqu00a.xn--55qx5d",
		"H\u0331i@example.com":                   "H\u0331i@example.com", // an accented letter is no ASCII letter
		strings.Repeat("a", 64) + "@example.com": strings.Repeat("a", 64) + "@example.com",
	} {
		if got, err := Canonical(typed); got != want || err != nil {
			t.Errorf("%q reads as %q (%v), want %q", typed, got, err, want)
		}
	}
}

// Each of these has gone through somebody's recovery as a way to reach a second
// mailbox, a header, or another person's account.
func TestWhatIsNotOneMailboxIsRefused(t *testing.T) {
	for attack, typed := range map[string][]string{
		"several recipients": {
			"a@x.com,b@y.com", "a@x.com;b@y.com", "a@x.com b@y.com", "a@x.com|b@y.com", "a@x.com&b@y.com", "a@x.com/b@y.com", "a@x.com@y.com",
			"a@x.com,", ",a@x.com", "a@x.com\tb@y.com", `["a@x.com","b@y.com"]`, `{"email":"a@x.com"}`, "a@x.com&email=b@y.com", "a@x.com%2cb@y.com",
			"Undisclosed: a@x.com;",
		},
		"nested and named recipients": {"<a@x.com>", "A <a@x.com>", `"A" <a@x.com>`, "a@x.com<b@y.com>", "<a@x.com>b@y.com", "a@x.com>", "mailto:a@x.com?cc=b@y.com", "a@[b@y.com]"},
		"header injection": {
			"a@x.com\r\nBcc: b@y.com", "a@x.com\nbcc:b@y.com", "a@x.com\r", "a@x.com\n", "\na@x.com", "a\r\n@x.com", "a@x.com%0a", "a@x.com%0d%0aBcc:b@y.com",
			"a%0d%0a@x.com", "a@x.com\\r\\n", "a@x.com\u2028", "a@x.com\u0085", "a@x.com\x00", "a\x00@x.com", "a@x.com\x7f",
		},
		"quoted forms and comments": {`"a"@x.com`, `"a b"@x.com`, `"a@y.com"@x.com`, `a\@y.com@x.com`, "a(b)@x.com", "(b)a@x.com", "a@(b)x.com", "a@x.com(b)"},
		"routes":                    {"@y.com:a@x.com", "a%y.com@x.com", "y.com!a@x.com", "<@y.com:a@x.com>"},
		"address literals and short domains": {
			"a@[127.0.0.1]", "a@[IPv6:::1]", "a@127.0.0.1", "a@1", "a@localhost", "a@com", "a@x.123", "a@", "@x.com", "a", "", "@",
		},
		"dots and hyphens": {".a@x.com", "a.@x.com", "a..b@x.com", "a@.x.com", "a@x.com.", "a@x..com", "a@-x.com", "a@x-.com", "a@x_y.com", "a@x.c om"},
		"look-alikes": {
			"\u212Aim@x.com", "a@\u212A.com", "a@example.\u212Aom", "ａ@x.com", "a@ｘ.com", "a＠x.com", "a@x。com", "a@x．com", "a@x｡com", "a\u2024b@x.com",
			"oﬃce@x.com", "a@ﬁ.com", "\u0130@x.com", "a@g\u0130thub.com", "¹@x.com", "a@①.com", "ſam@x.com", "a@ſ.com", "a@℀.com", "a@x℡.com",
		},
		"invisible characters": {
			"a\u200b@x.com", "a\u200d@x.com", "a\u00ad@x.com", "a\ufeff@x.com", "\ufeffa@x.com", "a\u2060@x.com", "a\u034f@x.com", "a\ufe0f@x.com", "a\u115f@x.com",
			"a\u3164@x.com", "a\u2800@x.com", "a\u00a0@x.com", "a\u3000@x.com", "a@x\u200b.com", "a@x\u00ad.com", "a@x.com\u200b", "a\U000e0041@x.com",
		},
		"direction": {"\u202ea@x.com", "a\u202e@x.com", "a\u2066@x.com", "a\u200f@x.com", "a\u061c@x.com", "a@\u202ex.com", "a@xא1ב.com"},
		"broken text": {
			"a\xff@x.com", "a@x\xff.com", "\xc0\x80@x.com", "a\ufffd@x.com", "a\ue000@x.com", "\u0301a@x.com", "a@\u0301x.com", "a@xn--a.com", "a@xn--.com", "a@xn--bcher-kvb9.com",
			"a.\u0301@x.com",
		},
		"too long": {
			strings.Repeat("a", 65) + "@x.com", strings.Repeat("ü", 33) + "@x.com", "a@" + strings.Repeat("b", 64) + ".com",
			"a@" + strings.Repeat("bb.", 84) + "com", "a@" + strings.Repeat("ü", 60) + ".com", strings.Repeat("a", 1<<20) + "@x.com",
		},
	} {
		for _, email := range typed {
			got, err := Canonical(email)
			if err == nil {
				t.Errorf("%s: %.80q reads as %q", attack, email, got)
			} else if fault.KindOf(err) != fault.Invalid || strings.Contains(fault.Public(err), email) && len(email) > 3 {
				t.Errorf("%s: %.80q: %v", attack, email, err)
			}
		}
	}
}

func TestNoTwoPeopleShareACanonicalAddress(t *testing.T) {
	for _, pair := range [][2]string{
		{"mike@github.com", "mike@g\u0131thub.com"},
		{"mike@x.com", "m\u0131ke@x.com"},
		{"jose@x.com", "josé@x.com"},
		{"ss@x.com", "ß@x.com"},
		{"strasse@x.com", "straße@x.com"},
		{"a@strasse.com", "a@straße.com"},
		{"ÄB@x.com", "äb@x.com"},
		{"σ@x.com", "ς@x.com"},
		{"a@σ.com", "a@ς.com"},
		{"a.b@x.com", "ab@x.com"},
		{"a+b@x.com", "a@x.com"},
		{"paypal@x.com", "p\u0430ypal@x.com"},
		{"a@x.com", "a@x.com.example"},
	} {
		one, err1 := Canonical(pair[0])
		two, err2 := Canonical(pair[1])
		if err1 != nil || err2 != nil || one == two {
			t.Errorf("%q and %q: %q and %q (%v, %v)", pair[0], pair[1], one, two, err1, err2)
		}
	}
}

func TestALoginIsAnAddressOrAName(t *testing.T) {
	for typed, want := range map[string]Query{
		"Maria@Example.com":     {Address: "Maria@Example.com"},
		"  maria@example.com ":  {Address: "maria@example.com"},
		"maria":                 {Name: "maria"},
		" Maria Lindqvist ":     {Name: "Maria Lindqvist"},
		"ليلى":                  {Name: "ليلى"},
		"o'neil; drop table --": {Name: "o'neil; drop table --"},
	} {
		if got, err := ParseLogin(typed); got != want || err != nil {
			t.Errorf("%q is %+v (%v), want %+v", typed, got, err, want)
		}
	}
	for _, typed := range []string{
		"", "   ", "a@", "@", "maria@example.com\n", "\tmaria@example.com", "two  blanks", "line\nbreak", "nul\x00", "\u202eairam", "mar\u200bia",
		"ｍaria", "\u212Aim", "maria＠example.com", "bad\xff", strings.Repeat("a", 129), "<maria@example.com>", `["maria@example.com"]`,
	} {
		if got, err := ParseLogin(typed); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q is %+v (%v)", typed, got, err)
		}
	}
}

// character draws from the places where trouble comes from.
func character() *rapid.Generator[rune] {
	return rapid.OneOf(
		rapid.RuneFrom([]rune("abzABZ019.-_+@%!,;<>()[]\"\\ \r\n\x00Kkiſ")),
		rapid.RuneFrom([]rune("\u212A\u0131\u0130\u017F\u0301\u0331\u030C\u00e9ÄßςΣｋ．＠。\u200b\u202e\ufeff\u2126\u212b\uac00\u1100\u1161")),
		rapid.Rune(),
	)
}

func TestACanonicalAddressIsAFixedPointOfHonestCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := string(rapid.SliceOfN(character(), 1, 12).Draw(t, "local"))
		domain := string(rapid.SliceOfN(character(), 1, 8).Draw(t, "domain"))
		checkCanonical(t, local+"@"+domain+".example")
	})
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"maria@example.com", "H\u0331@x.com", "a@bücher.example", "a@xn--bcher-kva.example", "\u212A@x.com", "a@\u1100\u1161.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) { checkCanonical(t, email) })
}

func checkCanonical(t interface{ Fatalf(string, ...any) }, email string) {
	canon, err := Canonical(email)
	if err != nil {
		return
	}
	if again, err := Canonical(canon); again != canon || err != nil {
		t.Fatalf("%q reads as %q, and that as %q (%v)", email, canon, again, err)
	}
	local, domain, _ := strings.Cut(canon, "@")
	typed, _, _ := strings.Cut(email, "@")
	if strings.Count(canon, "@") != 1 || len(canon) > 254 || len(local) > 64 || !norm.NFC.IsNormalString(local) || domain != strings.ToLower(domain) {
		t.Fatalf("%q reads as %q", email, canon)
	}
	// ASCII comes from ASCII: nothing else may turn into it, and nothing of it vanish.
	if !strings.EqualFold(ascii(norm.NFC.String(typed)), ascii(local)) {
		t.Fatalf("%q has other ASCII than %q", email, canon)
	}
	for _, r := range canon {
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>()[]",;:\%!`, r) {
			t.Fatalf("%q reads as %q with %U", email, canon, r)
		}
	}
	for _, r := range email {
		if r >= utf8.RuneSelf && !isHonest(r) {
			t.Fatalf("%q was read with %U", email, r)
		}
	}
}

func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return -1
		}
		return r
	}, s)
}
