package attacks

import (
	"bufio"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"keyback/internal/account/local"
	"keyback/internal/limit"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// crowd makes one account of each kind and gives their addresses, with one that nobody
// has among them. All are of one length, so that replies can be held against each other.
func crowd(t *testing.T, s *stage.Stage) []string {
	t.Helper()
	old := s.Clock.Now().Add(-60 * 24 * time.Hour)
	entry := func(name string, p policy.Protection) local.Entry {
		return local.Entry{Name: name, Password: stage.Password, Protection: p, Emails: []local.Email{{Address: name + "@example.com", Since: old}}}
	}
	add := func(e local.Entry) string { return string(s.Add(e).ID) }
	add(entry("activ", policy.Basic))
	add(entry("proto", policy.Protected))
	add(entry("guard", policy.Guarded))
	lockedID := s.Add(entry("opera", policy.Basic)).ID
	if err := s.Server.LockAccount(t.Context(), lockedID, "operator"); err != nil {
		t.Fatal(err)
	}
	add(entry("faile", policy.Basic))
	for range local.MostMisses {
		s.Visitor().SignIn("faile", "wrong")
	}
	young := entry("young", policy.Basic)
	young.Emails[0].Since = time.Time{}
	add(young)
	uncon := entry("uncon", policy.Basic)
	uncon.Emails[0].Unconfirmed = true
	add(uncon)
	pair := entry("twice", policy.Basic)
	add(pair)
	pair.Name = "share"
	add(pair)
	add(entry("froze", policy.Basic))
	freeze(t, s, "froze@example.com")
	return []string{"nobod@example.com", "activ@example.com", "proto@example.com", "guard@example.com", "opera@example.com", "faile@example.com", "young@example.com", "uncon@example.com", "twice@example.com", "froze@example.com"}
}

// freeze is a stop by the account's holder.
func freeze(t *testing.T, s *stage.Stage, address string) {
	t.Helper()
	s.Visitor().Ask(address, "password")
	holder := s.Visitor()
	holder.Fill(holder.Open(s.Letter(address, "get back into", 1).Stop), "yes", map[string]string{"yes": "yes"})
	s.Letter(address, "frozen", 1)
}

// alike fails the test where two kinds of account are answered differently. The first
// is what the others are held against.
func alike(t *testing.T, what string, logins, seen []string) {
	t.Helper()
	for i := range seen {
		if seen[i] != seen[0] {
			t.Errorf("%s tells %s from %s:\n%s", what, logins[i], logins[0], difference(seen[0], seen[i]))
		}
	}
}

func difference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("- %.300s\n+ %.300s", as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d lines against %d", len(as), len(bs))
}

// events are those of the live page until its mail is at its end, or n.
func events(t *testing.T, s *stage.Stage, v *stage.Visitor, inbox string, enough func(part string) bool) string {
	stream, err := v.Stream(s.URL + inbox + "/live")
	if err != nil {
		t.Error(err)
		return ""
	}
	defer stream.Close()
	end := time.AfterFunc(45*time.Second, func() { _ = stream.Close() })
	defer end.Stop()
	var all, part strings.Builder
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		part.WriteString(lines.Text() + "\n")
		if lines.Text() != "" {
			continue
		}
		all.WriteString(part.String())
		if enough(part.String()) {
			return all.String()
		}
		part.Reset()
	}
	t.Errorf("the live page of %s ended before it said enough:\n%s", inbox, all.String())
	return ""
}

// told is what the live page says when a server has taken, or put off, the mail.
func told(word string) func(string) bool {
	return func(part string) bool { return strings.Contains(part, `data-state="`+word+`"`) }
}

// journey does to each login what anybody can do, and gives what is seen step by step.
func journey(t *testing.T, s *stage.Stage, login, loss, ends string) map[string]string {
	v := s.Visitor()
	seen := map[string]string{}
	note := func(step string, text string) { seen[step] = blot(text, login) }
	begun := wire(t, s, form("/recover", url.Values{"login": {login}, "loss": {loss}}.Encode()))
	begun.header.Del("Date")
	note("the start", fmt.Sprint(begun.status, begun.header, len(begun.body), begun.body))
	page := v.Ask(login, loss)
	inbox := page.URL.Path
	note("the inbox page", whole(page, login))
	if ends != "" {
		note("the live page", events(t, s, v, inbox, told(ends)))
		note("the page afterwards", whole(v.Open(inbox), login))
	}
	note("a wrong code", whole(try(t, s, v, inbox, "00000000"), login))
	note("an empty code", whole(try(t, s, v, inbox, ""), login))
	note("an early resend", whole(do(t, v, "POST", s.URL+inbox+"/resend", url.Values{}), login))
	for range 6 {
		try(t, s, v, inbox, "00000001")
	}
	note("a code beyond the limit", whole(try(t, s, v, inbox, "00000000"), login))
	note("starting again", whole(v.Ask(login, loss), login))
	note("the start page with the name filled in", whole(v.Open("/recover?name="+url.QueryEscape(login)), login))
	refused, _ := s.Visitor().SignIn(login, "not the password at all")
	note("a sign-in", whole(refused, login))
	return seen
}

