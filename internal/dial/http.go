package dial

import (
	"io"
	"net/http"
	"time"

	"keyback/internal/fault"
)

// HTTPOptions of HTTPClient.
type HTTPOptions struct {
	Timeout time.Duration // a whole call, body included; 10 s when zero
	MaxBody int64         // bytes of an answer's body; 1 MiB when zero
	PerHost int           // idle connections kept for a host; 16 when zero
}

// HTTPClient is an HTTP client that goes out through d. An answer that
// redirects is refused, whatever its target; one longer than MaxBody fails while
// it is read. Both are faults and are found by fault.KindOf in what Do returns.
func HTTPClient(d *Dialer, o HTTPOptions) *http.Client {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.PerHost <= 0 {
		o.PerHost = 16
	}
	transport := &http.Transport{
		Proxy:                  nil, // never the environment's
		DialContext:            d.DialContext,
		DisableCompression:     true, // MaxBody counts what comes over the wire
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        time.Minute,
		MaxIdleConns:           4 * o.PerHost,
		MaxIdleConnsPerHost:    o.PerHost,
		MaxResponseHeaderBytes: 64 << 10,
		ResponseHeaderTimeout:  o.Timeout,
		TLSHandshakeTimeout:    o.Timeout,
	}
	return &http.Client{
		Transport:     &bounded{transport, o.MaxBody},
		Timeout:       o.Timeout,
		CheckRedirect: refuseRedirect,
	}
}

func refuseRedirect(r *http.Request, _ []*http.Request) error {
	return fault.New(fault.Refused, "The other server redirects, which is not followed.").
		Hint("enter the final URL in the settings; this one leads to " + r.URL.Scheme + "://" + r.URL.Host)
}

type bounded struct {
	*http.Transport
	max int64
}

func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.ContentLength > b.max {
		answer.Body.Close()
		return nil, tooLong()
	}
	answer.Body = &body{answer.Body, b.max}
	return answer, nil
}

type body struct {
	io.ReadCloser
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more than allowed tells "too long" from "just full"
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		return int(b.left), tooLong()
	}
	b.left -= int64(n)
	return n, err
}

func tooLong() error {
	return fault.New(fault.Refused, "The other server's answer is too long.").
		Hint("check that the URL is that of the service meant, and not of a page or a file")
}
