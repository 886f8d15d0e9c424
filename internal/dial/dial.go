// Package dial is the one dialer that goes out: to mail servers, relays,
// directories, webhooks and anything else named by a setting or by a stranger.
//
// It promises:
//   - A name is resolved once. The addresses found are checked, and the
//     connection goes to a checked address, never to the name again: a resolver
//     that answers differently the second time gains nothing.
//   - Only global unicast addresses are dialled. Loopback, private, link-local,
//     shared (RFC 6598), multicast, documentation, benchmarking and every other
//     special-purpose block of RFC 6890 is refused, also inside its IPv4-mapped,
//     6to4, NAT64 or Teredo disguise. Options.Allow lists the exceptions.
//   - HTTPClient follows no redirect, takes no proxy from the environment, and
//     bounds time, header and body.
//
// A refusal is a fault of kind Refused with a hint that names the setting; a
// name that does not resolve or a server that does not answer is Unavailable.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"keyback/internal/fault"
)

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options of a Dialer. The zero value dials global unicast addresses only.
type Options struct {
	Allow    []netip.Prefix // addresses to dial although they are not global unicast
	Timeout  time.Duration  // for the look-up and every connection attempt together; 15 s when zero
	Resolver Resolver       // nil means the system's
	Setting  string         // what the operator calls Allow, for hints; "dial-allow" when empty
}

// Dialer dials out. It is safe for use by many goroutines and holds nothing.
type Dialer struct {
	allow    []netip.Prefix
	timeout  time.Duration
	resolver Resolver
	setting  string
}

// New makes a Dialer.
func New(o Options) *Dialer {
	d := &Dialer{timeout: o.Timeout, resolver: o.Resolver, setting: o.Setting}
	for _, p := range o.Allow {
		d.allow = append(d.allow, p.Masked())
	}
	if d.timeout <= 0 {
		d.timeout = 15 * time.Second
	}
	if d.resolver == nil {
		d.resolver = net.DefaultResolver
	}
	if d.setting == "" {
		d.setting = "dial-allow"
	}
	return d
}

// DialContext connects to "host:port" over tcp, tcp4 or tcp6. It has the shape
// that http.Transport wants.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := split(network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	found, err := d.resolve(ctx, network, host)
	if err != nil {
		return nil, err
	}
	permitted := d.permitted(found)
	if len(permitted) == 0 {
		return nil, d.refusal(host, found)
	}
	conn, err := race(ctx, network, permitted, port)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The other server does not answer.").
			Because(fmt.Errorf("dial %s: %w", address, err)).
			Hint("check that " + address + " is the right host and port, that it runs, and that no firewall stands between")
	}
	return conn, nil
}

// Permits tells whether an address may be dialled.
func (d *Dialer) Permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range d.allow {
		if p.Contains(a) {
			return true
		}
	}
	return Global(a)
}

func split(network, address string) (host string, port uint16, err error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return "", 0, fault.New(fault.Invalid, "That is not a network to dial.").
			Because(fmt.Errorf("network %q", network)).Hint("use tcp, tcp4 or tcp6")
	}
	host, digits, err := net.SplitHostPort(address)
	if err == nil && host == "" {
		err = errors.New("no host")
	}
	var n uint64
	if err == nil {
		n, err = strconv.ParseUint(digits, 10, 16)
	}
	if err == nil && n == 0 {
		err = errors.New("port 0")
	}
	if err != nil {
		return "", 0, fault.New(fault.Invalid, "That is not an address to dial.").
			Because(fmt.Errorf("address %q: %w", address, err)).Hint("write host:port with a port from 1 to 65535, for example mail.example.com:25")
	}
	return host, uint16(n), nil
}

func (d *Dialer) resolve(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if literal, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{literal}, nil
	}
	found, err := d.resolver.LookupNetIP(ctx, "ip"+network[len("tcp"):], host)
	if err == nil && len(found) == 0 {
		err = errors.New("no addresses")
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The other server's name cannot be found.").
			Because(fmt.Errorf("look up %s: %w", host, err)).
			Hint("check the spelling of " + host + " and this machine's DNS resolver")
	}
	return found, nil
}

func (d *Dialer) permitted(found []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range found {
		if d.Permits(a) {
			out = append(out, a.Unmap())
		}
	}
	return out
}

func (d *Dialer) refusal(host string, found []netip.Addr) error {
	a := found[0].Unmap().WithZone("")
	return fault.New(fault.Refused, "That address may not be dialled.").
		Because(fmt.Errorf("%s is %s, not a global unicast address", host, a)).
		Hint(fmt.Sprintf("if this server is yours, add %s to %s", netip.PrefixFrom(a, a.BitLen()), d.setting))
}
