package dial

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keyback/internal/fault"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, o HTTPOptions) *http.Client {
	t.Helper()
	c := HTTPClient(New(Options{Allow: loopback}), o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestARedirectIsRefusedAndNotFollowed(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	for _, code := range []int{301, 302, 303, 307, 308} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, code) })
		_, err := client(t, HTTPOptions{}).Get(url)
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "final URL") {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestTheEnvironmentsProxyIsIgnored(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "direct") })
	answer, err := client(t, HTTPOptions{}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if b, _ := io.ReadAll(answer.Body); string(b) != "direct" {
		t.Errorf("got %q", b)
	}
}

func TestAnAnswerIsBoundedWhetherItTellsItsLengthOrNot(t *testing.T) {
	for _, told := range []bool{true, false} {
		for size, wantErr := range map[int]bool{99: false, 100: false, 101: true, 100000: true} {
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if !told {
					w.(http.Flusher).Flush()
				}
				io.WriteString(w, strings.Repeat("x", size))
			})
			answer, err := client(t, HTTPOptions{MaxBody: 100}).Get(url)
			if err == nil {
				var b []byte
				b, err = io.ReadAll(answer.Body)
				answer.Body.Close()
				if len(b) > 100 {
					t.Errorf("read %d bytes", len(b))
				}
			}
			if got := fault.KindOf(err) == fault.Refused; got != wantErr {
				t.Errorf("size %d, length told %v: %v", size, told, err)
			}
		}
	}
}

func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	done := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	_, err := client(t, HTTPOptions{Timeout: 20 * time.Millisecond}).Get(url)
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
}

func TestAnInternalServiceIsRefusedOverHTTPToo(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	c := HTTPClient(New(Options{}), HTTPOptions{})
	defer c.CloseIdleConnections()
	if _, err := c.Get(url); fault.KindOf(err) != fault.Refused {
		t.Errorf("got %v", err)
	}
}
