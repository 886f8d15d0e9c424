package deliver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Bounds on one reply of a server that may be hostile. RFC 5321 §4.5.3.1.5 allows
// 512 bytes a line; real servers write more.
const (
	maxReplyLine  = 4 << 10 // the reader's buffer
	maxReplyLines = 128
	maxReplyBytes = 16 << 10
)

// reply is a server's answer.
type reply struct {
	code int
	text []byte // the lines without their codes, joined by "\n"; good until the next reply is read
}

func (r reply) positive() bool { return r.code/100 == 2 }

var errReply = errors.New("the server does not speak SMTP")

// readReply reads one reply (RFC 5321 §4.2). Its text is appended to buf[:0].
func readReply(in *bufio.Reader, buf []byte) (reply, error) {
	r := reply{text: buf[:0]}
	for lines := 1; ; lines++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return r, fmt.Errorf("%w: a line of more than %d bytes", errReply, maxReplyLine)
		}
		if errors.Is(err, io.EOF) && len(line)+lines > 1 {
			return r, io.ErrUnexpectedEOF
		}
		if err != nil {
			return r, err
		}
		code, text, more, ok := splitReply(line)
		switch {
		case !ok:
			return r, fmt.Errorf("%w: it says %q", errReply, line[:min(len(line), 40)])
		case lines > 1 && code != r.code:
			return r, fmt.Errorf("%w: one reply with the codes %d and %d", errReply, r.code, code)
		case lines > maxReplyLines || len(r.text)+len(text) > maxReplyBytes:
			return r, fmt.Errorf("%w: a reply without end", errReply)
		}
		r.code = code
		if lines > 1 {
			r.text = append(r.text, '\n')
		}
		r.text = append(r.text, text...)
		if !more {
			return r, nil
		}
	}
}

// splitReply reads "250-text" or "250 text" or "250".
func splitReply(line []byte) (code int, text []byte, more, ok bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) < 3 || line[0] < '2' || line[0] > '5' {
		return 0, nil, false, false
	}
	for _, b := range line[:3] {
		if b < '0' || b > '9' {
			return 0, nil, false, false
		}
		code = code*10 + int(b-'0')
	}
	if len(line) == 3 {
		return code, nil, false, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, nil, false, false
	}
	return code, line[4:], line[3] == '-', true
}

// cutEnhanced takes the enhanced status code (RFC 3463) off the front of a reply
// line, if it is one and agrees with the reply's code.
func cutEnhanced(code int, line string) (enhanced, rest string) {
	if len(line) < 5 || int(line[0]-'0') != code/100 || line[1] != '.' {
		return "", line
	}
	i, dots, digits := 2, 1, 0
scan:
	for ; i < len(line); i++ {
		switch b := line[i]; {
		case b >= '0' && b <= '9' && digits < 3:
			digits++
		case b == '.' && dots == 1 && digits > 0:
			dots, digits = 2, 0
		default:
			break scan
		}
	}
	if dots != 2 || digits == 0 || i < len(line) && line[i] != ' ' {
		return "", line
	}
	return line[:i], line[min(i+1, len(line)):]
}
