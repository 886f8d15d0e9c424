package smtpsink

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
)

// errOver ends a session without a word.
var errOver = errors.New("the session is over")

// session is one connection.
type session struct {
	sink   *Sink
	raw    net.Conn // as accepted; closing it ends the session
	conn   net.Conn // raw, or the TLS over it
	number int64
	in     *bufio.Reader
	out    *bufio.Writer
	ended  chan struct{}

	opening Reply
	secure  bool
	helloed bool
	user    string
	incoming
	transaction
}

// transaction is what RSET forgets.
type transaction struct {
	open   bool
	from   string
	params string
	to     []recipient
}

type recipient struct {
	address string
	plan    Reply
}

func newSession(s *Sink, conn net.Conn, number int64) *session {
	return &session{
		sink: s, raw: conn, conn: conn, number: number, ended: make(chan struct{}),
		in: bufio.NewReaderSize(conn, 8<<10), out: bufio.NewWriterSize(conn, 2<<10),
	}
}

func (x *session) run() {
	defer func() { x.conn.Close() }() // TLS says goodbye too
	if x.sink.o.Opening != nil {
		x.opening = x.sink.o.Opening(x.number)
	}
	if x.sink.o.TLS != nil && x.handshake(x.sink.o.TLS) != nil {
		return
	}
	if x.play(x.opening, Connect, 220, x.sink.o.Hostname+" ESMTP") != nil {
		return
	}
	for {
		line, err := x.line()
		if err != nil {
			return
		}
		if err := x.command(line); err != nil {
			x.out.Flush()
			return
		}
	}
}

func (x *session) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return x.hello(true)
	case "HELO":
		return x.hello(false)
	case "STARTTLS":
		return x.startTLS()
	case "AUTH":
		return x.auth(rest)
	case "MAIL":
		return x.mail(rest)
	case "RCPT":
		return x.rcpt(rest)
	case "DATA":
		return x.data()
	case "RSET":
		x.transaction = transaction{}
		return x.reply(250, "2.0.0 forgotten")
	case "NOOP":
		return x.reply(250, "2.0.0 still here")
	case "VRFY":
		return x.reply(252, "2.0.0 send it and see")
	case "QUIT":
		x.reply(221, "2.0.0 goodbye")
		return errOver
	}
	return x.reply(500, "5.5.1 no such command")
}

func (x *session) hello(extended bool) error {
	x.transaction, x.helloed = transaction{}, true
	if !extended || x.opening.At == Hello {
		return x.play(x.opening, Hello, 250, x.sink.o.Hostname)
	}
	x.out.WriteString("250-" + x.sink.o.Hostname + "\r\n")
	for _, ext := range x.extensions() {
		x.out.WriteString("250-" + ext + "\r\n")
	}
	return x.reply(250, "ENHANCEDSTATUSCODES")
}

func (x *session) extensions() []string {
	o := x.sink.o
	all := []string{"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE " + strconv.FormatInt(o.MaxBytes, 10)}
	if o.STARTTLS != nil && !x.secure {
		all = append(all, "STARTTLS")
	}
	if x.mayAuth() {
		all = append(all, "AUTH PLAIN LOGIN")
	}
	offered := all[:0]
	for _, ext := range all {
		word, _, _ := strings.Cut(ext, " ")
		if !x.lacks(word) {
			offered = append(offered, ext)
		}
	}
	return offered
}

func (x *session) lacks(extension string) bool {
	for _, w := range x.sink.o.Without {
		if strings.EqualFold(w, extension) {
			return true
		}
	}
	return false
}

func (x *session) mail(rest string) error {
	address, params, ok := path(rest, "FROM:")
	switch {
	case !x.helloed:
		return x.reply(503, "5.5.1 say EHLO first")
	case x.sink.o.Username != "" && x.user == "":
		return x.reply(530, "5.7.0 authentication required")
	case x.open:
		return x.reply(503, "5.5.1 a message is open already")
	case !ok:
		return x.reply(501, "5.5.4 write MAIL FROM:<address>")
	case !ascii(address) && !strings.Contains(" "+params+" ", " SMTPUTF8 "):
		return x.reply(553, "5.6.7 that address needs SMTPUTF8")
	case announced(params) > x.sink.o.MaxBytes:
		return x.reply(552, "5.3.4 that message is too big")
	}
	if x.opening.At == Mail && x.opening.Code >= 400 {
		return x.play(x.opening, Mail, 0, "")
	}
	x.transaction = transaction{open: true, from: address, params: params}
	return x.play(x.opening, Mail, 250, "2.1.0 sender fine")
}

