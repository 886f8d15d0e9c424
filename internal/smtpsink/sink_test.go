package smtpsink

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, o Options) *Sink {
	t.Helper()
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// talk says things to a sink and hears its replies.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, s *Sink) *talk {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d := &talk{t, c, bufio.NewReader(c)}
	d.hears("220")
	return d
}

func (d *talk) says(text string) *talk {
	d.conn.Write([]byte(text))
	return d
}

// hears reads replies and compares the beginnings of their last lines; "" means
// that the connection ends.
func (d *talk) hears(replies ...string) *talk {
	d.t.Helper()
	for _, want := range replies {
		line := "-"
		var err error
		for err == nil && len(line) >= 1 && (line == "-" || len(line) > 3 && line[3] == '-') {
			line, err = d.in.ReadString('\n')
		}
		if want == "" && err != nil {
			continue
		}
		if want == "" || !strings.HasPrefix(line, want) {
			d.t.Fatalf("heard %q (%v), want %q", line, err, want)
		}
	}
	return d
}

func letter(id string) string {
	return "Subject: x\r\nMessage-ID: <" + id + ">\r\n\r\ntext\r\n.\r\n"
}

const envelope = "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n"

func TestAMessageArrivesWithoutItsDots(t *testing.T) {
	s := listen(t, Options{})
	d := dial(t, s).says("EHLO me\r\n").hears("250")
	d.says("MAIL FROM:<a@x.example> BODY=8BITMIME\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\nDATA\r\n").hears("250", "250", "250", "354")
	d.says("message-id:\r\n <one@x.example>\r\n\r\n..\r\n..two\r\n.\r\nQUIT\r\n").hears("250", "221", "")
	got := s.Messages()
	if len(got) != 2 || got[0].To != "b@x.example" || got[1].To != "c@x.example" {
		t.Fatalf("%+v", got)
	}
	m := got[1]
	if m.N != 2 || m.From != "a@x.example" || string(m.Raw) != "message-id:\r\n <one@x.example>\r\n\r\n.\r\n.two\r\n" ||
		m.Size != len(m.Raw) || m.MessageID != "one@x.example" || m.Params != "BODY=8BITMIME" || m.Conn != 1 || m.At.IsZero() || m.TLS {
		t.Errorf("%+v", m)
	}
}

func TestOnlyTheNewestMessagesAreKept(t *testing.T) {
	s := listen(t, Options{Keep: 3})
	d := dial(t, s).says("EHLO me\r\n").hears("250")
	for i := range 8 {
		d.says(envelope+letter(fmt.Sprint(i))).hears("250", "250", "354", "250")
		got := s.Messages()
		if len(got) != min(i+1, 3) || got[len(got)-1].MessageID != fmt.Sprint(i) || got[0].MessageID != fmt.Sprint(max(0, i-2)) {
			t.Fatalf("after %d: %+v", i, got)
		}
	}
	if s.Count() != 8 {
		t.Errorf("%d counted", s.Count())
	}
}

func TestASinkThatCountsKeepsNothingButTellsCopies(t *testing.T) {
	s := listen(t, Options{CountOnly: true})
	arrived, cancel := s.Subscribe()
	defer cancel()
	d := dial(t, s).says("EHLO me\r\n").hears("250")
	for _, id := range []string{"one", "two", "one"} {
		d.says(envelope+letter(id)).hears("250", "250", "354", "250")
	}
	if s.Count() != 3 || s.Distinct() != 2 || s.Copies("one") != 2 || s.Copies("three") != 0 || s.Messages() != nil {
		t.Errorf("%d messages, %d distinct", s.Count(), s.Distinct())
	}
	if m := <-arrived; m.MessageID != "one" || m.Raw != nil || m.Size != len(letter("one"))-3 {
		t.Errorf("%+v", m)
	}
	if _, err := s.Wait(t.Context(), func(Message) bool { return true }); err == nil {
		t.Error("there is nothing to wait for")
	}
}

func TestWaitingFindsWhatCameAndWhatComes(t *testing.T) {
	s := listen(t, Options{})
	d := dial(t, s).says("EHLO me\r\n").hears("250")
	found := make(chan string)
	wait := func(id string) {
		m, err := s.Wait(t.Context(), func(m Message) bool { return m.MessageID == id })
		found <- fmt.Sprint(m.MessageID, err)
	}
	go wait("two")
	d.says(envelope+letter("one")).hears("250", "250", "354", "250")
	d.says(envelope+letter("two")).hears("250", "250", "354", "250")
	if got := <-found; got != "two<nil>" {
		t.Error(got)
	}
	go wait("one")
	if got := <-found; got != "one<nil>" {
		t.Error(got)
	}
	if err := s.WaitCount(t.Context(), 2); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Wait(ctx, func(Message) bool { return false }); err == nil || !strings.Contains(err.Error(), "2 that came") {
		t.Error(err)
	}
	go func() { found <- fmt.Sprint(s.WaitCount(t.Context(), 3)) }()
	s.Close()
	if got := <-found; got != net.ErrClosed.Error() {
		t.Error(got)
	}
}

func TestASlowSubscriberLosesTheOldestAndHoldsUpNobody(t *testing.T) {
	s := listen(t, Options{CountOnly: true})
	slow, _ := s.Subscribe()
	for i := range backlog + 10 {
		s.store.add(Message{MessageID: fmt.Sprint(i)})
	}
	if m := <-slow; m.MessageID != "10" {
		t.Errorf("the first left is %s", m.MessageID)
	}
	s.Close()
	n := 1
	for range slow {
		n++
	}
	if late, cancel := s.Subscribe(); n != backlog || func() bool { _, open := <-late; return open }() {
		t.Errorf("%d messages", n)
	} else {
		cancel()
	}
}

