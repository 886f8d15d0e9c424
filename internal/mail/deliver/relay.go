package deliver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"keyback/internal/fault"
)

// TLSMode says how a relay is spoken to over smtp://.
type TLSMode uint8

// The modes.
const (
	AlwaysTry TLSMode = iota // encrypt when the server offers STARTTLS; its certificate is not checked
	Required                 // STARTTLS with a certificate that is checked, or nothing is sent
	Never                    // in clear
)

var modes = map[string]TLSMode{"always-try": AlwaysTry, "required": Required, "never": Never}

// String is the mode as a relay's URL writes it.
func (m TLSMode) String() string {
	for word, mode := range modes {
		if mode == m {
			return word
		}
	}
	return "unknown"
}

// Relay is a server that takes our mail.
type Relay struct {
	Host           string
	Port           uint16
	User, Password string
	Implicit       bool // TLS from the first byte (smtps), certificate checked
	TLS            TLSMode
}

// ParseRelay reads a relay's URL:
//
//	smtp://[user:password@]host[:port][?tls=always-try|required|never]
//	smtps://[user:password@]host[:port]
//
// The port is 465 for smtps, 587 with a user, else 25. tls is always-try, or
// required with a user: a password never goes to a server that has not proven who
// it is, except on this very machine. Errors never quote the password.
func ParseRelay(text string) (Relay, error) {
	u, err := url.Parse(text)
	if err != nil {
		// url.Parse quotes what it read, the password with it.
		return Relay{}, badRelay(errors.New("not a URL"), "a user name or password with one of %/?#@: must be percent-encoded, as in p%40ss")
	}
	r := Relay{Host: u.Hostname(), Implicit: u.Scheme == "smtps", User: u.User.Username()}
	r.Password, _ = u.User.Password()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps" || u.Opaque != "":
		return Relay{}, badRelay(errors.New("it does not begin with smtp:// or smtps://"), "write smtp://host:port or smtps://host:port")
	case r.Host == "":
		return Relay{}, badRelay(errors.New("no host"), "write smtp://host:port")
	case strings.Trim(u.Path, "/") != "" || u.Fragment != "":
		return Relay{}, badRelay(errors.New("something follows the host"), "nothing may stand after host:port but ?tls=…; a password with / or # must be percent-encoded")
	case (r.User == "") != (r.Password == ""):
		return Relay{}, badRelay(errors.New("a user without a password, or the other way round"), "write smtp://user:password@host")
	case strings.ContainsAny(r.User+r.Password, "\x00\r\n"):
		return Relay{}, badRelay(errors.New("a control character in the user name or password"), "remove it")
	case !validHello(r.Host):
		return Relay{}, badRelay(errors.New("the host is not a host name or address"), "write the host in ASCII letters, digits, dots and dashes, or an address")
	}
	if err := r.readPort(u.Port()); err != nil {
		return Relay{}, err
	}
	return r, r.readMode(u.RawQuery)
}

func (r *Relay) readPort(digits string) error {
	switch {
	case digits != "":
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 {
			return badRelay(fmt.Errorf("port %s", digits), "a port is a number from 1 to 65535")
		}
		r.Port = uint16(n)
	case r.Implicit:
		r.Port = 465
	case r.User != "":
		r.Port = 587
	default:
		r.Port = 25
	}
	return nil
}

func (r *Relay) readMode(query string) error {
	values, err := url.ParseQuery(query)
	for name := range values {
		if name != "tls" {
			return badRelay(fmt.Errorf("the parameter %q", name), "the only parameter is tls=always-try, tls=required or tls=never")
		}
	}
	words, given := values["tls"]
	if err != nil || len(words) > 1 {
		return badRelay(errors.New("its parameters"), "write tls once: tls=always-try, tls=required or tls=never")
	}
	if r.Implicit || r.User != "" {
		r.TLS = Required
	}
	if !given {
		return nil
	}
	mode, known := modes[words[0]]
	switch {
	case !known:
		return badRelay(fmt.Errorf("tls=%q", words[0]), "write tls=always-try, tls=required or tls=never")
	case r.Implicit && mode != Required:
		return badRelay(fmt.Errorf("smtps with tls=%s", mode), "smtps:// is always TLS with a checked certificate: leave tls= out, or write smtp://")
	case r.User != "" && mode != Required && !r.Loopback():
		return badRelay(fmt.Errorf("a password with tls=%s", mode), "a password is only sent over checked TLS: write tls=required, or smtps://")
	}
	r.TLS = mode
	return nil
}

// Loopback tells whether the relay is named as a server on this machine.
func (r Relay) Loopback() bool {
	a, err := netip.ParseAddr(r.Host)
	return err == nil && a.IsLoopback() || r.Host == "localhost"
}

// Address is host:port.
func (r Relay) Address() string { return net.JoinHostPort(r.Host, strconv.Itoa(int(r.Port))) }

// String is the relay's URL without its password.
func (r Relay) String() string {
	scheme, who, mode := "smtp://", "", "?tls="+r.TLS.String()
	if r.Implicit {
		scheme, mode = "smtps://", ""
	}
	if r.User != "" {
		who = url.User(r.User).String() + ":…@"
	}
	return scheme + who + r.Address() + mode
}

func badRelay(cause error, hint string) error {
	return fault.New(fault.Invalid, "The relay's URL cannot be used.").Because(cause).Hint(hint)
}
