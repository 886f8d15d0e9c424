package letter

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyText(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringN(0, 200, -1),
		rapid.SampledFrom([]string{"", "maria", strings.Repeat("🗝", 80), strings.Repeat("&", 64), strings.Repeat("a.com/", 20), strings.Repeat(".", 90), strings.Repeat("ي", 64)}),
	).Draw(t, label)
}

func anyNeutral(t *rapid.T) Letter {
	want := rapid.SampledFrom([]Want{Password, Unlock}).Draw(t, "want")
	if rapid.Bool().Draw(t, "unknown") {
		return NoAccount{Want: want, Start: start}
	}
	r := Recover{Want: want, Link: link, Stop: stop}
	for range rapid.IntRange(1, MaxAccounts).Draw(t, "accounts") {
		a := Account{Name: anyText(t, "name"), NeedsMore: rapid.Bool().Draw(t, "more")}
		if rapid.Bool().Draw(t, "frozen") {
			a.FrozenUntil = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "until"))
		}
		r.Accounts = append(r.Accounts, a)
	}
	if rapid.Bool().Draw(t, "with code") {
		r.Code = fmt.Sprintf("%08d", rapid.IntRange(0, 99999999).Draw(t, "code"))
	}
	r.Asked = Place{Browser: anyText(t, "browser"), Near: anyText(t, "near"), At: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "asked"))}
	return r
}

func TestAnAccountNamedLikeItsLongAddressFitsToo(t *testing.T) {
	l := acme(t)
	h := envelop
	h.To = strings.Repeat("ü", 32) + "@" + strings.Repeat("long.", 36) + "example"
	r := Recover{Link: link, Code: "48217730", Asked: place, Stop: stop}
	for range MaxAccounts {
		r.Accounts = append(r.Accounts, Account{Name: h.To, NeedsMore: true})
	}
	if raw := build(t, l, pseudo, r, h); len(raw) != Size {
		t.Errorf("%d bytes", len(raw))
	}
}

func TestAMailSaysByItsSizeNothingAboutAnAccount(t *testing.T) {
	l := acme(t)
	rapid.Check(t, func(t *rapid.T) {
		letter := anyNeutral(t)
		h := envelop
		h.To = rapid.SampledFrom([]string{"a@b.example", "maria@example.com", "märia@example.com", strings.Repeat("m", 64) + "@" + strings.Repeat("long.", 36) + "example"}).Draw(t, "to")
		raw, err := l.Build(rapid.SampledFrom(l.Languages()).Draw(t, "lang"), letter, h)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) != Size {
			t.Fatalf("%d bytes, not %d", len(raw), Size)
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if bytes.HasPrefix(line, []byte(".")) {
				t.Fatalf("SMTP makes this line longer: %q", line)
			}
			if len(line) > 76 && bytes.IndexByte(line, ':') < 0 {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
			if bytes.ContainsAny(line, "\r\n") {
				t.Fatalf("a bare line end: %q", line)
			}
		}
	})
}

func TestKnownAndUnknownAddressesGetTheSameHeaders(t *testing.T) {
	l := acme(t)
	head := func(letter Letter) string {
		raw := build(t, l, "en", letter, envelop)
		before, _, _ := strings.Cut(string(raw), "\r\n\r\n")
		return before
	}
	for _, want := range []Want{Password, Unlock} {
		known := head(Recover{Want: want, Accounts: []Account{{Name: "maria"}}, Link: link, Asked: place, Stop: stop})
		unknown := head(NoAccount{Want: want, Start: start})
		if known != unknown {
			t.Errorf("known:\n%s\nunknown:\n%s", known, unknown)
		}
		if !strings.Contains(known, "Subject: "+l.Subject("en", want)+"\r\n") {
			t.Errorf("the page says to look for %q, the mail has\n%s", l.Subject("en", want), known)
		}
	}
}

func TestTheNoAccountLetterHoldsNothingThatTheAskerChose(t *testing.T) {
	l := acme(t)
	one, two := envelop, envelop
	one.To, two.To = "aaaa@example.com", "bbbb@example.com"
	first := build(t, l, "en", NoAccount{Start: start}, one)
	second := build(t, l, "en", NoAccount{Start: start}, two)
	if !bytes.Equal(bytes.Replace(first, []byte("<aaaa@"), []byte("<bbbb@"), 1), second) {
		t.Error("two letters to two addresses differ in more than their To")
	}
}