func TestASinkIsStrict(t *testing.T) {
	config, _, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{STARTTLS: config, MaxBytes: 100}
	for name, c := range map[string]struct {
		says  string
		hears []string
	}{
		"no EHLO":                   {"MAIL FROM:<a@x.example>\r\n", []string{"503"}},
		"bare LF in a command":      {"EHLO me\n", []string{"521", ""}},
		"bare CR in a command":      {"EHLO me\rMAIL\r\n", []string{"521", ""}},
		"a line too long":           {"EHLO " + strings.Repeat("x", 9000) + "\r\n", []string{"500", ""}},
		"no such command":           {"TURN\r\n", []string{"500"}},
		"RCPT first":                {"EHLO me\r\nRCPT TO:<a@x.example>\r\n", []string{"250", "503"}},
		"DATA first":                {"EHLO me\r\nMAIL FROM:<>\r\nDATA\r\n", []string{"250", "250", "554"}},
		"two MAIL":                  {"EHLO me\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n", []string{"250", "250", "503", "250", "250"}},
		"no brackets":               {"EHLO me\r\nMAIL FROM:a@x.example\r\n", []string{"250", "501"}},
		"UTF-8 unannounced":         {"EHLO me\r\nMAIL FROM:<ü@x.example>\r\nMAIL FROM:<ü@x.example> SMTPUTF8\r\n", []string{"250", "553", "250"}},
		"announced too big":         {"EHLO me\r\nMAIL FROM:<> SIZE=101\r\n", []string{"250", "552"}},
		"too big":                   {"EHLO me\r\n" + envelope + strings.Repeat("x", 200) + "\r\n.\r\nRSET\r\n", []string{"250", "250", "250", "354", "552", "250"}},
		"bare LF in a message":      {"EHLO me\r\n" + envelope + "a\nb\r\n.\r\n", []string{"250", "250", "250", "354", "550", ""}},
		"bare CR in a message":      {"EHLO me\r\n" + envelope + "a\rb\r\n.\r\n", []string{"250", "250", "250", "354", "550", ""}},
		"two CR before LF":          {"EHLO me\r\n" + envelope + "a\r\r\n.\r\n", []string{"250", "250", "250", "354", "550", ""}},
		"LF dot LF is no end":       {"EHLO me\r\n" + envelope + "a\n.\nMAIL FROM:<>\r\n.\r\n", []string{"250", "250", "250", "354", "550", ""}},
		"LF dot CRLF is no end":     {"EHLO me\r\n" + envelope + "a\n.\r\nMAIL FROM:<>\r\n.\r\n", []string{"250", "250", "250", "354", "550", ""}},
		"a command behind STARTTLS": {"EHLO me\r\nSTARTTLS\r\nMAIL FROM:<>\r\n", []string{"250", "503", ""}},
		"AUTH not offered":          {"EHLO me\r\nAUTH PLAIN AGEAYg==\r\n", []string{"250", "503"}},
	} {
		t.Run(name, func(t *testing.T) { dial(t, listen(t, o)).says(c.says).hears(c.hears...) })
	}
}

func TestALineLongerThanTheBufferIsOneLine(t *testing.T) {
	s := listen(t, Options{})
	long := strings.Repeat("x", 8190) + "\r\n" + strings.Repeat("y", 8191) + "\r\n" + strings.Repeat(".", 20_000) + "\r\n"
	d := dial(t, s).says("EHLO me\r\n" + envelope + strings.ReplaceAll("\r\n"+long, "\r\n.", "\r\n..")[2:] + ".\r\n")
	d.hears("250", "250", "250", "354", "250")
	if got := string(s.Messages()[0].Raw); got != long {
		t.Errorf("%d bytes arrived of %d", len(got), len(long))
	}
}

func TestEverythingBeforeTheHandshakeIsForgotten(t *testing.T) {
	config, roots, _ := SelfSigned("sink.example")
	s := listen(t, Options{STARTTLS: config, Username: "kb", Password: "pw"})
	d := dial(t, s).says("EHLO me\r\n").hears("250").says("STARTTLS\r\n").hears("220")
	secure := tls.Client(d.conn, &tls.Config{ServerName: "sink.example", RootCAs: roots})
	d = &talk{t, secure, bufio.NewReader(secure)}
	d.says("MAIL FROM:<>\r\n").hears("503").says("EHLO me\r\nMAIL FROM:<>\r\n").hears("250", "530")
	d.says("AUTH PLAIN !\r\n").hears("501").says("AUTH CRAM-MD5\r\n").hears("504").says("AUTH PLAIN AGtiAG5v\r\n").hears("535")
	d.says("AUTH PLAIN\r\n").hears("334").says("AGtiAHB3\r\n").hears("235")
	d.says(envelope+letter("one")).hears("250", "250", "354", "250")
	if m := s.Messages()[0]; !m.TLS || m.AuthUser != "kb" {
		t.Errorf("%+v", m)
	}
}

func TestAScriptDecidesByRecipientAndAttempt(t *testing.T) {
	s := listen(t, Options{Script: func(a Attempt) Reply {
		if a.To == "b@x.example" && a.N < 3 {
			return Reply{Code: 450 + a.N, Text: "try again"}
		}
		return Reply{}
	}})
	d := dial(t, s).says("EHLO me\r\nMAIL FROM:<a@x.example>\r\n").hears("250", "250")
	d.says("RCPT TO:<c@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<b@x.example>\r\n")
	d.hears("250", "451 4.0.0 try again", "452", "250")
}
