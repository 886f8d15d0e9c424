package deliver

import (
	"encoding/base64"
	"net"
	"slices"
	"strings"
)

// authenticate tells the server who we are. The password only leaves over TLS,
// or to a server on this machine.
func (c *Client) authenticate(k *conn) error {
	if k.tls == "" && !onThisMachine(k.net.RemoteAddr()) {
		return &failure{text: "the password was not sent: the connection is not encrypted (write tls=required in the relay's URL)"}
	}
	var r reply
	var err error
	switch {
	case slices.Contains(k.mechanisms, "PLAIN"):
		r, err = k.ask(auth, "AUTH PLAIN "+encode("\x00"+c.relay.User+"\x00"+c.relay.Password))
	case slices.Contains(k.mechanisms, "LOGIN"):
		r, err = c.login(k)
	case len(k.mechanisms) == 0:
		return &failure{text: "the server offers no authentication here (leave user and password out of the relay's URL, or use its submission port)"}
	default:
		return &failure{text: "the server offers only " + strings.Join(k.mechanisms, ", ") + " to authenticate by; PLAIN or LOGIN is needed"}
	}
	if err != nil {
		return err
	}
	if r.code != 235 {
		return c.rejected(r)
	}
	return nil
}

func (c *Client) login(k *conn) (reply, error) {
	r, err := k.ask(auth, "AUTH LOGIN")
	for _, answer := range []string{c.relay.User, c.relay.Password} {
		if err != nil || r.code != 334 {
			return r, err
		}
		r, err = k.ask(auth, encode(answer))
	}
	return r, err
}

// rejected makes a failure of a refusal, without the password if the server
// quotes it.
func (c *Client) rejected(r reply) error {
	f := answered(r)
	secrets := []string{encode("\x00" + c.relay.User + "\x00" + c.relay.Password), encode(c.relay.Password), c.relay.Password}
	for _, s := range secrets {
		f.text = strings.ReplaceAll(f.text, s, blot)
	}
	f.text = "authentication failed: " + f.text
	return f
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func onThisMachine(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
