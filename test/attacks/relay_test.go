package attacks

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// The attacker starts a recovery for the victim, and gets the victim to open the link
// or to come along: what the attacker's own page gains by it is the news.
func TestThePageThatStartedGainsNothingByAnothersLink(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		thief := s.Visitor()
		inbox := thief.Ask("victim@example.com", "password").URL.Path
		l := s.Letter("victim@example.com", "get back into", 1)
		stream, err := thief.Stream(s.URL + inbox + "/live")
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		victim := s.Visitor()
		if !opens(victim.Open(l.Link)) {
			t.Fatal("the link does not open")
		}
		for _, path := range []string{"/recover/open", "/recover/done"} {
			if p := thief.Open(path); opens(p) || isSet(p) {
				t.Errorf("the thief's browser has %s", path)
			}
		}
		if isSet(set(t, s, thief, "")) || cookie(s, thief, "kb_pass") != "" {
			t.Error("the thief's browser may set a password")
		}
		if !isSet(set(t, s, victim, "")) {
			t.Fatal("the victim's browser may not")
		}
		news, err := io.ReadAll(bufio.NewReader(stream)) // it ends with the news
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{tokenOf(l.Link), tokenOf(l.Stop), l.Code, "kb_pass", string(fresh), ">victim<"} {
			if strings.Contains(string(news), secret) {
				t.Errorf("the live page says %q", secret)
			}
		}
		if p := try(t, s, thief, inbox, l.Code); p.URL.Path == "/recover/open" {
			t.Error("the code still opens")
		}
		if p := thief.Open("/recover/done"); isSet(p) {
			t.Error("the thief's browser is told what was done")
		}
	})
}

// Told over the telephone, a link is still the browser's that opens it, and a code is
// worth nothing anywhere but in the browser that asked: the attacker must have asked.
// Then the letter has said so, and the notice lets the holder stop it.
func TestALinkPastedIntoAnotherBrowserLeavesTheNoticeWithItsHolder(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com", "second@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	thief := s.Visitor()
	thief.Agent = "Mozilla/5.0 (Linux; Android 15) Chrome/142.0"
	thief.Open(r.link)
	set(t, s, thief, "")
	s.Letter("victim@example.com", "password was changed", 1) // which the thief may read, too
	holder := s.Visitor()
	holder.Fill(holder.Open(s.Letter("second@example.com", "password was changed", 1).Stop), "yes", map[string]string{"yes": "yes"})
	if _, ok := s.Visitor().SignIn("victim", fresh); ok {
		t.Error("the thief's password opens an account that its holder has stopped")
	}
}
