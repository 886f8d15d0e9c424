package attacks

import (
	"fmt"
	"testing"
	"time"

	"keyback/internal/limit"
	"keyback/internal/recovery"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// usual are the limits that a server has, and networks as told by the test.
var usual = stage.Options{Change: proxied}

func TestAMailboxGetsNoMoreThanItsCapFromHoweverManyBrowsers(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, usual, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		spellings := []string{"victim@example.com", "VICTIM@example.com", "Victim@Example.Com", " victim@example.com "}
		for i := range 40 {
			thief := from(s, fmt.Sprintf("198.51.%d.%d", i, i))
			inbox := thief.Ask(spellings[i%4], []string{"password", "locked"}[i%2])
			thief.Ask(spellings[i%4], "password")
			do(t, thief, "POST", s.URL+inbox.URL.Path+"/resend", nil)
		}
		if n := count(t, s, `SELECT count(*) FROM mail_message`); n > 5 {
			t.Errorf("%d mails were written within a moment", n)
		}
		s.Clock.Advance(59 * time.Minute)
		for i := range 40 {
			from(s, fmt.Sprintf("203.0.%d.%d", i, i)).Ask("victim@example.com", "password")
		}
		if n := count(t, s, `SELECT count(*) FROM mail_message`); n > 5 {
			t.Errorf("%d mails were written within an hour", n)
		}
		// The holder, who gets no mail of the own any more, goes in by the newest there is.
		holder := s.Visitor()
		holder.Ask("victim@example.com", "password")
		letters := mails(t, s, count(t, s, `SELECT count(*) FROM mail_message`))
		holder.Open(read(t, letters[len(letters)-1]).Link)
		if !isSet(set(t, s, holder, "")) {
			t.Error("the holder is kept out by a flood of mail")
		}
	})
}

func TestOtherNamesOfOneMailboxShareItsCap(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, usual, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "vic.tim@example.com")
		for i := range 30 {
			login := fmt.Sprintf("vic.tim+%d@example.com", i) // sub-addresses reach the same mailbox
			if i%2 == 1 {
				login = "victim"[:1+i%5] + "." + "victim"[1+i%5:] + "@example.com" // so do dots, with some
			}
			from(s, fmt.Sprintf("198.51.%d.7", i)).Ask(login, "password")
		}
		if n := count(t, s, `SELECT count(*) FROM mail_message`); n > 5 {
			t.Errorf("%d mails were written", n)
		}
	})
}

func TestAStrangerHearsNothingFromASpentNetwork(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, usual, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		thief := func() *stage.Visitor { return from(s, "198.51.100.7") }
		for i := range 60 { // a list of strangers, to be written to in our name
			thief().Ask(fmt.Sprintf("stranger%d@list%d.example", i, i), "password")
		}
		settle(t, s, 60)
		if n := s.Sink.Count(); n > 40 {
			t.Errorf("%d strangers were written to", n)
		}
		// A holder there is still written to, and other networks are as ever.
		thief().Ask("victim@example.com", "password")
		s.Letter("victim@example.com", "get back into", 1)
		elsewhere := from(s, "203.0.113.7")
		inbox := elsewhere.Ask("nobody@example.com", "password")
		if inbox.Attr("data-live") == "" {
			t.Error("another network lost its live page")
		}
		s.Letter("nobody@example.com", "get back into", 1)
	})
}

// settle waits until n mails are at their end, sent or not.
func settle(t testing.TB, s *stage.Stage, n int) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(15 * time.Second); count(t, s, `SELECT count(*) FROM mail_message WHERE ready IS NULL`) < n; <-look.C {
		if time.Now().After(end) {
			t.Fatalf("fewer than %d mails ended", n)
		}
	}
}

func TestAForgedForwardedHeaderBuysNoBudget(t *testing.T) {
	s := stage.Open(t, stage.Options{Change: limits(func(l *recovery.Limits) { l.Network = limit.Within(3, time.Hour) })})
	for i := range 12 {
		v := s.Visitor() // no proxy is named: whatever it says, it comes from 127.0.0.0/24
		v.Extra = map[string]string{
			"X-Forwarded-For": fmt.Sprintf("198.51.%d.1", i), "X-Real-IP": fmt.Sprintf("198.51.%d.1", i), "Forwarded": fmt.Sprintf("for=198.51.%d.1", i),
			"CF-Connecting-IP": fmt.Sprintf("198.51.%d.1", i), "True-Client-IP": fmt.Sprintf("198.51.%d.1", i), "X-Client-IP": fmt.Sprintf("198.51.%d.1", i),
		}
		v.Ask(fmt.Sprintf("stranger%d@example.com", i), "password")
	}
	if n := count(t, s, `SELECT count(*) FROM recovery WHERE mute = 0`); n > 3 {
		t.Errorf("%d starts had a budget", n)
	}
}

func TestAProxyIsBelievedOnlyInWhatItAddedItself(t *testing.T) {
	s := stage.Open(t, usual)
	for _, forged := range []string{"203.0.113.1, 198.51.100.7", "203.0.113.2,127.0.0.1, 198.51.100.7", "x, 198.51.100.7", "203.0.113.3, [198.51.100.7]:443"} {
		from(s, forged).Ask("stranger@example.com", "password")
	}
	if n := count(t, s, `SELECT count(DISTINCT network) FROM recovery`); n != 1 {
		t.Errorf("one caller was taken for %d networks", n)
	}
}

func TestGuessingAtAnAccountLocksNobodyOutForGood(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, usual, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		for range 12 {
			s.Visitor().SignIn("victim", "wrong")
		}
		// The lock that this makes opens by mail, with the password as it was.
		holder := s.Visitor()
		holder.Ask("victim@example.com", "locked")
		holder.Fill(holder.Open(s.Letter("victim@example.com", "unlock your", 1).Link), "yes", map[string]string{"yes": "yes"})
		unchanged(t, s, "victim")
	})
}

func TestLivePagesOfOneNetworkLeaveRoomForOthers(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true, Change: proxied})
	thief := from(s, "198.51.100.7")
	inbox := thief.Ask("thief@evil.example", "password").URL.Path
	held := 0
	for range 400 {
		stream, err := thief.Stream(s.URL + inbox + "/live")
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = stream.Close() })
		held++
	}
	if held >= 400 {
		t.Errorf("one network holds %d live pages", held)
	}
	other := from(s, "203.0.113.7")
	stream, err := other.Stream(s.URL + other.Ask("victim@example.com", "password").URL.Path + "/live")
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.Close()
}
