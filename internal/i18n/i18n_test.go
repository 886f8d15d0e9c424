package i18n

import (
	"html/template"
	"strings"
	"testing"
	"time"
)

func load(t testing.TB) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func catalogue(t testing.TB, tag, texts string) *Catalogue {
	t.Helper()
	c, err := parse(tag, []byte(texts))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAMessageIsFilledByTheNamesOfItsArguments(t *testing.T) {
	c := catalogue(t, "en", `{"hi": "{a} before {b}, {a}", "many": {"one": "{n} place", "other": "{n} places"}}`)
	for want, got := range map[string]string{
		"1 before <x>, 1":   c.T("hi", "b", "<x>", "a", 1),
		"1 place":           c.T("many", "n", 1),
		"0 places":          c.T("many", "n", 0),
		"[gone]":            c.T("gone"),
		"[a] before x, [a]": c.T("hi", "b", "x"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOtherLanguagesCountAsTheyDo(t *testing.T) {
	c := catalogue(t, "ar", `{"p": {"zero": "صفر", "one": "واحد", "two": "اثنان", "few": "{n} قليل", "many": "{n} كثير", "other": "{n} غير"}}`)
	for n, want := range map[int]string{0: "صفر", 1: "واحد", 2: "اثنان", 5: "5 قليل", 11: "11 كثير", 100: "100 غير"} {
		if got := c.T("p", "n", n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if c.Dir() != "rtl" {
		t.Error("Arabic runs", c.Dir())
	}
}

func TestNothingTypedBecomesMarkup(t *testing.T) {
	c := catalogue(t, "en", `{"m": "<b>{x}</b> & {y}", "outer": "{m}"}`)
	got := c.HTML("m", "x", `<script>"'&`, "y", template.HTML("<i>ours</i>"))
	if want := template.HTML("&lt;b&gt;&lt;script&gt;&#34;&#39;&amp;&lt;/b&gt; &amp; <i>ours</i>"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	nested := c.HTML("outer", "m", Say("m", "x", "<", "y", Literal("<")))
	if want := template.HTML("&lt;b&gt;&lt;&lt;/b&gt; &amp; &lt;"); nested != want {
		t.Errorf("got  %s\nwant %s", nested, want)
	}
}

func TestTimesAreToldInWords(t *testing.T) {
	lyon := time.FixedZone("CET", 3600)
	c := load(t).For("en").In(lyon)
	moment := time.Date(2026, 11, 27, 13, 5, 9, 0, time.UTC)
	for _, row := range []struct{ got, want string }{
		{c.Say(Say("thread.when", "time", moment)), "14:05"},
		{c.Say(Say("thread.when", "time", Seconds(moment))), "14:05:09"},
		{c.Say(Say("thread.when", "time", Weekday(moment))), "Friday at 14:05"},
		{c.Say(Say("thread.when", "time", Day(moment))), "Friday 27 November, 14:05"},
		{string(c.SayHTML(Say("thread.when", "time", moment))), `<time datetime="2026-11-27T13:05:09Z" data-as="clock">14:05</time>`},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
	for left, want := range map[time.Duration]string{
		-time.Second: "now", 0: "now", 500 * time.Millisecond: "in 1 second", 59 * time.Second: "in 59 seconds", time.Minute: "in 1 minute",
		28 * time.Minute: "in 28 minutes", 2 * time.Hour: "in 2 hours", 72 * time.Hour: "in 3 days",
	} {
		if got := c.Left(moment, moment.Add(left)); got != want {
			t.Errorf("%v: got %q, want %q", left, got, want)
		}
	}
}

func TestTheFirstWishThatCanBeMetIsMet(t *testing.T) {
	german := catalogue(t, "de", `{"layout.help": "Hilfe"}`)
	l := load(t).With(german)
	for wish, want := range map[string]string{"": "en", "de-AT,de;q=0.8": "de", "xx": "en", "fr;q=0.9, de;q=0.5": "de", "not a tag!": "en"} {
		if got := l.For(wish).Lang(); got != want {
			t.Errorf("%q: got %s, want %s", wish, got, want)
		}
	}
	if got := l.For("fr", "de").Lang(); got != "de" {
		t.Error("the second wish was not looked at:", got)
	}
	if got := l.For("de").T("field.show"); got != "Show" {
		t.Errorf("a message that German lacks came out as %q", got)
	}
	if l.For("de").Has("field.show") {
		t.Error("Has counts what English lends")
	}
}

func TestThePseudoLanguageIsLongerAndBracketed(t *testing.T) {
	english := load(t).For()
	pseudo := Pseudo(english)
	for _, key := range english.Keys() {
		got := pseudo.T(key, "n", 2)
		if !strings.HasPrefix(got, "⟦") || !strings.HasSuffix(got, "⟧") {
			t.Errorf("%s: %q has no brackets", key, got)
		}
		if plain := english.T(key, "n", 2); !strings.Contains(plain, "[") && len([]rune(got)) < len([]rune(plain))*7/5-4 {
			t.Errorf("%s: %q is not longer by 40 %% than %q", key, got, plain)
		}
	}
}

func TestACatalogueWithAMistakeIsRefused(t *testing.T) {
	for _, wrong := range []string{`{"a": "{"}`, `{"a": "{}"}`, `{"a": {"one": "x"}}`, `{"a": {"other": "x", "lots": "y"}}`, `{"a": 1}`, `[]`} {
		if _, err := parse("en", []byte(wrong)); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}
