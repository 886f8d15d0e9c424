package letter

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestANameCannotBecomeAnythingElseInALetter(t *testing.T) {
	l := acme(t)
	for _, c := range []struct{ about, name, shown string }{
		{"a plain name", "maria.lopez", "maria.lopez"},
		{"markup", `<a href="http://evil.example">Win</a>`, "<a href=\"http:\u200b/\u200b/\u200bevil.\u200bexample\">Win</\u200ba>"},
		{"a script", `<script>alert(1)</script>`, "<script>alert(1)</\u200bscript>"},
		{"an address", "http://evil.example", "http:\u200b/\u200b/\u200bevil.\u200bexample"},
		{"a bare domain", "go to evil.com now", "go to evil.\u200bcom now"},
		{"a domain in capitals", "EVIL.COM", "EVIL.\u200bCOM"},
		{"a domain beyond ASCII", "пример.рф", "пример.\u200bрф"},
		{"a fullwidth dot", "evil。com", "evil。\u200bcom"},
		{"someone's address", "eve@evil.example", "eve@\u200bevil.\u200bexample"},
		{"the recipient's own address", "Maria@Example.com", "Maria@Example.com"},
		{"line ends", "maria\r\nBcc: eve@evil.example\r\n\r\nHello", "maria Bcc:\u200b eve@\u200bevil.\u200bexample Hello"},
		{"other line ends", "a\u2028b\u2029c\u0085d\ve", "a b c d e"},
		{"right-to-left override", "maria\u202egnp.exe", "mariagnp.exe"},
		{"isolates and marks", "\u2066m\u200fa\u061cr\u2069ia\u200e", "maria"},
		{"a Hebrew name", "דנה", "\u2068דנה\u2069"},
		{"invisible characters", "ma\u200bri\ufeffa\u00ad\U000e0041", "maria"},
		{"controls", "ma\x00r\x1bi\x7fa", "maria"},
		{"broken UTF-8", "mar\xff\xfeia", "mar ia"},
		{"template syntax", "{{.Code}} {brand} $ink %s", "{{.Code}} {brand} $ink %s"},
		{"accents without end", "m" + strings.Repeat("\u0301", 500) + "aria", "m\u0301\u0301\u0301aria"},
		{"10 kB", strings.Repeat("x", 10_000), strings.Repeat("x", 63) + "…"},
		{"10 kB of override", strings.Repeat("\u202e", 5_000), ""},
		{"nothing", "", ""},
	} {
		t.Run(c.about, func(t *testing.T) {
			for _, letter := range []Letter{
				Recover{Accounts: []Account{{Name: c.name}}, Link: link, Code: "48217730", Asked: place, Stop: stop},
				Changed{Account: c.name, Changed: place, Stop: stop},
			} {
				e := read(t, build(t, l, "en", letter, envelop))
				if want := "Account: “" + c.shown + "”"; !strings.Contains(e.Text, want) {
					t.Errorf("the text has no %+q:\n%+q", want, e.Text)
				}
				in := look(t, e.HTML)
				if want := "“" + c.shown + "”"; !strings.Contains(strings.Join(in.text, "\n"), want) {
					t.Errorf("the HTML shows no %+q: %+q", want, in.text)
				}
				if len(in.hrefs) > 2 {
					t.Errorf("a link more: %q", in.hrefs)
				}
				if len(e.Root.Header) != 9 || e.GetHeader("Bcc") != "" {
					t.Errorf("headers: %v", e.Root.Header)
				}
			}
		})
	}
}

func TestABrowserAndAPlaceCannotEither(t *testing.T) {
	l := acme(t)
	evil := "<b>x</b>\r\nSee www.evil.com\u202e" + strings.Repeat("y", 500)
	e := read(t, build(t, l, "en", Changed{Account: "maria", Changed: Place{Browser: evil, Near: evil, At: asked}, Stop: stop}, envelop))
	for _, part := range []string{e.Text, e.HTML} {
		if strings.Contains(part, "evil.com") || strings.Contains(part, "\u202e") || strings.Contains(part, "<b>x") && part == e.HTML {
			t.Errorf("a browser's label reached the letter as it was:\n%+q", part)
		}
	}
}

