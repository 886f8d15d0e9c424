package breach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keyback/internal/fault"
)

const (
	rangeTime = 3 * time.Second // somebody is waiting for a page
	rangeSize = 1 << 20         // bytes; a real padded answer has about 40,000
)

// Range asks a service that speaks the range API of Pwned Passwords. base is what
// stands before the five digits, as "https://api.pwnedpasswords.com/range/"; other
// than http and https addresses are fault.Invalid. client must be one that dials
// through internal/dial; a redirect is not followed but an error, as is an answer
// after more than three seconds.
func Range(base string, client *http.Client) (Checker, error) {
	u, err := url.Parse(base)
	if err == nil && (u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "") {
		err = errors.New("not an http address")
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("the breached-password service %q is no address", base)).
			Because(err).Hint("an example: https://api.pwnedpasswords.com/range/")
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return service{base: strings.TrimSuffix(base, "/") + "/", client: &own}, nil
}

type service struct {
	base   string
	client *http.Client
}

func (s service) Breached(ctx context.Context, password string) (bool, error) {
	hit, err := s.ask(ctx, digest(password))
	if err != nil {
		return false, fmt.Errorf("breached-password service: %w", err)
	}
	return hit, nil
}

func (s service) ask(ctx context.Context, digest string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, rangeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+digest[:prefixSize], nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Add-Padding", "true")
	req.Header.Set("User-Agent", "Keyback")
	resp, err := s.client.Do(req)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address: it names the digits asked for
		}
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("it answered %s", resp.Status)
	}
	body := &io.LimitedReader{R: resp.Body, N: rangeSize}
	hit, err := search(body, digest[prefixSize:])
	if err == nil && body.N == 0 {
		err = errors.New("its answer has no end")
	}
	return hit, err
}
