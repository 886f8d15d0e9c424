package parts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/assets"
)

var moment = time.Date(2026, 11, 24, 14, 2, 7, 0, time.UTC)

func english(t testing.TB) *i18n.Library {
	t.Helper()
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestTheThreadInCharacters(t *testing.T) {
	got := ThreadText(english(t).For(), []Knot{
		{Kind: Done, Text: i18n.Say("knot.asked"), At: moment, Seconds: true},
		{Kind: Aside, Text: i18n.Literal("You asked again"), At: moment.Add(30 * time.Second), Seconds: true},
		{Kind: Done, Text: i18n.Say("knot.handed"), At: moment.Add(time.Minute), Seconds: true},
		{Kind: Now, Text: i18n.Say("knot.deferred", "domain", "example.com"), Help: i18n.Say("knot.deferred.help", "time", moment.Add(2*time.Minute))},
		{Kind: Next, Text: i18n.Say("knot.inbox")},
		{Kind: Stopped, Text: i18n.Literal("You stopped it"), At: moment.Add(time.Hour)},
	})
	want := `
●  14:02:07  You asked
·  14:02:37  You asked again
●  14:03:07  We handed the mail over
◯  now       example.com asked us to wait; That is normal. We try again at 14:04.
┊  next      In your inbox, or in spam
▬  15:02     You stopped it
`
	if got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}

// A thread page, to see the thread as a page shows it.
type threadPage struct {
	Visit
	Knots []Knot
}

func (threadPage) Template() string { return "thread" }

func TestALongThreadFoldsItsMiddle(t *testing.T) {
	texts := english(t).For()
	for n := range 12 {
		knots := make([]Knot, n)
		for i := range knots {
			knots[i].Text = i18n.Literal(fmt.Sprint(i))
		}
		f := fold(knots)
		all := append(append(append([]Knot{}, f.Before...), f.Middle...), f.After...)
		if len(all) != n {
			t.Fatalf("%d of %d knots are left", len(all), n)
		}
		for i := range all {
			if texts.Say(all[i].Text) != fmt.Sprint(i) {
				t.Fatalf("the order is lost at %d", i)
			}
		}
		if shown := n - len(f.Middle); shown > mostKnots || n <= mostKnots && len(f.Middle) > 0 {
			t.Errorf("%d knots: %d shown, %d folded", n, shown, len(f.Middle))
		}
	}
}

func TestTheMailboxIsFoundByTheTypedDomainAlone(t *testing.T) {
	const sender = "account@acme.example"
	for _, row := range []struct{ typed, name, url string }{
		{"maria@gmail.com", "Gmail", "https://mail.google.com/mail/u/0/#search/in%3Aanywhere+from%3Aaccount@acme.example"},
		{"MARIA@GoogleMail.com. ", "Gmail", ""},
		{"a@b@outlook.com", "Outlook.com", "https://outlook.live.com/mail/0/?search=account@acme.example"},
		{"maria@web.de", "WEB.DE", "https://web.de/email/"},
		{"maria@me.com", "iCloud Mail", "https://www.icloud.com/mail/"},
		{"maria@proton.me", "Proton Mail", ""},
		{"maria@ya.ru", "Yandex", ""},
		{"maria@mail.gmail.com", "", ""},
		{"maria@example.com", "", ""},
		{"gmail.com", "", ""},
		{"", "", ""},
	} {
		got, ok := Provider(row.typed, sender)
		if ok != (row.name != "") || got.Name != row.name || row.url != "" && got.URL != row.url {
			t.Errorf("%q: got %+v", row.typed, got)
		}
	}
}

func TestASenderCannotLeaveTheSearch(t *testing.T) {
	named, _ := Provider("maria@gmail.com", "Acme <account@acme.example>")
	if plain, _ := Provider("maria@gmail.com", "account@acme.example"); named != plain {
		t.Errorf("a name before the address changes the search: %s", named.URL)
	}
	got, _ := Provider("maria@gmail.com", `"A&B" <a?b#c/d"@acme.example>`)
	if rest := strings.TrimPrefix(got.URL, "https://mail.google.com/mail/u/0/#search/"); strings.ContainsAny(rest, `?#/"<> `) {
		t.Error(got.URL)
	}
}

func TestOnlyWaysThatLeadSomewhereAreShown(t *testing.T) {
	if got := Ways(Way{URL: "/a"}, Way{}, Way{URL: "/b"}); len(got) != 2 || got[1].URL != "/b" {
		t.Error(got)
	}
}

func TestAPageThatFailsWritesNothing(t *testing.T) {
	kit, err := assets.New(assets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	site, err := NewSite(Options{Texts: english(t), Assets: kit})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := site.Bytes(threadPage{}); err == nil || body != nil {
		t.Errorf("a page whose struct does not fit its template: %v, %d bytes", err, len(body))
	}
}