func TestALetterGoesToOneAddressAsItIsStored(t *testing.T) {
	l := acme(t)
	for _, c := range []struct{ to, header string }{
		{"maria@example.com", "<maria@example.com>"},
		{"O'Neil+tag@Example.com", "<O'Neil+tag@Example.com>"},
		{"maría@example.com", "<maría@example.com>"},
		{"用户@例子.广告", "<用户@xn--fsqu00a.xn--4rr70v>"},
		{"maria@bücher.example", "<maria@xn--bcher-kva.example>"},
		{"कि्््ताब@example.com", "<कि्््ताब@example.com>"},
		{"ma\u200bria@example.com", ""},
		{"ma\xffria@example.com", ""},
		{"maria@example.com, eve@evil.example", ""},
		{"maria@example.com\r\nBcc: eve@evil.example", ""},
		{"Maria <maria@example.com>", ""},
		{`"a b"@example.com`, ""},
		{"maria@example.com@evil.example", ""},
		{"maria(x)@example.com", ""},
		{"maria\u202e@example.com", ""},
		{"maria@exa mple.com", ""},
		{"@example.com", ""},
		{"maria@", ""},
		{"maria", ""},
		{"", ""},
		{strings.Repeat("x", 300) + "@example.com", ""},
	} {
		h := envelop
		h.To = c.to
		raw, err := l.Build("en", shelf[0].letter, h)
		if c.header == "" {
			if err == nil {
				t.Errorf("wrote to %q", c.to)
			}
			continue
		}
		if err != nil {
			t.Errorf("to %q: %v", c.to, err)
			continue
		}
		if !bytes.Contains(raw, []byte("\r\nTo: "+c.header+"\r\n")) {
			t.Errorf("to %q: header is not %q", c.to, c.header)
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if list, err := m.Header.AddressList("To"); err != nil || len(list) != 1 {
			t.Errorf("to %q: reads as %v, %v", c.to, list, err)
		}
	}
}

func TestNothingButOurOwnLinksIsWritten(t *testing.T) {
	l := acme(t)
	for _, bad := range []string{
		"", "https://evil.example/in/x", base + ".evil.example/in/x", base, "http://account.acme.example/in/x",
		"javascript:alert(1)", base + "/in/\"><script>", base + "/in/x y", base + "/in/x\r\n", base + "/@evil", base + "/" + strings.Repeat("x", 400), base + "/ü",
	} {
		for _, letter := range []Letter{
			Recover{Accounts: []Account{{Name: "maria"}}, Link: bad, Stop: stop},
			Recover{Accounts: []Account{{Name: "maria"}}, Link: link, Stop: bad},
			NoAccount{Start: bad},
			Changed{Stop: bad},
			Stopped{Start: bad},
			Locked{Start: bad},
		} {
			_, err := l.Build("en", letter, envelop)
			if err == nil {
				t.Errorf("%s links to %q", letter.Kind(), bad)
			} else if len(bad) > 20 && strings.Contains(err.Error(), bad) {
				t.Errorf("the error tells the link: %v", err)
			}
		}
	}
}

func TestALetterWithoutItsPartsIsNoLetter(t *testing.T) {
	l := acme(t)
	good := Recover{Accounts: []Account{{Name: "maria"}}, Link: link, Code: "48217730", Asked: place, Stop: stop}
	for about, spoil := range map[string]func(r *Recover, h *Header){
		"no account":     func(r *Recover, _ *Header) { r.Accounts = nil },
		"nine accounts":  func(r *Recover, _ *Header) { r.Accounts = make([]Account, 9) },
		"a short code":   func(r *Recover, _ *Header) { r.Code = "1234" },
		"a blank code":   func(r *Recover, _ *Header) { r.Code = "4821 773" },
		"no date":        func(_ *Recover, h *Header) { h.Date = Header{}.Date },
		"no message id":  func(_ *Recover, h *Header) { h.MessageID = "" },
		"a folded id":    func(_ *Recover, h *Header) { h.MessageID = "a\r\n b" },
		"a bracketed id": func(_ *Recover, h *Header) { h.MessageID = "<a@b>" },
	} {
		r, h := good, envelop
		spoil(&r, &h)
		if _, err := l.Build("en", r, h); err == nil {
			t.Errorf("wrote a letter with %s", about)
		}
	}
	if _, err := l.Build("en", Changed{Stop: stop, Seal: "<b>12345"}, envelop); err == nil {
		t.Error("wrote a letter with a seal that is none")
	}
}

func TestABrandThatCannotStandInALetterIsRefusedAtTheStart(t *testing.T) {
	fine := Options{Brand: Brand{Name: "Bücher & Söhne \"GmbH\"", Sender: "no-reply@acme.example", Accent: Accent{"#0560E3", "#FFFFFF", "#729FE9", "#101315"}}, BaseURL: "http://localhost:8080/sub/"}
	l, err := New(fine)
	if err != nil {
		t.Fatal(err)
	}
	raw := build(t, l, "de-AT", NoAccount{Start: "http://localhost:8080/sub/recover"}, envelop)
	e := read(t, raw)
	if got, want := e.GetHeader("Subject"), "Bücher & Söhne \"GmbH\": get back into your account"; got != want {
		t.Errorf("subject %q, not %q", got, want)
	}
	if list, err := e.AddressList("From"); err != nil || list[0].Name != fine.Brand.Name || list[0].Address != l.Sender() {
		t.Errorf("from %v, %v", list, err)
	}
	if e.GetHeader("Auto-Submitted") != "auto-generated" || e.GetHeader("Content-Language") != "en" || !strings.Contains(e.HTML, "#0560E3") {
		t.Error("the mail is not marked, or not in our colour")
	}
	for about, spoil := range map[string]func(o *Options){
		"no name":               func(o *Options) { o.Brand.Name = "" },
		"a name of two lines":   func(o *Options) { o.Brand.Name = "Acme\r\nBcc: x" },
		"a name that turns":     func(o *Options) { o.Brand.Name = "Acme\u202e" },
		"an endless name":       func(o *Options) { o.Brand.Name = strings.Repeat("x", 41) },
		"no sender":             func(o *Options) { o.Brand.Sender = "" },
		"two senders":           func(o *Options) { o.Brand.Sender = "a@b.example, c@d.example" },
		"a colour that is none": func(o *Options) { o.Brand.Accent.Dark = "red;}" },
		"no base":               func(o *Options) { o.BaseURL = "" },
		"a base with a query":   func(o *Options) { o.BaseURL = "https://a.example/?x=y" },
		"a base with a user":    func(o *Options) { o.BaseURL = "https://a@b.example" },
		"a script as a base":    func(o *Options) { o.BaseURL = "javascript:alert(1)" },
		"a base without a host": func(o *Options) { o.BaseURL = "https:///x" },
	} {
		o := fine
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("took %s", about)
		}
	}
}

