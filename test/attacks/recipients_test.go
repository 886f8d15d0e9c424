package attacks

import (
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestAnAddressThatIsSeveralOrNestedStartsNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	const victim, thief = "victim@example.com", "thief@" + evil
	for _, login := range []string{
		victim + "," + thief, victim + ", " + thief, victim + ";" + thief, victim + " " + thief, victim + "|" + thief, victim + "\t" + thief,
		thief + "," + victim, victim + "\r\nBcc: " + thief, victim + "\nCc:" + thief, victim + "\r" + thief, victim + "\x00" + thief, victim + "\x00@" + evil,
		victim + "\u2028Bcc: " + thief, victim + "%0aBcc:" + thief, victim + "%0d%0aBcc:" + thief, victim + "\\n" + thief, victim + "\r\n\r\nhello",
		"<" + victim + ">", "Victim <" + victim + ">", "<" + victim + "> " + thief, victim + "<" + thief + ">", "<" + victim + ">,<" + thief + ">",
		`"` + victim + `"@` + evil, `"victim"@example.com`, victim + "@" + evil, "victim%example.com@" + evil, evil + "!victim@example.com",
		"@" + evil + ":" + victim, "@" + evil + "," + victim, "victim(x)@example.com", "victim@(x)example.com", "victim@example.com(" + thief + ")", "victim@[192.0.2.1]", "victim@[IPv6:::1]",
		"victim@example.com\u200b", "vic\u00adtim@example.com", "victim@exam\u200dple.com", "\ufeffvictim@example.com", "victim\u202e@example.com", "victim@example.com.", "victim@example..com", ".victim@example.com",
		"victim@", "@example.com", "@", "victim@localhost", "victim@example", "victim@-example.com", "victim@127.0.0.1", "mailto:" + victim + "?cc=" + thief, victim + "?cc=" + thief, victim + "&email=" + thief,
		victim + "'--", victim + ` SIZE=1`, victim + "> SIZE=1", `{"email":"` + victim + `"}`, `["` + victim + `","` + thief + `"]`, strings.Repeat("a", 65) + "@example.com", "v@" + strings.Repeat("a.", 130) + "com",
	} {
		p := do(t, s.Visitor(), "POST", s.URL+"/recover", url.Values{"login": {login}, "loss": {"password"}})
		if p.Status != 422 {
			t.Errorf("%q was answered with %d at %s", login, p.Status, p.URL.Path)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM mail_message`); n != 0 {
		t.Errorf("%d mails were written", n)
	}
}

func TestALookAlikeOfAnAddressGetsNoLink(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("mike", "mike@example.com")
		s.Account("strasse", "strasse@fixkiosk.example")
		sent := 0
		for _, login := range []string{
			"mıke@example.com", "MİKE@example.com", "mi\u212ae@example.com", "miKe@example.com\u0301", "mіke@example.com", "ｍike@example.com", "mike@ｅxample.com", "miké@example.com", "mike\u0301@example.com",
			"mike@exаmple.com", "mike@example。com", "mike@example．com", "mike@éxample.com", "mike@examp\u217ce.com", "mike@example.ⅽom", "mike@ⓔxample.com", "mike@xn--exmple-cua.com", "mike@example.com.evil.example",
			"straße@fixkiosk.example", "strasſe@fixkiosk.example", "ﬆrasse@fixkiosk.example", "strasse@ﬁxkiosk.example", "strasse@fix\u212aiosk.example", "strasse@fixkıosk.example", "mike @example.com", "mike@ example.com",
		} {
			p := do(t, s.Visitor(), "POST", s.URL+"/recover", url.Values{"login": {login}, "loss": {"password"}})
			if p.Status == 200 {
				sent++
			}
		}
		for _, m := range mails(t, s, sent) {
			if l := read(t, m); l.Link != "" || l.Code != "" || l.Stop != "" {
				t.Errorf("%s got a way in", m.To)
			}
		}
	})
}

func TestALetterGoesToTheBytesOnFileAndNotToThoseTyped(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("mike", "mike@example.com")
	s.Account("info", "info@xn--bcher-kva.example")
	for i, c := range []struct{ typed, stored string }{
		{"MIKE@EXAMPLE.COM", "mike@example.com"}, {" mike@Example.Com ", "mike@example.com"}, {"info@bücher.example", "info@xn--bcher-kva.example"}, {"INFO@BÜCHER.example", "info@xn--bcher-kva.example"},
	} {
		s.Visitor().Ask(c.typed, "password")
		if m := mails(t, s, i+1)[i]; m.To != c.stored || read(t, m).Link == "" || !strings.Contains(string(m.Raw), "<"+c.stored+">") {
			t.Errorf("%q: the letter went to %s", c.typed, m.To)
		}
	}
}

func TestTwinsThatDifferInCaseNeverGetEachOthersLetter(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("elder", "Maria@example.com")
	s.Account("younger", "maria@example.com")
	for i, c := range []struct{ typed, named string }{{"Maria@example.com", "elder"}, {"maria@example.com", "younger"}, {"MARIA@example.com", ""}} {
		s.Visitor().Ask(c.typed, "password")
		m := mails(t, s, i+1)[i]
		l := read(t, m)
		if c.named == "" && (l.Link != "" || l.Code != "") {
			t.Errorf("%s got a way in though nobody knows whose", m.To)
		}
		if c.named != "" && (m.To != c.typed || !strings.Contains(l.Text, c.named)) {
			t.Errorf("%s: the letter went to %s", c.typed, m.To)
		}
	}
}
