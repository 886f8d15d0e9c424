package letter

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jhillyerd/enmime/v2"
)

var update = flag.Bool("update", false, "write the golden letters anew")

const base = "https://account.acme.example"

var (
	asked   = time.Date(2026, 11, 24, 14, 2, 7, 0, time.UTC)
	thawing = time.Date(2026, 11, 27, 14, 0, 0, 0, time.UTC)
	place   = Place{Browser: "Firefox on Windows", Near: "Lyon", At: asked}
	link    = base + "/in/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdEfGhIjKlMnOpQrStUvWxYz012345"
	stop    = base + "/stop/ZyXwVuTsRqPoNmLkJiHgFeDcBa9876543210-_ZyXwVuTsRqPoNmLkJiHgFeDcBa98765"
	start   = base + "/recover"
	envelop = Header{To: "maria@example.com", MessageID: "msg_0123456789ABCDEFGHJKMNPQRS@acme.example", Date: asked}
)

// shelf is every letter that the goldens show.
var shelf = []struct {
	name   string
	letter Letter
}{
	{"recover", Recover{Accounts: []Account{{Name: "maria.lopez"}}, Link: link, Code: "48217730", Asked: place, Stop: stop}},
	{"recover-link-alone", Recover{Accounts: []Account{{Name: "maria.lopez", NeedsMore: true}}, Link: link, Asked: place, Stop: stop}},
	{"recover-frozen", Recover{Accounts: []Account{{Name: "maria.lopez", FrozenUntil: thawing}}, Link: link, Code: "48217730", Asked: place, Stop: stop}},
	{"recover-barred", Recover{Accounts: []Account{{Name: "maria.lopez", NeedsMore: true, FrozenUntil: thawing}}, Link: link, Asked: place, Stop: stop}},
	{"recover-eight", Recover{Accounts: eight(), Link: link, Code: "48217730", Asked: place, Stop: stop}},
	{"recover-several", Recover{Accounts: []Account{{Name: "maria.lopez"}, {Name: "shop-of-maria", NeedsMore: true}, {Name: "ماريا", FrozenUntil: thawing}}, Link: link, Code: "48217730", Asked: place, Stop: stop}},
	{"recover-unlock", Recover{Want: Unlock, Accounts: []Account{{Name: "maria.lopez"}}, Link: link, Code: "48217730", Asked: Place{At: asked}, Stop: stop}},
	{"no-account", NoAccount{Start: start}},
	{"changed", Changed{Account: "maria.lopez", Changed: place, Proved: asked.Add(-2 * time.Minute), Stop: stop, Seal: "KF3A-9C1E"}},
	{"unlocked", Unlocked{Account: "maria.lopez", Unlocked: place, Stop: stop, Seal: "KF3A-9C1E"}},
	{"stopped", Stopped{Account: "maria.lopez", Attempt: place, At: asked.Add(7 * time.Minute), FrozenUntil: thawing, Start: start, Seal: "KF3A-9C1E"}},
	{"locked", Locked{Account: "maria.lopez", Tries: 10, Last: place, Start: start}},
}

func eight() (all []Account) {
	for _, name := range []string{"one", "two", "three", "four", "five", "six", "seven", "eight"} {
		all = append(all, Account{Name: name, NeedsMore: true})
	}
	return all
}

const pseudo = "en-x-pseudo"

// acme is letters in English and in a pseudo-language, made from English: accents
// show what came from the catalogue, and four letters in ten more what does not fit.
func acme(t testing.TB) *Letters {
	t.Helper()
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	longer := &catalogue{lang: pseudo, dir: "ltr", texts: map[string][]piece{}}
	accents := strings.NewReplacer("a", "á", "e", "ê", "i", "ï", "o", "ö", "u", "ü", "A", "Å", "S", "Š", "N", "Ñ")
	for key, pieces := range words["en"].texts {
		size := 0
		for _, p := range pieces {
			size += len(p.text)
			longer.texts[key] = append(longer.texts[key], piece{accents.Replace(p.text), p.name})
		}
		if strings.Contains(key, ".") && !strings.HasPrefix(key, "time.") {
			longer.texts[key] = append(longer.texts[key], piece{text: " " + firstRunes(strings.Repeat("lörem ", size), size*4/10)})
		}
	}
	words[pseudo] = longer
	l, err := newLetters(Options{Brand: Brand{Name: "Acme", Sender: "no-reply@acme.example"}, BaseURL: base}, words)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func build(t testing.TB, l *Letters, lang string, letter Letter, h Header) []byte {
	t.Helper()
	raw, err := l.Build(lang, letter, h)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// read is the judgement of an independent reader: no defect at all.
func read(t testing.TB, raw []byte) *enmime.Envelope {
	t.Helper()
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, defect := range e.Errors {
		t.Errorf("defect: %s", defect)
	}
	return e
}

func TestLettersReadAsTheGoldensSay(t *testing.T) {
	l := acme(t)
	for _, lang := range []string{"en", pseudo} {
		for _, s := range shelf {
			t.Run(lang+"/"+s.name, func(t *testing.T) {
				e := read(t, build(t, l, lang, s.letter, envelop))
				html, _, _ := strings.Cut(e.HTML, "<!-- All mails")
				golden(t, s.name+"."+lang+".txt", "Subject: "+e.GetHeader("Subject")+"\n\n"+e.Text)
				golden(t, s.name+"."+lang+".html", html)
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	got = strings.ReplaceAll(got, "\r\n", "\n")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-golden +now):\n%s", name, diff)
	}
}

func BenchmarkALetter(b *testing.B) {
	l := acme(b)
	for _, s := range shelf {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Build("en", s.letter, envelop); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
