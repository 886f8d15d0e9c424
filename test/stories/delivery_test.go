package stories

import (
	"strings"
	"testing"
	"time"

	"keyback/internal/mail"
	"keyback/internal/recovery"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestALivePageTellsTheMailsWayAtWholeSeconds(t *testing.T) {
	var sink answers
	stage.Each(t, testkit.InCheckAll, stage.Options{Script: sink.script}, func(t *testing.T, s *stage.Stage) {
		held := make(chan struct{})
		sink.say(smtpsink.Reply{At: smtpsink.End, Hold: held})
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		asked := time.Now()
		inbox := maria.Ask("maria@example.com", "password")
		feed := live(t, s, maria, inbox)
		if e, _ := feed.next(); stateOf(e) != "asked" || e.name != "" {
			t.Errorf("it begins with %q %q", e.name, stateOf(e))
		}
		close(held)
		sink.say(smtpsink.Reply{})
		handed := feed.until("handed")
		if !strings.Contains(handed.data, "We handed the mail over") {
			t.Errorf("the event is %s", handed.data)
		}
		// What happened between two ticks shows at a tick, counted from the asking.
		if past := handed.at.Sub(asked) % recovery.Tick; past > 400*time.Millisecond {
			t.Errorf("it showed %v after asking", handed.at.Sub(asked))
		}
		letter := s.Letter("maria@example.com", "get back into", 1)
		choose(maria, maria.Open(letter.Link), fresh)
		end, _ := feed.next()
		if end.name != "end" || stateOf(end) != "elsewhere" {
			t.Errorf("it ends with %q %q", end.name, stateOf(end))
		}
		if _, more := feed.next(); more {
			t.Error("something came after the end")
		}
	})
}

func TestADeferredMailIsTriedAgainAndAtLastRunsOut(t *testing.T) {
	var sink answers
	stage.Each(t, testkit.InCheckAll, stage.Options{Script: sink.script}, func(t *testing.T, s *stage.Stage) {
		sink.say(later)
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		inbox := maria.Ask("maria@example.com", "password")
		feed := live(t, s, maria, inbox)
		if e := feed.until("deferred"); !strings.Contains(e.data, "example.com asked us to wait") || !strings.Contains(e.data, "We try again at") {
			t.Errorf("the page says %s", e.data)
		}
		s.Clock.Advance(recovery.MessageLife)
		if e := live(t, s, maria, inbox).until("ran-out"); e.name != "end" {
			t.Errorf("the last event is %q", e.name)
		}
		out := maria.Open(inbox.URL.Path)
		is(t, out, 200, "That mail did not get through", "example.com did not take it in time")
		sink.say(smtpsink.Reply{})
		// The way on from there.
		is(t, maria.Click(out, "/resend"), 200, "Check your inbox")
		letter := s.Letter("maria@example.com", "get back into", 1)
		whose(t, maria.Open(letter.Link), "maria")
		if n := mails(s, "maria@example.com"); n != 1 {
			t.Errorf("%d mails came: one of them was too late", n)
		}
	})
}

func TestAMailDeferredForHoursBringsALinkThatLives(t *testing.T) {
	var sink answers
	stage.Each(t, testkit.InCheckAll, stage.Options{Script: sink.script}, func(t *testing.T, s *stage.Stage) {
		sink.say(later)
		s.Account("maria", "maria@example.com")
		maria := s.Visitor()
		inbox := maria.Ask("maria@example.com", "password")
		live(t, s, maria, inbox).until("deferred")
		s.Clock.Advance(3 * time.Hour)
		sink.say(smtpsink.Reply{})
		letter := s.Letter("maria@example.com", "get back into", 1)
		s.Clock.Advance(25 * time.Minute)
		page := maria.Open(letter.Link)
		whose(t, page, "maria")
		is(t, choose(maria, page, fresh), 200, "Your password is changed")
	})
}

func TestAMailThatCameBackIsSaidSo(t *testing.T) {
	var sink answers
	sink.say(never)
	stage.Each(t, testkit.InCheckAll, stage.Options{Script: sink.script}, func(t *testing.T, s *stage.Stage) {
		s.Account("maria", "maria@example.com")
		for _, login := range []string{"maria@example.com", "marta@example.com"} {
			v := s.Visitor()
			inbox := v.Ask(login, "password")
			if e := live(t, s, v, inbox).until("came-back"); e.name != "end" || strings.Contains(e.data, "no such user") {
				t.Errorf("the last event is %q %s", e.name, e.data)
			}
			back := v.Open(inbox.URL.Path)
			is(t, back, 200, "That mail came back", "example.com says it has no mailbox of this name.")
			is(t, link(t, v, back, "Change the address"), 200, "Which account is yours?")
			is(t, link(t, v, back, "I no longer have this mailbox"), 200, "A person can help you")
		}
	})
}

func TestWhileOurMailIsDownEverybodyReadsThatTheirRequestIsKept(t *testing.T) {
	var sink answers
	stage.Each(t, testkit.InCheckAll, stage.Options{Script: sink.script}, func(t *testing.T, s *stage.Stage) {
		sink.say(smtpsink.Reply{At: smtpsink.Rcpt, Break: smtpsink.Drop})
		s.Account("maria", "maria@example.com")
		known, unknown := s.Visitor(), s.Visitor()
		one, other := known.Ask("maria@example.com", "password"), unknown.Ask("marta@example.com", "password")
		eventually(t, "an attempt failed", func() bool { return tried(t, s, one.URL.Path) && tried(t, s, other.URL.Path) })
		s.Clock.Advance(11 * time.Second)
		stuck := known.Open(one.URL.Path)
		is(t, stuck, 200, "Our mail is stuck", "It is us, not your mailbox. Your request is kept")
		same(t, "mail is down", blotted(stuck, "maria@example.com"), blotted(unknown.Open(other.URL.Path), "marta@example.com"))
		feed := live(t, s, known, stuck)
		sink.say(smtpsink.Reply{})
		s.Clock.Advance(time.Minute)
		feed.until("handed")
		letter := s.Letter("maria@example.com", "get back into", 1)
		whose(t, known.Open(letter.Link), "maria")
	})
}

// tried says that the mail of an inbox page was tried twice, so that the next try is
// half a minute off.
func tried(t *testing.T, s *stage.Stage, inbox string) bool {
	t.Helper()
	all := allOf(t, s, inbox)
	return len(all) == 1 && all[0].Attempts == 2 && all[0].State == mail.Deferred
}
