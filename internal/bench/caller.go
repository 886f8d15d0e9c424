package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// caller is one browser's connection. It speaks as much of HTTP/1.1 as our server
// does, at a tenth of what a library costs, and shows an answer byte by byte.
type caller struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
}

// request is what a browser sends. A form makes it a POST.
type request struct {
	path    string
	form    url.Values
	cookies string
	network int // the client's /24
}

// reply is an answer; its bytes are good until the connection's next request.
type reply struct {
	status int
	head   []byte // status line and headers as they came
	body   []byte
}

const patience = 30 * time.Second

func call(ctx context.Context, host string) (*caller, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &caller{host: host, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (c *caller) close() { c.conn.Close() }

// do sends a request and reads its whole answer. Any other status than wanted is an
// error that shows the page.
func (c *caller) do(r request, wanted int) (reply, error) {
	if err := c.send(r); err != nil {
		return reply{}, err
	}
	a, err := c.receive()
	if err == nil && a.status != wanted {
		err = fmt.Errorf("%s answered %d, not %d:\n%s\n%s", r.path, a.status, wanted, a.head, a.body)
	}
	return a, err
}

func (c *caller) send(r request) error {
	b := c.out[:0]
	if r.form == nil {
		b = append(b, "GET "...)
	} else {
		b = append(b, "POST "...)
	}
	b = append(b, r.path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, c.host...)
	b = append(b, "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"+
		"Accept: text/html\r\nAccept-Language: en-GB,en;q=0.5\r\nSec-Fetch-Site: same-origin\r\nX-Forwarded-For: "...)
	b = append(b, address(r.network)...)
	if r.cookies != "" {
		b = append(b, "\r\nCookie: "...)
		b = append(b, r.cookies...)
	}
	if r.form != nil {
		form := r.form.Encode()
		b = append(b, "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(form)), 10)
		b = append(b, "\r\n\r\n"...)
		b = append(b, form...)
	} else {
		b = append(b, "\r\n\r\n"...)
	}
	c.out = b
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

// address is a client of the n-th network, all of them public and far apart.
func address(n int) string {
	n += 0x100000 // 16.0.0.0
	return strconv.Itoa(n>>16&0xff) + "." + strconv.Itoa(n>>8&0xff) + "." + strconv.Itoa(n&0xff) + ".7"
}

func (c *caller) receive() (reply, error) {
	a, err := c.receiveHead()
	if err != nil {
		return a, err
	}
	c.body = c.body[:0]
	switch length := a.header("Content-Length"); {
	case a.header("Transfer-Encoding") == "chunked":
		for {
			piece, err := c.chunk()
			if err != nil {
				return a, err
			}
			if piece == nil {
				break
			}
			c.body = append(c.body, piece...)
		}
	case length != "":
		n, err := strconv.Atoi(length)
		if err != nil {
			return a, err
		}
		c.body = append(c.body, make([]byte, n)...)
		if _, err := io.ReadFull(c.in, c.body); err != nil {
			return a, err
		}
	}
	a.body = c.body
	return a, nil
}

func (c *caller) receiveHead() (a reply, err error) {
	var head []byte
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return a, err
		}
		if len(line) <= 2 {
			break
		}
		head = append(head, line...)
	}
	a.head = head
	if len(head) < 12 {
		return a, errors.New("an answer without a status")
	}
	a.status, err = strconv.Atoi(string(head[9:12]))
	return a, err
}

// chunk reads one piece of a chunked body; nil is its end.
func (c *caller) chunk() ([]byte, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
	if err != nil {
		return nil, err
	}
	piece := make([]byte, n+2)
	if _, err := io.ReadFull(c.in, piece); err != nil || n == 0 {
		return nil, err
	}
	return piece[:n], nil
}

func (a reply) header(name string) string {
	for line := range bytes.Lines(a.head) {
		if key, value, ok := bytes.Cut(line, []byte(": ")); ok && strings.EqualFold(string(key), name) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// cookie is a cookie that the answer sets, as "name=value".
func (a reply) cookie(name string) string {
	for line := range bytes.Lines(a.head) {
		key, value, _ := bytes.Cut(line, []byte(": "))
		if strings.EqualFold(string(key), "Set-Cookie") && bytes.HasPrefix(value, []byte(name+"=")) {
			pair, _, _ := bytes.Cut(bytes.TrimSpace(value), []byte(";"))
			return string(pair)
		}
	}
	return ""
}
