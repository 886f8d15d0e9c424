package deliver

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"time"

	"keyback/internal/mail"
)

// send makes the transaction of one message. It returns the reply to the final
// dot if that is 2xx, else a failure.
func (k *conn) send(e envelope, raw []byte) (reply, error) {
	if err := k.fits(e, len(raw)); err != nil {
		return reply{}, err
	}
	begin := k.inTurn
	if k.pipelining {
		begin = k.atOnce
	}
	if err := begin(k.mailCommand(e, len(raw)), "RCPT TO:<"+e.to+">"); err != nil {
		return reply{}, err
	}
	if err := k.sendText(raw); err != nil {
		return reply{}, err
	}
	return k.last()
}

// fits checks a message against what the server can take.
func (k *conn) fits(e envelope, size int) error {
	switch {
	case e.utf8 && !k.utf8:
		return &failure{class: mail.Refused, enhanced: "5.6.7", text: "the server takes only ASCII in addresses and headers (it lacks SMTPUTF8), and this message needs more"}
	case e.eightBit && !k.eightBit:
		return &failure{class: mail.Refused, enhanced: "5.6.3", text: "the server takes only 7-bit text (it lacks 8BITMIME): the message must be sent quoted-printable or base64"}
	case k.size > 0 && int64(size) > k.size:
		return &failure{class: mail.Refused, enhanced: "5.3.4", text: fmt.Sprintf("the message has %d bytes, the server takes %d", size, k.size)}
	}
	return nil
}

func (k *conn) mailCommand(e envelope, size int) string {
	command := make([]byte, 0, 128)
	command = append(append(append(command, "MAIL FROM:<"...), e.from...), '>')
	if k.size > 0 {
		command = strconv.AppendInt(append(command, " SIZE="...), int64(size), 10)
	}
	if e.eightBit {
		command = append(command, " BODY=8BITMIME"...)
	}
	if e.utf8 {
		command = append(command, " SMTPUTF8"...)
	}
	return string(command)
}

// atOnce sends the commands up to DATA in one go (RFC 2920) and returns nil if
// the server is ready for the text. All replies are read, whatever the first
// says, so that the connection stays in step.
func (k *conn) atOnce(mailFrom, rcptTo string) error {
	err := k.begin(beginning)
	if err == nil {
		if k.dirty {
			k.out.WriteString("RSET\r\n")
		}
		for _, command := range [...]string{mailFrom, rcptTo, "DATA"} {
			k.out.WriteString(command)
			k.out.WriteString("\r\n")
		}
		err = k.out.Flush()
	}
	if err != nil {
		k.broken = true
		return lost(beginning.doing, err)
	}
	if k.dirty {
		if err := k.expect(reset, 2); err != nil {
			return err
		}
	}
	k.dirty = true
	failed := k.expect(sender, 2)
	for _, p := range [...]phase{recipient, data} {
		if k.broken {
			return failed
		}
		want := 2
		if p == data {
			want = 3
		}
		err := k.expect(p, want)
		if failed == nil {
			failed = err
		} else if p == data && err == nil {
			// Ready for the text of a message without sender or recipient.
			// There is no way back from here but to leave.
			k.broken = true
		}
	}
	return failed
}

// expect reads the reply to a command sent before. want is the first digit that
// means yes.
func (k *conn) expect(p phase, want int) error {
	r, err := k.read()
	if err != nil {
		return lost(p.doing, err)
	}
	if r.code/100 != want {
		return k.declined(p, r)
	}
	return nil
}

func (k *conn) inTurn(mailFrom, rcptTo string) error {
	steps := []step{{sender, mailFrom, 2}, {recipient, rcptTo, 2}, {data, "DATA", 3}}
	if k.dirty {
		steps = append([]step{{reset, "RSET", 2}}, steps...)
	}
	for _, s := range steps {
		r, err := k.ask(s.phase, s.command)
		if err != nil {
			return err
		}
		k.dirty = true
		if r.code/100 != s.want {
			return k.declined(s.phase, r)
		}
	}
	return nil
}

type step struct {
	phase   phase
	command string
	want    int
}

func (k *conn) declined(p phase, r reply) error {
	f := answered(r)
	if p == reset {
		f.dead = true // it says nothing of the message
	}
	if p == reset || r.code < 400 {
		k.broken = true // out of step
	}
	return f
}

// sendText sends the message and the final dot.
func (k *conn) sendText(raw []byte) error {
	err := k.begin(block)
	if err == nil {
		err = writeText(k.out, raw)
	}
	if err == nil {
		err = k.out.Flush()
	}
	if err == nil {
		return nil
	}
	k.broken = true
	if k.ctx.Err() != nil {
		return lost(block.doing, k.ctx.Err())
	}
	// The final dot did not leave whole. The server may have said why it hung up.
	k.net.SetReadDeadline(time.Now().Add(time.Second))
	if r, readErr := k.read(); readErr == nil && r.code >= 400 {
		return answered(r)
	}
	return lost(block.doing, err)
}

// last waits for the reply that decides. From here on, not knowing means that
// the message may have arrived.
func (k *conn) last() (reply, error) {
	err := k.begin(finish)
	var r reply
	if err == nil {
		r, err = k.read()
	}
	if err != nil {
		k.broken = true
		return reply{}, &failure{class: mail.Deferred, text: "the message was sent, but no answer came: " + reason(err) + "; it may have arrived all the same"}
	}
	k.dirty = false
	if !r.positive() {
		f := answered(r)
		f.dead = false
		k.broken = k.broken || r.code < 400
		return reply{}, f
	}
	return r, nil
}

// writeText writes a message for DATA, the final dot included: every line end,
// also a lone CR or LF, becomes CRLF, and a dot that begins a line is doubled
// (RFC 5321 §4.5.2). No server can then see an end where there is none.
func writeText(w *bufio.Writer, raw []byte) error {
	for len(raw) > 0 {
		if raw[0] == '.' {
			w.WriteByte('.')
		}
		line, after := cutLine(raw)
		w.Write(line)
		if _, err := w.WriteString("\r\n"); err != nil {
			return err
		}
		raw = raw[after:]
	}
	_, err := w.WriteString(".\r\n")
	return err
}

// cutLine finds the first line's text and where the next line begins.
func cutLine(raw []byte) (line []byte, after int) {
	end := bytes.IndexByte(raw, '\n')
	if end < 0 {
		end = len(raw)
	}
	if cr := bytes.IndexByte(raw[:end], '\r'); cr >= 0 {
		if cr == end-1 && end < len(raw) {
			return raw[:cr], end + 1
		}
		return raw[:cr], cr + 1
	}
	return raw[:end], min(end+1, len(raw))
}
