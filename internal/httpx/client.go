package httpx

import (
	"net/http"
	"net/netip"

	"github.com/realclientip/realclientip-go"
)

// Clients says where requests come from.
type Clients struct {
	proxies  []netip.Prefix
	strategy realclientip.Strategy
}

// NewClients trusts X-Forwarded-For from the given networks alone: the proxies that
// stand before us. Without any, the header is not read.
func NewClients(proxies []netip.Prefix) (Clients, error) {
	if len(proxies) == 0 {
		return Clients{}, nil
	}
	ranges := make([]string, 0, len(proxies))
	for _, p := range proxies {
		ranges = append(ranges, p.String())
	}
	nets, err := realclientip.AddressesAndRangesToIPNets(ranges...)
	if err != nil {
		return Clients{}, err
	}
	strategy, err := realclientip.NewRightmostTrustedRangeStrategy("X-Forwarded-For", nets)
	return Clients{proxies, strategy}, err
}

// Addr is the address a request comes from; invalid where nobody can say.
func (c Clients) Addr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	direct := peer.Addr().Unmap()
	for _, p := range c.proxies {
		if p.Contains(direct) {
			told, err := netip.ParseAddr(c.strategy.ClientIP(r.Header, r.RemoteAddr))
			if err != nil {
				return direct
			}
			return told.Unmap().WithZone("")
		}
	}
	return direct
}

// Network is the prefix by which limits count a request: /24 of IPv4, /56 of IPv6,
// the least that one customer is given.
func (c Clients) Network(r *http.Request) string {
	addr := c.Addr(r)
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	p, err := addr.Prefix(bits)
	if err != nil || !p.IsValid() {
		return "unknown"
	}
	return p.String()
}
