package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

// headStart is how long an address is tried alone before the next one joins
// (RFC 8305 §5), so that one dead address family costs little.
const headStart = 250 * time.Millisecond

// maxTried bounds how many addresses of one name are tried at all.
const maxTried = 6

// race connects to the first of the addresses that answers. The losers are
// closed.
func race(ctx context.Context, network string, addrs []netip.Addr, port uint16) (net.Conn, error) {
	addrs = interleave(addrs)
	addrs = addrs[:min(len(addrs), maxTried)]
	if len(addrs) == 1 {
		return connect(ctx, network, addrs[0], port)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	next, running := 0, 0
	start := func() {
		a := addrs[next]
		next++
		running++
		go func() {
			conn, err := connect(ctx, network, a, port)
			results <- result{conn, err}
		}()
	}
	start()
	stagger := time.NewTimer(headStart)
	defer stagger.Stop()
	var failures []error
	for {
		select {
		case <-stagger.C:
			if next < len(addrs) {
				start()
				stagger.Reset(headStart)
			}
		case r := <-results:
			running--
			if r.err == nil {
				cancel()
				for range running {
					if late := <-results; late.conn != nil {
						late.conn.Close()
					}
				}
				return r.conn, nil
			}
			failures = append(failures, r.err)
			if next < len(addrs) {
				start()
				stagger.Reset(headStart)
			} else if running == 0 {
				return nil, errors.Join(failures...)
			}
		}
	}
}

func connect(ctx context.Context, network string, a netip.Addr, port uint16) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, netip.AddrPortFrom(a, port).String())
}

// interleave alternates address families, the resolver's first one leading.
func interleave(addrs []netip.Addr) []netip.Addr {
	var same, other []netip.Addr
	for _, a := range addrs {
		if a.Is4() == addrs[0].Is4() {
			same = append(same, a)
		} else {
			other = append(other, a)
		}
	}
	out := make([]netip.Addr, 0, len(addrs))
	for len(same)+len(other) > 0 {
		if len(same) > 0 {
			out, same = append(out, same[0]), same[1:]
		}
		if len(other) > 0 {
			out, other = append(out, other[0]), other[1:]
		}
	}
	return out
}
