package attacks

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"keyback/internal/demo/walk"
	"keyback/internal/testkit/stage"
)

func TestWhatIsTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	for name, request := range map[string]string{
		"a megabyte of headers":   get("/help", "Host: BASE", "X: "+strings.Repeat("a", 1<<20)),
		"ten thousand headers":    get("/help", append([]string{"Host: BASE"}, strings.Split(strings.TrimSuffix(strings.Repeat("X: y\n", 10_000), "\n"), "\n")...)...),
		"a megabyte of path":      get("/" + strings.Repeat("a", 1<<20)),
		"a megabyte of query":     get("/recover?loss=" + strings.Repeat("a", 1<<20)),
		"a megabyte of cookies":   get("/recover", "Host: BASE", "Cookie: kb_pass="+strings.Repeat("a", 1<<20)),
		"a megabyte of form":      form("/recover", "login="+strings.Repeat("a", 1<<20)),
		"ten gigabytes announced": "POST /recover HTTP/1.1\r\nHost: BASE\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10737418240\r\n\r\n",
		"an endless chunk":        "POST /recover HTTP/1.1\r\nHost: BASE\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\nlogin=" + strings.Repeat("a", 200_000),
	} {
		began := time.Now()
		r := wire(t, s, request)
		if r.status != 0 && r.status < 400 || r.status >= 500 {
			t.Errorf("%s was answered with %d", name, r.status)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestInputMadeToBeSlowIsNot(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	var fields strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&fields, "&%x=", i)
	}
	nested := strings.Repeat("-x", 4000)
	for name, request := range map[string]string{
		"ten thousand fields":  form("/recover", "login="+fields.String()),
		"many ampersands":      form("/recover", strings.Repeat("&", 60_000)),
		"many percents":        form("/recover", "login="+strings.Repeat("%41", 20_000)),
		"many accents":         form("/recover", "login="+url.QueryEscape("a"+strings.Repeat("\u0301", 20_000))),
		"many labels":          form("/recover", "login=a%40"+strings.Repeat("a.", 30_000)+"example"),
		"many ats":             form("/recover", "login="+strings.Repeat("%40", 20_000)),
		"many languages":       get("/recover", "Host: BASE", "Accept-Language: en"+strings.Repeat(",en-"+"x"+";q=0.1", 1200)),
		"one nested language":  get("/recover", "Host: BASE", "Accept-Language: en"+nested),
		"many cookies":         get("/recover", "Host: BASE", "Cookie: "+strings.Repeat("a=b; ", 2500)),
		"many forwarded hops":  get("/recover", "Host: BASE", "X-Forwarded-For: "+strings.Repeat("1.1.1.1,", 1500)),
		"a long agent":         get("/recover", "Host: BASE", "User-Agent: "+strings.Repeat("Firefox/ Chrome/ ", 800)),
		"a path of many dots":  get("/" + strings.Repeat("../", 4000)),
		"a path of slashes":    get("/recover" + strings.Repeat("/", 12_000)),
		"a link of long ids":   get("/in/" + strings.Repeat("A", 12_000)),
		"a password of accent": form("/signin", "login=victim&password="+url.QueryEscape(strings.Repeat("e\u0301", 9000))),
		"a password of length": form("/signin", "login=victim&password="+strings.Repeat("a", 60_000)),
	} {
		began := time.Now()
		r := wire(t, s, request)
		if took := time.Since(began); took > 2*time.Second || r.status >= 500 || r.status == 0 {
			t.Errorf("%s: %d after %v", name, r.status, took)
		}
	}
}

// A password to be judged costs the server more than the sender, so it is bounded.
func TestAPasswordMadeToBeSlowToJudgeIsNot(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	v := s.Visitor()
	v.Open(r.link)
	for _, password := range []string{strings.Repeat("a", 60_000), strings.Repeat("ab1", 85), strings.Repeat("4@$1", 64), strings.Repeat("é", 128), strings.Repeat("19700101", 32), strings.Repeat("e\u0301", 9000)} {
		began := time.Now()
		p := do(t, v, "POST", s.URL+"/recover/open/password", url.Values{"password": {password}})
		if took := time.Since(began); took > 3*time.Second || p.Status >= 500 {
			t.Errorf("%.10q, %d bytes: %d after %v", password, len(password), p.Status, took)
		}
		if isSet(p) {
			r := start(s, "victim@example.com", "victim@example.com", 2)
			v.Open(r.link)
		}
	}
}

func TestASlowSenderIsCutOff(t *testing.T) {
	t.Parallel() // it waits for the server's own limits
	s := stage.Open(t, stage.Options{Loose: true})
	host := strings.TrimPrefix(s.URL, "http://")
	for name, c := range map[string]struct {
		begin string
		most  time.Duration
	}{
		"a request that never begins":       {"", 8 * time.Second},
		"headers that never end":            {"GET /help HTTP/1.1\r\nHost: " + host + "\r\nX: ", 8 * time.Second},
		"a body that never comes":           {"POST /recover HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=", 14 * time.Second},
		"a body of chunks that never comes": {"POST /recover HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlog", 14 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			began := time.Now()
			if _, err := io.WriteString(conn, c.begin); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(c.most + 5*time.Second))
			drip := time.NewTicker(500 * time.Millisecond)
			defer drip.Stop()
			go func() {
				for range drip.C { // a byte now and then, to look alive
					if _, err := conn.Write([]byte("a")); err != nil {
						return
					}
				}
			}()
			_, _ = io.Copy(io.Discard, conn)
			if took := time.Since(began); took > c.most {
				t.Errorf("it was cut off after %v", took)
			}
		})
	}
}

func TestIdleConnectionsDoNotKeepOthersOut(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	host := strings.TrimPrefix(s.URL, "http://")
	for range 500 {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, "GET /help HTTP/1.1\r\nHost: "+host+"\r\nX-a: "); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := walk.NewVisitor().Get(s.URL + "/recover"); err != nil || p.Status != 200 {
		t.Error("the server does not answer any more", err)
	}
}
