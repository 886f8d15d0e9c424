package deliver

import (
	"bufio"
	"context"
	"net"
	"time"
)

// phase is a part of the dialogue with its own waiting time, RFC 5321 §4.5.3.2
// where it names one.
type phase struct {
	doing string
	limit time.Duration
}

var (
	greeting  = phase{"waiting for the greeting", 5 * time.Minute}
	hello     = phase{"EHLO", 5 * time.Minute}
	startTLS  = phase{"STARTTLS", 2 * time.Minute}
	auth      = phase{"AUTH", 5 * time.Minute}
	beginning = phase{"MAIL, RCPT and DATA", 5 * time.Minute}
	reset     = phase{"RSET", 5 * time.Minute}
	sender    = phase{"MAIL", 5 * time.Minute}
	recipient = phase{"RCPT", 5 * time.Minute}
	data      = phase{"DATA", 2 * time.Minute}
	block     = phase{"sending the message", 3 * time.Minute}
	finish    = phase{"waiting for the last reply", 10 * time.Minute}
)

// conn is a connection to a server, greeted and ready for messages.
type conn struct {
	net      net.Conn
	in       *bufio.Reader
	out      *bufio.Writer
	answer   []byte // the buffer of the newest reply
	ctx      context.Context
	patience float64

	host string // as outcomes name it
	tls  string // likewise, "" in clear
	extensions

	born, idleSince time.Time
	dirty           bool // a transaction was begun and not ended: RSET before the next
	broken          bool // not to be used again
}

func newConn(raw net.Conn, host string, patience float64) *conn {
	k := &conn{patience: patience, host: host, born: time.Now()}
	k.wrap(raw)
	return k
}

func (k *conn) wrap(c net.Conn) {
	k.net, k.in, k.out = c, bufio.NewReaderSize(c, maxReplyLine), bufio.NewWriterSize(c, 32<<10)
}

// bind makes ctx end whatever the connection waits for. The function it returns
// unbinds, and tells whether the connection is untouched by ctx.
func (k *conn) bind(ctx context.Context) (release func() bool) {
	k.ctx = ctx
	c := k.net
	return context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
}

// begin gives a phase its time.
func (k *conn) begin(p phase) error {
	until := time.Now().Add(time.Duration(float64(p.limit) * k.patience))
	if end, ok := k.ctx.Deadline(); ok && end.Before(until) {
		until = end
	}
	if err := k.net.SetDeadline(until); err != nil {
		return err
	}
	return k.ctx.Err() // after SetDeadline: one of bind's may have come before it
}

// read waits for one reply.
func (k *conn) read() (reply, error) {
	r, err := readReply(k.in, k.answer)
	k.answer = r.text
	if err != nil {
		k.broken = true
		if ctxErr := k.ctx.Err(); ctxErr != nil {
			err = ctxErr
		}
	}
	if r.code == 421 { // it closes the connection now
		k.broken = true
	}
	return r, err
}

// ask sends one command and waits for its reply. Whatever goes wrong is a
// failure that names the phase.
func (k *conn) ask(p phase, command string) (reply, error) {
	err := k.begin(p)
	if err == nil {
		k.out.WriteString(command)
		k.out.WriteString("\r\n")
		err = k.out.Flush()
	}
	if err != nil {
		k.broken = true
		return reply{}, lost(p.doing, err)
	}
	r, err := k.read()
	if err != nil {
		return r, lost(p.doing, err)
	}
	return r, nil
}

// quit says goodbye and closes without waiting for an answer.
func (k *conn) quit() {
	k.net.SetDeadline(time.Now().Add(time.Second))
	k.out.WriteString("QUIT\r\n")
	_ = k.out.Flush() // whoever is gone needs no goodbye
	k.net.Close()
}

func (k *conn) close() { k.net.Close() }
