package deliver

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"keyback/internal/mail"
)

// serve runs a server for raw connections and gives its address.
func serve(t testing.TB, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				talk(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// raw says its lines one after the other, each but the first after it heard
// something, then listens until the client leaves.
func raw(t testing.TB, says ...string) string {
	return serve(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for i, s := range says {
			if i > 0 {
				if _, err := in.ReadString('\n'); err != nil {
					return
				}
			}
			io.WriteString(c, s)
		}
		io.Copy(io.Discard, in)
	})
}

// rewriting stands before a server and changes what it says.
func rewriting(t testing.TB, server, said, instead string) string {
	return serve(t, func(c net.Conn) {
		s, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer s.Close()
		var back sync.WaitGroup
		back.Go(func() {
			b := make([]byte, 4096)
			for {
				n, err := s.Read(b)
				c.Write(bytes.ReplaceAll(b[:n], []byte(said), []byte(instead)))
				if err != nil {
					c.Close()
					return
				}
			}
		})
		io.Copy(s, c)
		s.Close()
		back.Wait()
	})
}

func pipe(t *testing.T) net.Conn {
	a, b := net.Pipe()
	t.Cleanup(func() { b.Close() })
	go io.Copy(io.Discard, b)
	return a
}

func TestAHostileServerIsDeferredAndCannotHurt(t *testing.T) {
	hello := "250-x\r\n250 PIPELINING\r\n"
	for name, c := range map[string]struct {
		says  []string
		words string
	}{
		"garbage":              {[]string{"\x16\x03\x01\x02\x00\x01\r\n"}, "does not speak SMTP"},
		"HTTP":                 {[]string{"HTTP/1.1 400 Bad Request\r\n"}, "does not speak SMTP"},
		"a line without end":   {[]string{"220 " + strings.Repeat("x", 1<<20)}, "a line of more than"},
		"a reply without end":  {[]string{strings.Repeat("220-x\r\n", 1<<18)}, "a reply without end"},
		"much in one reply":    {[]string{strings.Repeat("220-"+strings.Repeat("x", 1000)+"\r\n", 100)}, "a reply without end"},
		"two codes":            {[]string{"220 x\r\n", "250-x\r\n550 y\r\n"}, "codes 250 and 550"},
		"an early yes":         {[]string{"250 x\r\n"}, "out of turn"},
		"yes for DATA":         {[]string{"220 x\r\n", hello, "250 a\r\n250 b\r\n250 c\r\n"}, "out of turn"},
		"DATA for all refused": {[]string{"220 x\r\n", hello, "451 a\r\n451 b\r\n354 go\r\n"}, "a"},
		"a third digit lacks":  {[]string{"22 x\r\n"}, "does not speak SMTP"},
		"codes above five":     {[]string{"620 x\r\n"}, "does not speak SMTP"},
		"intermediate at last": {[]string{"220 x\r\n", "250 x\r\n", "250 a\r\n", "250 b\r\n", "354 c\r\n", "354 d\r\n"}, "out of turn"},
	} {
		t.Run(name, func(t *testing.T) {
			d := client(t, Options{Relay: "smtp://" + raw(t, c.says...)})
			want(t, d.Deliver(t.Context(), letter("b@x.example")), mail.Deferred, c.words)
			if len(d.pool.idle) != 0 {
				t.Error("its connection was kept")
			}
		})
	}
}

func TestAnAnswerBeforeTheQuestionIsNotTakenForTheNextMessages(t *testing.T) {
	relay := raw(t, "220 x\r\n", "250 x\r\n", "250 a\r\n", "250 b\r\n", "354 c\r\n", "250 d\r\n250 e\r\n250 f\r\n354 g\r\n250 h\r\n")
	d := client(t, Options{Relay: "smtp://" + relay})
	want(t, d.Deliver(t.Context(), letter("b@x.example")), mail.Accepted)
	if len(d.pool.idle) != 0 {
		t.Error("a connection with unread answers was kept")
	}
}

func TestARemoteTextIsShortAndPrintable(t *testing.T) {
	nasty := "\x1b[31mred\x00 \u202eleft " + strings.Repeat("é", 400)
	relay := raw(t, "220 x\r\n", "250 x\r\n", "550-5.1.1 no\r\n550 5.1.1 "+nasty+"\r\n")
	o := client(t, Options{Relay: "smtp://" + relay}).Deliver(t.Context(), letter("b@x.example"))
	want(t, o, mail.Refused, "5.1.1", "no [31mred left éé")
	if len(o.Text) > maxText || strings.ContainsAny(o.Text, "\x1b\x00\u202e\n") || strings.Contains(o.Text, "5.1.1") {
		t.Errorf("%d bytes: %q", len(o.Text), o.Text)
	}
}

func TestALinkOrCodeThatTheServerQuotesIsBlotted(t *testing.T) {
	m := letter("b@x.example")
	m.Raw = []byte("Subject: x\r\n\r\nhttps://kb.example/in/r8x7Qf_rec0123456789abcdef or 1234 5678\r\n")
	for said, wanted := range map[string]string{
		"blocked https://kb.example/in/r8x7Qf_rec0123456789abcdef sorry": "blocked https://kb.example/in/" + blot + " sorry",
		"the code 12345678 looks bad, and so does 1234-5678":             "the code " + blot + " looks bad, and so does " + blot,
		"queued as 87654321": "queued as 87654321",
		"see https://support.google.com/mail/?p=UnsolicitedMessageError d75a77b69052e-4b54a2f1a3b - gsmtp": "see https://support.google.com/mail/?p=UnsolicitedMessageError d75a77b69052e-4b54a2f1a3b - gsmtp",
	} {
		relay := raw(t, "220 x\r\n", "250 x\r\n", "554 5.7.1 "+said+"\r\n")
		o := client(t, Options{Relay: "smtp://" + relay}).Deliver(t.Context(), m)
		if o.Class != mail.Refused || o.Text != wanted {
			t.Errorf("%q became %q", said, o.Text)
		}
	}
}

func TestEnhancedCodesAreRead(t *testing.T) {
	for text, wanted := range map[string][2]string{
		"5.1.1 gone":     {"5.1.1", "gone"},
		"5.7.509":        {"5.7.509", ""},
		"5.1.1":          {"5.1.1", ""},
		"4.1.1 gone":     {"", "4.1.1 gone"},
		"5.1.1gone":      {"", "5.1.1gone"},
		"5.1.1.1 gone":   {"", "5.1.1.1 gone"},
		"5.1234.1 gone":  {"", "5.1234.1 gone"},
		"5..1 gone here": {"", "5..1 gone here"},
		"no":             {"", "no"},
		"":               {"", ""},
	} {
		if code, rest := cutEnhanced(550, text); code != wanted[0] || rest != wanted[1] {
			t.Errorf("%q: %q %q", text, code, rest)
		}
	}
}

func FuzzAReplyIsReadWithinItsBounds(f *testing.F) {
	for _, s := range []string{"250 ok\r\n", "250-a\r\n250 b\r\n", "250\r\n", "25", "999 x\r\n", "250-a\r\n251 b\r\n", "550 5.1.1 \xff\x00\r\n", "421 x\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := readReply(bufio.NewReaderSize(bytes.NewReader(b), maxReplyLine), nil)
		if len(r.text) > maxReplyBytes+maxReplyLines {
			t.Fatalf("%d bytes of text", len(r.text))
		}
		if err != nil {
			return
		}
		if r.code < 200 || r.code > 599 {
			t.Fatalf("code %d", r.code)
		}
		f := answered(r)
		text := clean(f.text)
		if len(text) > maxText || strings.ContainsAny(text, "\r\n\x00") {
			t.Fatalf("%q", text)
		}
		if f.enhanced != "" && int(f.enhanced[0]-'0') != r.code/100 {
			t.Fatalf("%d %q", r.code, f.enhanced)
		}
	})
}
