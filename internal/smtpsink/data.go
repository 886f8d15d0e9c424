package smtpsink

import (
	"bufio"
	"bytes"
	"errors"
	"time"
)

// maxHeader is how much of a message a sink that only counts looks through for
// its Message-ID.
const maxHeader = 16 << 10

// incoming is the text of a message while it comes in.
type incoming struct {
	text  []byte
	size  int64
	bare  bool // it holds a CR or LF that is not part of a CRLF
	whole bool // text has all that is wanted of it
}

func (x *session) data() error {
	switch {
	case !x.open:
		return x.reply(503, "5.5.1 say MAIL first")
	case len(x.to) == 0:
		return x.reply(554, "5.5.1 no recipients")
	}
	plan := x.verdict()
	if plan.At == Data && plan.Code >= 400 {
		x.transaction = transaction{}
		return x.play(plan, Data, 0, "")
	}
	if err := x.play(plan, Data, 354, "end with a dot on a line of its own"); err != nil {
		return err
	}
	if err := x.receive(); err != nil {
		return err
	}
	t := x.transaction
	x.transaction = transaction{}
	switch {
	case x.incoming.bare:
		x.reply(550, "5.5.2 a CR or LF outside of a CRLF")
		return errOver
	case x.incoming.size > x.sink.o.MaxBytes:
		return x.reply(552, "5.3.4 that message is too big")
	case plan.At != End || plan.Code < 400:
		x.keep(t)
	}
	return x.play(plan, End, 250, "2.0.0 kept")
}

// verdict is the plan for the whole message: the first that is not to accept.
func (x *session) verdict() Reply {
	for _, r := range x.to {
		if r.plan.At != Rcpt {
			return r.plan
		}
	}
	return Reply{}
}

// receive reads up to the final dot. Only CRLF "." CRLF is one.
func (x *session) receive() error {
	x.incoming = incoming{text: x.incoming.text[:0]}
	atStart, afterCR := true, false
	for {
		if x.in.Buffered() == 0 {
			if err := x.out.Flush(); err != nil {
				return err
			}
			x.conn.SetReadDeadline(time.Now().Add(x.sink.o.Idle))
		}
		chunk, err := x.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if atStart && chunk[0] == '.' {
			if string(chunk) == ".\r\n" {
				return nil
			}
			chunk = chunk[1:]
		}
		afterCR, atStart = x.incoming.inspect(chunk, afterCR)
		x.take(chunk)
	}
}

// inspect looks for bare CR and LF in a piece of a line. It tells whether the
// piece ends in a CR that a LF may follow, or in a whole CRLF.
func (l *incoming) inspect(chunk []byte, afterCR bool) (endsCR, endsCRLF bool) {
	n := len(chunk)
	if n == 0 {
		return false, false
	}
	l.bare = l.bare || afterCR && chunk[0] != '\n'
	body := chunk
	switch {
	case chunk[n-1] == '\r':
		endsCR, body = true, chunk[:n-1]
	case chunk[n-1] == '\n' && n > 1 && chunk[n-2] == '\r':
		endsCRLF, body = true, chunk[:n-2]
	case chunk[n-1] == '\n':
		endsCRLF, body = n == 1 && afterCR, chunk[:n-1]
		l.bare = l.bare || !endsCRLF
	}
	l.bare = l.bare || bytes.IndexByte(body, '\r') >= 0
	return endsCR, endsCRLF
}

func (x *session) take(chunk []byte) {
	l := &x.incoming
	l.size += int64(len(chunk))
	switch {
	case l.whole:
	case x.sink.o.CountOnly:
		l.text = append(l.text, chunk...)
		l.whole = string(chunk) == "\r\n" || len(l.text) > maxHeader
	case l.size > x.sink.o.MaxBytes:
		l.whole = true
	default:
		l.text = append(l.text, chunk...)
	}
}

func (x *session) keep(t transaction) {
	m := Message{
		From: t.from, Size: int(x.incoming.size), MessageID: messageID(x.incoming.text), At: x.sink.o.Now(),
		TLS: x.secure, AuthUser: x.user, Params: t.params, Conn: x.number,
	}
	if !x.sink.o.CountOnly {
		m.Raw = bytes.Clone(x.incoming.text)
	}
	for _, r := range t.to {
		m.To = r.address
		x.sink.store.add(m)
	}
}

// messageID finds the Message-ID in a message's header, "" if there is none.
func messageID(text []byte) string {
	const name = "message-id:"
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\r\n"))
		if len(line) == 0 {
			return ""
		}
		if len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			value := line[len(name):]
			if len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') { // folded
				more, _, _ := bytes.Cut(rest, []byte("\r\n"))
				value = append(bytes.Clone(value), more...)
			}
			return string(bytes.Trim(value, " \t<>"))
		}
		text = rest
	}
	return ""
}
