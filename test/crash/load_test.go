package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"keyback/internal/token"
)

// load is clients that ask, and some that go the whole way, whether a server is up
// or not.
type load struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex
	started   map[string]string // recoveries that a client was told of, with the login
	completed map[string]bool   // and those whose completion a client was told of
}

func (s *stand) load(ctx context.Context) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, started: map[string]string{}, completed: map[string]bool{}}
	for n := range clients {
		l.running.Go(func() { l.ask(ctx, "http://"+s.listen, n) })
	}
	for range 2 {
		l.running.Go(func() { l.complete(ctx, s.sink.links) })
	}
	return l
}

func (l *load) stop() {
	l.cancel()
	l.running.Wait()
}

// ask starts recoveries, one in eight of a holder, and keeps what it is told.
func (l *load) ask(ctx context.Context, base string, client int) {
	for n := 0; ctx.Err() == nil; n++ {
		login := fmt.Sprintf("nobody-%d-%d@example.com", client, n)
		if n%8 == 0 {
			login = holder(rand.IntN(holders)) + "@example.com"
		}
		where, err := newBrowser().post(ctx, base+"/recover", url.Values{"login": {login}, "loss": {"password"}})
		if err != nil {
			pause(ctx)
			continue
		}
		if strings.HasPrefix(where, "/recover/rec_") {
			l.mu.Lock()
			l.started[path.Base(where)] = login
			l.mu.Unlock()
		}
	}
}

// complete follows links and sets passwords.
func (l *load) complete(ctx context.Context, links <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case link := <-links:
			b := newBrowser()
			if _, err := b.get(ctx, link); err != nil {
				continue
			}
			u, err := url.Parse(link)
			if err != nil {
				continue
			}
			where, err := b.post(ctx, "http://"+u.Host+"/recover/open/password", url.Values{"password": {"amber canal otter plinth"}})
			if parsed, bad := token.Parse(path.Base(link)); err == nil && bad == nil && where == "/recover/done" {
				l.mu.Lock()
				l.completed[parsed.ID] = true
				l.mu.Unlock()
			}
		}
	}
}

// pause is for clients while no server is up.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Millisecond):
	}
}

// browser keeps cookies and follows nothing.
type browser struct{ http.Client }

// shared lets browsers keep connections, as those of one machine do not: the load is
// for the server, not for the kernel.
var shared = &http.Transport{MaxIdleConnsPerHost: clients + 2}

func newBrowser() *browser {
	jar, _ := cookiejar.New(nil) // fails only for options
	return &browser{http.Client{
		Transport: shared, Jar: jar, Timeout: 5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) get(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	return b.do(r)
}

func (b *browser) post(ctx context.Context, address string, form url.Values) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// do gives where the answer sends the browser; an answer that is cut off is none.
func (b *browser) do(r *http.Request) (string, error) {
	answer, err := b.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("%s answers %s", r.URL.Path, answer.Status)
	}
	return answer.Header.Get("Location"), nil
}