// compare goes on the journey for all at once and compares.
func compare(t *testing.T, s *stage.Stage, logins []string, loss, ends string) {
	t.Helper()
	all := make([]map[string]string, len(logins))
	var running sync.WaitGroup
	for i, login := range logins {
		running.Go(func() { all[i] = journey(t, s, login, loss, ends) })
	}
	running.Wait()
	for step := range all[0] {
		seen := make([]string, len(logins))
		for i := range all {
			seen[i] = all[i][step]
		}
		alike(t, step, logins, seen)
	}
}

func TestNothingBeforeAProofTellsAnAccountFromNone(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	for _, loss := range []string{"password", "locked"} {
		t.Run(loss, func(t *testing.T) {
			stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
				compare(t, s, crowd(t, s), loss, "handed")
			})
		})
	}
}

func TestANameTellsNothingEither(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	s := stage.Open(t, stage.Options{Loose: true})
	var names []string
	for _, address := range crowd(t, s) {
		names = append(names, strings.TrimSuffix(address, "@example.com"))
	}
	compare(t, s, names, "password", "")
}

func TestAMailThatWaitsTellsNothing(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	later := smtpsink.Reply{At: smtpsink.Rcpt, Code: 451, Text: "try again"}
	var down bool
	var mu sync.Mutex
	o := stage.Options{Loose: true, Script: func(smtpsink.Attempt) smtpsink.Reply {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return later
		}
		return smtpsink.Reply{}
	}}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		logins := crowd(t, s)
		mu.Lock()
		down = true
		mu.Unlock()
		compare(t, s, logins, "password", "deferred")
		mu.Lock()
		down = false
		mu.Unlock()
	})
}

func TestAMailThatComesBackTellsNothing(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	o := stage.Options{Loose: true, Script: func(a smtpsink.Attempt) smtpsink.Reply {
		if strings.HasPrefix(a.To, "nobod") || strings.HasPrefix(a.To, "activ") {
			return smtpsink.Reply{At: smtpsink.Rcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"}
		}
		return smtpsink.Reply{}
	}}
	s := stage.Open(t, o)
	s.Account("activ", "activ@example.com")
	logins := []string{"nobod@example.com", "activ@example.com"}
	var seen []string
	for _, login := range logins {
		v := s.Visitor()
		inbox := v.Ask(login, "password").URL.Path
		seen = append(seen, blot(events(t, s, v, inbox, told("came-back")), login))
	}
	alike(t, "a refused mail", logins, seen)
}

func TestLimitsTellNothing(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	few := limits(func(l *recovery.Limits) {
		l.Network, l.Subject, l.Codes = limit.Within(2, time.Hour), limit.Within(2, time.Hour), limit.Within(2, time.Hour)
	})
	stage.Each(t, testkit.InCheckAll, stage.Options{Change: func(o *server.Options) { few(o); proxied(o) }}, func(t *testing.T, s *stage.Stage) {
		s.Account("activ", "activ@example.com")
		logins := []string{"nobod@example.com", "activ@example.com"}
		seen := map[string][]string{}
		for i, login := range logins {
			for n := range 4 { // the address's cap, then the network's
				v := from(s, fmt.Sprintf("198.51.%d.9", 100+i))
				page := v.Ask(login, "password")
				step := fmt.Sprintf("start %d", n)
				seen[step] = append(seen[step], whole(page, login))
				for c := range 3 {
					step := fmt.Sprintf("start %d, code %d", n, c)
					seen[step] = append(seen[step], whole(try(t, s, v, page.URL.Path, "00000000"), login))
				}
			}
		}
		for step, pages := range seen {
			alike(t, step, logins, pages)
		}
	})
}

// What a page shows must not depend on what others do with the address: else whoever
// waits before it learns that somebody has the account, and when.
func TestWhatTheHolderDoesElsewhereShowsOnNoOtherPage(t *testing.T) {
	t.Parallel() // it waits for the seconds of live pages
	for what, act := range map[string]func(s *stage.Stage){
		"a sign-in": func(s *stage.Stage) { s.Visitor().SignIn("activ", stage.Password) },
		"a recovery of the holder's own": func(s *stage.Stage) {
			s.Visitor().Ask("activ@example.com", "password")
			v := s.Visitor()
			v.Open(s.Letter("activ@example.com", "get back into", 2).Link)
			v.Fill(v.Open("/recover/open"), "password", map[string]string{"password": fresh})
			s.Letter("activ@example.com", "password was changed", 1)
		},
	} {
		t.Run(what, func(t *testing.T) {
			stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
				s.Account("activ", "activ@example.com")
				thief := s.Visitor()
				inbox := thief.Ask("activ@example.com", "password").URL.Path
				events(t, s, thief, inbox, told("handed"))
				before := whole(thief.Open(inbox))
				act(s)
				if after := whole(thief.Open(inbox)); after != before {
					t.Errorf("it shows:\n%s", difference(before, after))
				}
				if first := events(t, s, thief, inbox, func(string) bool { return true }); !strings.Contains(first, `data-state="handed"`) {
					t.Errorf("the live page shows it:\n%s", first)
				}
			})
		})
	}
}

func TestLettersToKnownAndUnknownAreOfOneSize(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	logins := crowd(t, s)
	came := int(s.Sink.Count())
	sizes := map[int][]string{}
	for i, login := range logins {
		s.Visitor().Ask(login, "password")
		all := mails(t, s, came+i+1)
		m := all[len(all)-1]
		sizes[m.Size] = append(sizes[m.Size], m.To)
	}
	if len(sizes) != 1 {
		t.Errorf("sizes: %v", sizes)
	}
}
