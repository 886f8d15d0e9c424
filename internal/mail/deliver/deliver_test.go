package deliver

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyback/internal/dial"
	"keyback/internal/mail"
	"keyback/internal/smtpsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const letterText = "From: a@kb.example\r\nTo: b@x.example\r\nMessage-ID: <1@kb.example>\r\nSubject: hello\r\n\r\nHello.\r\n"

func letter(to string) *mail.Composed {
	return &mail.Composed{From: "bounces@kb.example", To: to, Raw: []byte(letterText)}
}

// home dials loopback and nothing else that is special.
func home() *dial.Dialer {
	return dial.New(dial.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

func sink(t testing.TB, o smtpsink.Options) *smtpsink.Sink {
	t.Helper()
	s, err := smtpsink.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func client(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Dial == nil {
		o.Dial = home()
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func plain(t testing.TB, s *smtpsink.Sink) *Client {
	t.Helper()
	return client(t, Options{Relay: "smtp://" + s.Addr()})
}

// want fails the test unless the outcome is of that class and its text, host and
// codes hold all the words.
func want(t *testing.T, o mail.Outcome, class mail.Class, words ...string) {
	t.Helper()
	if o.Class != class {
		t.Fatalf("%v, want %v: %+v", o.Class, class, o)
	}
	for _, w := range words {
		if !strings.Contains(o.Text+" "+o.Enhanced+" "+o.Host+" "+o.TLS, w) {
			t.Errorf("no %q in %+v", w, o)
		}
	}
}

func TestAMessageIsAcceptedWithItsContentUnchanged(t *testing.T) {
	for name, without := range map[string][]string{"pipelined": nil, "in turn": {"PIPELINING"}, "bare server": {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8"}} {
		t.Run(name, func(t *testing.T) {
			s := sink(t, smtpsink.Options{Without: without})
			o := plain(t, s).Deliver(t.Context(), letter("b@x.example"))
			want(t, o, mail.Accepted, "2.0.0", "kept", s.Addr())
			if o.Code != 250 || o.TLS != "" || o.At.IsZero() {
				t.Errorf("%+v", o)
			}
			got := s.Messages()
			if len(got) != 1 || string(got[0].Raw) != letterText || got[0].From != "bounces@kb.example" ||
				got[0].To != "b@x.example" || got[0].MessageID != "1@kb.example" {
				t.Errorf("the sink has %+v", got)
			}
		})
	}
}

func TestTheScriptedRepliesGiveTheirOutcomes(t *testing.T) {
	for _, at := range []smtpsink.Stage{smtpsink.Rcpt, smtpsink.Data, smtpsink.End} {
		for _, without := range [][]string{nil, {"PIPELINING"}} {
			s := sink(t, smtpsink.Options{Without: without, Script: func(a smtpsink.Attempt) smtpsink.Reply {
				switch {
				case strings.HasPrefix(a.To, "full@"):
					return smtpsink.Reply{At: at, Code: 452, Enhanced: "4.2.2", Text: "mailbox full"}
				case strings.HasPrefix(a.To, "gone@"):
					return smtpsink.Reply{At: at, Code: 550, Enhanced: "5.1.1", Text: "no such person"}
				case strings.HasPrefix(a.To, "busy@") && a.N == 1:
					return smtpsink.Reply{At: at, Code: 451, Text: "later"}
				}
				return smtpsink.Reply{}
			}})
			c := plain(t, s)
			o := c.Deliver(t.Context(), letter("full@x.example"))
			want(t, o, mail.Deferred, "4.2.2", "mailbox full")
			if o.Code != 452 {
				t.Errorf("%+v", o)
			}
			want(t, c.Deliver(t.Context(), letter("gone@x.example")), mail.Refused, "5.1.1", "no such person")
			want(t, c.Deliver(t.Context(), letter("busy@x.example")), mail.Deferred, "4.0.0")
			want(t, c.Deliver(t.Context(), letter("busy@x.example")), mail.Accepted)
			if s.Conns() != 1 || s.Count() != 1 {
				t.Errorf("stage %d: %d connections, %d messages, want one of each", at, s.Conns(), s.Count())
			}
		}
	}
}

func TestWhatAServerSaysOfTheConnectionIsNotHeldAgainstTheMessage(t *testing.T) {
	for stage, code := range map[smtpsink.Stage]int{smtpsink.Connect: 554, smtpsink.Hello: 550, smtpsink.Mail: 530} {
		s := sink(t, smtpsink.Options{Opening: func(int64) smtpsink.Reply { return smtpsink.Reply{At: stage, Code: code} }})
		o := plain(t, s).Deliver(t.Context(), letter("b@x.example"))
		want(t, o, mail.Deferred)
		if o.Code != code {
			t.Errorf("stage %d: %+v", stage, o)
		}
	}
	s := sink(t, smtpsink.Options{Opening: func(int64) smtpsink.Reply { return smtpsink.Reply{At: smtpsink.Mail, Code: 550} }})
	want(t, plain(t, s).Deliver(t.Context(), letter("b@x.example")), mail.Refused, "5.0.0")
}

func TestAConnectionThatEndsIsDeferredAndSaysWhetherItMayHaveArrived(t *testing.T) {
	for _, how := range []smtpsink.Break{smtpsink.Drop, smtpsink.Reset} {
		for _, at := range []smtpsink.Stage{smtpsink.Rcpt, smtpsink.Data, smtpsink.End} {
			s := sink(t, smtpsink.Options{Script: func(smtpsink.Attempt) smtpsink.Reply { return smtpsink.Reply{At: at, Break: how} }})
			o := plain(t, s).Deliver(t.Context(), letter("b@x.example"))
			want(t, o, mail.Deferred)
			arrived := strings.Contains(o.Text, "may have arrived")
			if arrived != (at == smtpsink.End) || s.Count() != map[bool]int64{true: 1}[arrived] {
				t.Errorf("stage %d, break %d: %d messages, %+v", at, how, s.Count(), o)
			}
		}
	}
}

func TestAServerThatIsNotThereIsDeferredWithAHint(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	s.Close()
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "firewall", s.Addr())

	refused := client(t, Options{Relay: "smtp://127.0.0.1:25", Dial: dial.New(dial.Options{})})
	want(t, refused.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "dial-allow")
}

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := client(t, Options{Relay: "smtp://" + s.Addr(), MaxConns: 3})
	var sent sync.WaitGroup
	for range 30 {
		sent.Go(func() { want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted) })
	}
	sent.Wait()
	if s.Conns() > 3 || s.Count() != 30 {
		t.Errorf("%d connections, %d messages", s.Conns(), s.Count())
	}
}

func TestAKeptConnectionThatDiedIsReplacedWithinTheAttempt(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	for range 3 {
		want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
		s.HangUp()
	}
	if s.Conns() != 3 || s.Count() != 3 {
		t.Errorf("%d connections, %d messages", s.Conns(), s.Count())
	}
}

func TestAServerThatHasEnoughOfAConnectionGetsAFreshOne(t *testing.T) {
	var asked atomic.Int32
	s := sink(t, smtpsink.Options{Script: func(a smtpsink.Attempt) smtpsink.Reply {
		if asked.Add(1) == 2 {
			return smtpsink.Reply{At: smtpsink.Rcpt, Code: 421, Text: "too many messages", Break: smtpsink.HangUp}
		}
		return smtpsink.Reply{}
	}})
	c := plain(t, s)
	for range 2 {
		want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	}
	if s.Conns() != 2 {
		t.Errorf("%d connections", s.Conns())
	}
}

func TestNothingIsSentTwiceOnceTheFinalDotWasSent(t *testing.T) {
	s := sink(t, smtpsink.Options{Script: func(a smtpsink.Attempt) smtpsink.Reply {
		if a.N == 2 {
			return smtpsink.Reply{At: smtpsink.End, Break: smtpsink.Drop}
		}
		return smtpsink.Reply{}
	}})
	c := plain(t, s)
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "may have arrived")
	if s.Count() != 2 || s.Conns() != 1 {
		t.Errorf("%d messages over %d connections", s.Count(), s.Conns())
	}
}

func TestAnIdleConnectionIsClosedAfterItsTime(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := client(t, Options{Relay: "smtp://" + s.Addr(), IdleLife: -1})
	for range 2 {
		want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	}
	if s.Conns() != 2 {
		t.Errorf("a connection was kept against the options")
	}
	p := newPool(1, time.Nanosecond, time.Hour)
	k := newConn(pipe(t), "", 1)
	p.keep(k)
	if p.take() != nil {
		t.Error("an old connection came out of the pool")
	}
}

func TestAnAttemptEndsWithItsContext(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	entered := make(chan struct{}, 1)
	s := sink(t, smtpsink.Options{Script: func(smtpsink.Attempt) smtpsink.Reply {
		entered <- struct{}{}
		return smtpsink.Reply{At: smtpsink.Rcpt, Hold: hold}
	}})
	c := client(t, Options{Relay: "smtp://" + s.Addr(), MaxConns: 1})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan mail.Outcome)
	go func() { result <- c.Deliver(ctx, letter("b@x.example")) }()
	<-entered
	waiting, giveUp := context.WithCancel(t.Context())
	giveUp()
	want(t, c.Deliver(waiting, letter("b@x.example")), mail.Deferred, "busy")
	cancel()
	want(t, <-result, mail.Deferred, "gave up")
}

func TestASlowServerIsGivenUp(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	for at, note := range map[smtpsink.Stage]bool{smtpsink.Rcpt: false, smtpsink.End: true} {
		s := sink(t, smtpsink.Options{Script: func(smtpsink.Attempt) smtpsink.Reply { return smtpsink.Reply{At: at, Hold: hold} }})
		c := client(t, Options{Relay: "smtp://" + s.Addr(), Patience: 0.0001})
		o := c.Deliver(t.Context(), letter("b@x.example"))
		want(t, o, mail.Deferred, "did not answer in time")
		if strings.Contains(o.Text, "may have arrived") != note {
			t.Errorf("%+v", o)
		}
	}
}

func TestAfterCloseAttemptsAreDeferred(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	c.Close()
	want(t, c.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, "shutting down")
}

func TestAddressesBeyondASCIIUseSMTPUTF8OrAreRefusedClearly(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	want(t, c.Deliver(t.Context(), letter("münchen@x.example")), mail.Accepted)
	want(t, c.Deliver(t.Context(), letter("b@münchen.example")), mail.Accepted)
	body := letter("b@x.example")
	body.Raw = append(body.Raw, "Grüße\r\n"...)
	want(t, c.Deliver(t.Context(), body), mail.Accepted)
	got := s.Messages()
	if !strings.Contains(got[0].Params, "SMTPUTF8") || got[1].To != "b@xn--mnchen-3ya.example" || strings.Contains(got[1].Params, "SMTPUTF8") ||
		!strings.Contains(got[2].Params, "BODY=8BITMIME") || strings.Contains(got[2].Params, "SMTPUTF8") {
		t.Errorf("%+v", got)
	}
	old := plain(t, sink(t, smtpsink.Options{Without: []string{"SMTPUTF8", "8BITMIME"}}))
	want(t, old.Deliver(t.Context(), letter("münchen@x.example")), mail.Refused, "SMTPUTF8", "5.6.7")
	want(t, old.Deliver(t.Context(), body), mail.Refused, "8BITMIME")
	want(t, old.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
}

func TestAMessageTooBigForTheServerIsNotSent(t *testing.T) {
	s := sink(t, smtpsink.Options{MaxBytes: 64})
	want(t, plain(t, s).Deliver(t.Context(), letter("b@x.example")), mail.Refused, "5.3.4", "64")
	unsaid := sink(t, smtpsink.Options{MaxBytes: 64, Without: []string{"SIZE"}})
	want(t, plain(t, unsaid).Deliver(t.Context(), letter("b@x.example")), mail.Refused, "5.3.4", "too big")
}

func TestAnEnvelopeThatCouldEndACommandIsRefusedBeforeDialling(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	for _, bad := range []string{
		"", "b", "@x.example", "b@", "b@x.example\r\nRCPT TO:<evil@y.example>", "b\r@x.example", "b\n@x.example", "b@x\x00.example",
		"b>@x.example", "b@x.example> SIZE=1", "<b@x.example>", "b c@x.example", `"b c"@x.example`, "b@[127.0.0.1]", "a@b@x.example",
		"b,c@x.example", "b@x.example,c@y.example", "b@x.example ", " b@x.example", "b\u2028@x.example", "b\u202e@x.example",
		"b@x\u200b.example\r\n", "\xff@x.example", strings.Repeat("a", 65) + "@x.example", "b@" + strings.Repeat("a.", 130) + "example",
	} {
		want(t, c.Deliver(t.Context(), letter(bad)), mail.Refused, "5.1.3")
		if bad != "" {
			want(t, c.Deliver(t.Context(), &mail.Composed{From: bad, To: "b@x.example", Raw: []byte(letterText)}), mail.Refused, "5.1.7")
		}
	}
	want(t, c.Deliver(t.Context(), nil), mail.Dropped)
	if s.Conns() != 0 {
		t.Errorf("%d connections were opened", s.Conns())
	}
	want(t, c.Deliver(t.Context(), &mail.Composed{To: "b@x.example", Raw: []byte(letterText)}), mail.Accepted)
}
