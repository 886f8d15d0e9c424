package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyback/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestOnlyGlobalUnicastAddressesAreDialled(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.0.1": true,
		"172.32.0.1": true, "223.255.255.255": true, "198.17.255.255": true, "192.0.1.1": true,
		"2606:4700::1111": true, "2a00:1450::1": true, "2001:4860:4860::8888": true, "3fff:1000::1": true,
		"::ffff:8.8.8.8": true, "64:ff9b::8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.255.255.254": false, "10.1.2.3": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false,
		"100.127.255.255": false, "169.254.169.254": false, "192.0.0.8": false, "192.0.2.1": false,
		"192.88.99.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.7": false,
		"203.0.113.9": false, "224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false, "255.255.255.255": false,

		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "fc00::1": false,
		"fd12:3456::1": false, "ff02::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
		"2001:db8::1": false, "3fff::1": false, "3fff:fff::1": false, "2001:2::1": false, "2001:10::1": false,
		"2001::1": false, "2001:0:7f00:1::": false, "2002:7f00:1::": false, "2002:808:808::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:0:127.0.0.1": false, "::127.0.0.1": false,
		"::8.8.8.8": false, "64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false,
		"64:ff9b::10.0.0.1": false, "2606:4700::1%eth0": false,
	} {
		if got := Global(netip.MustParseAddr(text)); got != want {
			t.Errorf("Global(%s) = %v, want %v", text, got, want)
		}
	}
	if Global(netip.Addr{}) {
		t.Error("no address at all is not global")
	}
}

func TestARefusedAddressIsDialledOnlyWhereItIsListed(t *testing.T) {
	d := New(Options{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/16"), netip.MustParsePrefix("fd00::/8")}})
	for text, want := range map[string]bool{
		"10.1.9.9": true, "::ffff:10.1.0.1": true, "fd00::5": true, "fd00::5%eth0": true, "8.8.8.8": true,
		"10.2.0.1": false, "64:ff9b::10.1.0.1": false, "127.0.0.1": false, "fe80::1": false,
	} {
		if got := d.Permits(netip.MustParseAddr(text)); got != want {
			t.Errorf("Permits(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestARefusalNamesTheSetting(t *testing.T) {
	for _, address := range []string{"127.0.0.1:25", "[::1]:25", "[::ffff:127.0.0.1]:25", "[64:ff9b::127.0.0.1]:25"} {
		_, err := New(Options{Setting: "KEYBACK_DIAL_ALLOW"}).DialContext(t.Context(), "tcp", address)
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "KEYBACK_DIAL_ALLOW") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAnAddressThatIsNoneIsInvalid(t *testing.T) {
	d := New(Options{Allow: loopback})
	for _, address := range []string{"", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:smtp", "127.0.0.1:65536", ":25", "::1:25"} {
		if _, err := d.DialContext(t.Context(), "tcp", address); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := d.DialContext(t.Context(), "unix", "/run/x:1"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a unix socket: %v", err)
	}
}

// answers is a resolver that gives one answer after the other, the last for ever.
type answers struct {
	sets  [][]netip.Addr
	asked atomic.Int32
}

func (a *answers) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	n := int(a.asked.Add(1))
	set := a.sets[min(n, len(a.sets))-1]
	if set == nil {
		return nil, errors.New("no such host")
	}
	return set, nil
}

func addrs(texts ...string) (out []netip.Addr) {
	for _, t := range texts {
		out = append(out, netip.MustParseAddr(t))
	}
	return out
}

func TestAResolverThatRebindsGainsNothing(t *testing.T) {
	internal := listen(t)
	_, port, _ := net.SplitHostPort(internal.Addr().String())
	// First a harmless address where nothing answers, then the internal one.
	r := &answers{sets: [][]netip.Addr{addrs("192.0.2.1"), addrs("127.0.0.1")}}
	d := New(Options{Resolver: r, Timeout: 50 * time.Millisecond, Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}})
	if conn, err := d.DialContext(t.Context(), "tcp", "rebind.example:"+port); err == nil {
		t.Fatalf("connected to %v", conn.RemoteAddr())
	}
	if n := r.asked.Load(); n != 1 {
		t.Errorf("the name was resolved %d times", n)
	}
	if _, err := d.DialContext(t.Context(), "tcp", "rebind.example:"+port); fault.KindOf(err) != fault.Refused {
		t.Errorf("the second dial: %v", err)
	}
}

func TestOnlyThePermittedAddressesOfANameAreTried(t *testing.T) {
	l := listen(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := New(Options{
		Resolver: &answers{sets: [][]netip.Addr{addrs("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")}},
		Allow:    loopback,
	})
	conn, err := d.DialContext(t.Context(), "tcp", "mixed.example:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.RemoteAddr().String(); got != l.Addr().String() {
		t.Errorf("connected to %s", got)
	}
}

func TestADeadAddressDoesNotHideALivingOne(t *testing.T) {
	l := listen(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := New(Options{Resolver: &answers{sets: [][]netip.Addr{addrs("127.0.0.9", "::1", "127.0.0.1")}}, Allow: loopback})
	conn, err := d.DialContext(t.Context(), "tcp", "two.example:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestAServerThatDoesNotAnswerIsUnavailable(t *testing.T) {
	l := listen(t)
	address := l.Addr().String()
	l.Close()
	_, err := New(Options{Allow: loopback}).DialContext(t.Context(), "tcp", address)
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "firewall") {
		t.Errorf("closed port: %v", err)
	}
	d := New(Options{Resolver: &answers{sets: [][]netip.Addr{nil}}})
	if _, err := d.DialContext(t.Context(), "tcp", "nowhere.example:25"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("unknown name: %v", err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