func (x *session) rcpt(rest string) error {
	address, _, ok := path(rest, "TO:")
	switch {
	case !x.open:
		return x.reply(503, "5.5.1 say MAIL first")
	case !ok || address == "":
		return x.reply(501, "5.1.3 write RCPT TO:<address>")
	case len(x.to) == 100:
		return x.reply(452, "4.5.3 too many recipients")
	}
	plan := x.sink.plan(x, address)
	if plan.At != Rcpt || plan.Code < 400 {
		x.to = append(x.to, recipient{address, plan})
	}
	return x.play(plan, Rcpt, 250, "2.1.5 recipient fine")
}

// plan asks the script, and counts the attempts at a recipient for it.
func (s *Sink) plan(x *session, to string) Reply {
	if s.o.Script == nil {
		return Reply{}
	}
	s.mu.Lock()
	if len(s.tries) == 100_000 { // a sink is no place to run out of memory
		clear(s.tries)
	}
	s.tries[to]++
	n := s.tries[to]
	s.mu.Unlock()
	return s.o.Script(Attempt{From: x.from, To: to, N: n, Conn: x.number, TLS: x.secure})
}

// line reads a command. What was answered so far leaves when nothing more is
// waiting to be read, as RFC 2920 asks of a server.
func (x *session) line() (string, error) {
	if x.in.Buffered() == 0 {
		if err := x.out.Flush(); err != nil {
			return "", err
		}
		x.conn.SetReadDeadline(time.Now().Add(x.sink.o.Idle))
	}
	line, err := x.in.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			x.reply(500, "5.5.2 that line is too long")
			x.out.Flush()
		}
		return "", err
	}
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || bytes.IndexByte(text, '\r') >= 0 {
		x.reply(521, "5.5.2 lines end with CRLF and hold no other CR or LF")
		x.out.Flush()
		return "", errOver
	}
	return string(text), nil
}

func (x *session) reply(code int, text string) error {
	x.out.WriteString(strconv.Itoa(code))
	x.out.WriteByte(' ')
	x.out.WriteString(text)
	_, err := x.out.WriteString("\r\n")
	return err
}

// play answers at a stage: as planned if the plan is for it, else as a server
// that accepts does.
func (x *session) play(r Reply, at Stage, code int, text string) error {
	if r.At != at {
		return x.reply(code, text)
	}
	if r.Code != 0 {
		code, text = r.Code, r.text()
	}
	if err := x.pause(r); err != nil {
		return err
	}
	switch r.Break {
	case Reset:
		if tcp, ok := x.raw.(*net.TCPConn); ok {
			tcp.SetLinger(0)
			tcp.Close()
		}
		return errOver
	case Drop:
		return errOver
	}
	if err := x.drip(code, text, r.Drip); err != nil {
		return err
	}
	if r.Break == HangUp {
		return errOver
	}
	return nil
}

// drip replies a byte at a time.
func (x *session) drip(code int, text string, every time.Duration) error {
	if every <= 0 {
		return x.reply(code, text)
	}
	for _, b := range []byte(strconv.Itoa(code) + " " + text + "\r\n") {
		x.out.WriteByte(b)
		if err := x.out.Flush(); err != nil {
			return err
		}
		if err := x.sleep(every); err != nil {
			return err
		}
	}
	return nil
}

func (r Reply) text() string {
	enhanced, text := r.Enhanced, r.Text
	if enhanced == "" {
		enhanced = strconv.Itoa(r.Code/100) + ".0.0"
	}
	if text == "" {
		text = "as scripted"
	}
	return enhanced + " " + text
}

func (x *session) pause(r Reply) error {
	if r.Delay == 0 && r.Hold == nil {
		return nil
	}
	x.out.Flush()
	if r.Hold != nil {
		select {
		case <-r.Hold:
		case <-x.sink.done:
			return errOver
		}
	}
	return x.sleep(r.Delay)
}

func (x *session) sleep(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-x.sink.done:
		return errOver
	}
}
