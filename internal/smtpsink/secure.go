package smtpsink

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

func (x *session) startTLS() error {
	switch {
	case x.sink.o.STARTTLS == nil || x.lacks("STARTTLS"):
		return x.reply(502, "5.5.1 no TLS here")
	case x.secure:
		return x.reply(503, "5.5.1 TLS is on already")
	case x.in.Buffered() > 0: // RFC 3207: what came in clear must not count after the handshake
		x.reply(503, "5.5.1 nothing may follow STARTTLS")
		return errOver
	}
	if err := x.play(x.opening, StartTLS, 220, "2.0.0 go ahead"); err != nil {
		return err
	}
	if x.opening.At == StartTLS && x.opening.Code >= 400 {
		return nil
	}
	if err := x.out.Flush(); err != nil {
		return err
	}
	return x.handshake(x.sink.o.STARTTLS)
}

// handshake goes over to TLS. Everything said before is forgotten.
func (x *session) handshake(config *tls.Config) error {
	if x.opening.At == Handshake {
		return errOver
	}
	secure := tls.Server(x.conn, config)
	secure.SetDeadline(time.Now().Add(x.sink.o.Idle))
	if err := secure.HandshakeContext(context.Background()); err != nil {
		return err
	}
	secure.SetDeadline(time.Time{})
	x.conn = secure
	x.in.Reset(secure)
	x.out.Reset(secure)
	x.secure, x.helloed, x.user, x.transaction = true, false, "", transaction{}
	return nil
}

func (x *session) mayAuth() bool {
	return x.sink.o.Username != "" && x.user == "" && (x.secure || x.sink.o.AuthInClear)
}

func (x *session) auth(rest string) error {
	if !x.mayAuth() || !x.helloed {
		return x.reply(503, "5.5.1 no authentication here")
	}
	mechanism, initial, given := strings.Cut(rest, " ")
	var user, password string
	var err error
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		user, password, err = x.plain(initial, given)
	case "LOGIN":
		user, password, err = x.login(initial, given)
	default:
		return x.reply(504, "5.5.4 PLAIN or LOGIN")
	}
	if errors.Is(err, errBase64) {
		return x.reply(501, "5.5.2 that is not base64")
	}
	if err != nil {
		return err
	}
	right := subtle.ConstantTimeCompare([]byte(user), []byte(x.sink.o.Username)) &
		subtle.ConstantTimeCompare([]byte(password), []byte(x.sink.o.Password))
	if right != 1 {
		return x.reply(535, "5.7.8 wrong user name or password")
	}
	if x.opening.At != Auth || x.opening.Code < 400 {
		x.user = user
	}
	return x.play(x.opening, Auth, 235, "2.7.0 welcome")
}

func (x *session) plain(initial string, given bool) (user, password string, err error) {
	if !given {
		if initial, err = x.ask(""); err != nil {
			return "", "", err
		}
	}
	text, err := decode(initial)
	if err != nil {
		return "", "", err
	}
	_, text, _ = strings.Cut(text, "\x00") // the identity to act as is ours anyway
	user, password, _ = strings.Cut(text, "\x00")
	return user, password, nil
}

func (x *session) login(initial string, given bool) (user, password string, err error) {
	if !given {
		if initial, err = x.ask("Username:"); err != nil {
			return "", "", err
		}
	}
	if user, err = decode(initial); err != nil {
		return "", "", err
	}
	if initial, err = x.ask("Password:"); err != nil {
		return "", "", err
	}
	password, err = decode(initial)
	return user, password, err
}

func (x *session) ask(prompt string) (string, error) {
	x.reply(334, base64.StdEncoding.EncodeToString([]byte(prompt)))
	return x.line()
}

var errBase64 = errors.New("not base64")

func decode(text string) (string, error) {
	if text == "=" {
		return "", nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errBase64
	}
	return string(b), nil
}
