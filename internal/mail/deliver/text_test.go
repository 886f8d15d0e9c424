package deliver

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"testing"

	"keyback/internal/mail"
	"keyback/internal/smtpsink"
)

// ends is what a message may hold as the end of a line.
var ends = regexp.MustCompile(`\r\n|\r|\n`)

func normal(raw string) string {
	text := ends.ReplaceAllString(raw, "\r\n")
	if text != "" && !strings.HasSuffix(text, "\r\n") {
		text += "\r\n"
	}
	return text
}

var hostile = []string{
	"x\r\n.\r\nMAIL FROM:<evil@y.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nsmuggled\r\n",
	"x\n.\nMAIL FROM:<evil@y.example>\n", "x\r.\rMAIL FROM:<evil@y.example>\r", "x\n.\r\nMAIL", "x\r\n.\nMAIL", "x\r.\r\nMAIL", "x\r\n.\rMAIL",
	".", "..", ".\r\n", ".\n", ".\r", "\r\n.", "\n.\n.\n", "\r\r\n.\r\r\n", "\r\n\r\n.\r\n\r\n", "x\r\n..\r\n", "no end", "x\r", "x\n", "\r", "\n",
	"x\x00\r\n.\x00\r\n", strings.Repeat("a", 10_000) + "\r\n." + strings.Repeat("b", 10_000) + "\r.\n",
}

func TestSmuggledMessagesArriveAsOneWithTheSameContent(t *testing.T) {
	s := sink(t, smtpsink.Options{})
	c := plain(t, s)
	for i, text := range hostile {
		m := letter("b@x.example")
		m.Raw = []byte("Subject: x\r\n\r\n" + text)
		want(t, c.Deliver(t.Context(), m), mail.Accepted)
		got := s.Messages()
		if len(got) != i+1 {
			t.Fatalf("%q arrived as %d messages", text, len(got)-i)
		}
		if want := normal(string(m.Raw)); string(got[i].Raw) != want {
			t.Errorf("%q arrived as %q", want, got[i].Raw)
		}
	}
}

func wire(raw []byte) []byte {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	_ = writeText(w, raw)
	_ = w.Flush() // into memory
	return b.Bytes()
}

func FuzzNothingLooksLikeTheEndOfAMessageButItsEnd(f *testing.F) {
	for _, text := range hostile {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sent := wire(raw)
		body, ok := bytes.CutSuffix(sent, []byte(".\r\n"))
		if !ok || len(body) > 0 && !bytes.HasSuffix(body, []byte("\r\n")) {
			t.Fatalf("%q ends as %q", raw, sent)
		}
		var back strings.Builder
		for line := range strings.SplitAfterSeq(string(body), "\r\n") {
			if strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n") {
				t.Fatalf("a bare line end left: %q", line)
			}
			if line == ".\r\n" {
				t.Fatalf("an end within: %q", sent)
			}
			back.WriteString(strings.TrimPrefix(line, "."))
		}
		if back.String() != normal(string(raw)) {
			t.Fatalf("%q arrives as %q", raw, back.String())
		}
	})
}