func FuzzQuotedPrintableIsReadBackAsItWas(f *testing.F) {
	for _, s := range []string{"", ".", "From me\n.dot\n..", "a \nb\t\n=", strings.Repeat("ü", 100), strings.Repeat("x", 75) + ".", strings.Repeat("x ", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := appendQuoted(nil, []byte(s))
		back, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(quoted)))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(back), "\r\n", "\n"); got != s && !strings.Contains(s, "\r") {
			t.Fatalf("%q came back as %q by %q", s, got, quoted)
		}
		for line := range bytes.SplitSeq(quoted, []byte("\r\n")) {
			if len(line) > 76 || bytes.HasPrefix(line, []byte(".")) || bytes.HasPrefix(line, []byte("From ")) || bytes.HasSuffix(line, []byte(" ")) {
				t.Fatalf("line %q", line)
			}
		}
	})
}

func FuzzAStrangersTextStaysOneShortLine(f *testing.F) {
	for _, s := range []string{"maria", "\u202e\r\n", strings.Repeat("a.com", 99), "\xff", "\u0301\u0301"} {
		f.Add(s)
	}
	w := &writer{words: &catalogue{dir: "ltr"}}
	f.Fuzz(func(t *testing.T, s string) {
		got := w.stranger(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\t\u2028\u2029\u0085\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200e\u200f\u061c") || strings.Contains(got, "://") {
			t.Fatalf("%+q is shown as %+q", s, got)
		}
		cost := 0
		for _, r := range got {
			cost += costOf(r)
		}
		if cost > maxCost+9+18 {
			t.Fatalf("%+q costs %d", got, cost)
		}
	})
}
