package stories

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/demo/walk"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit/stage"
)

// is checks where a person has come to.
func is(t *testing.T, p *walk.Page, status int, heading string, says ...string) {
	t.Helper()
	if p.Status != status || p.Heading() != heading {
		t.Fatalf("%s is %d %q and not %d %q:\n%s", p.URL.Path, p.Status, p.Heading(), status, heading, p.Text())
	}
	for _, words := range says {
		if !strings.Contains(p.Text(), words) {
			t.Errorf("%s does not say %q:\n%s", p.URL.Path, words, p.Text())
		}
	}
}

// whose checks that the password page is for an account.
func whose(t *testing.T, p *walk.Page, name string) {
	t.Helper()
	is(t, p, 200, "Choose a new password")
	if f, ok := p.FormWith("password"); !ok || f.Fields["username"] != name {
		t.Errorf("the password page is for %q", f.Fields["username"])
	}
}

// choose sets a new password on the password page.
func choose(v *stage.Visitor, p *walk.Page, password string) *walk.Page {
	return v.Fill(p, "password", map[string]string{"password": password})
}

// tick ticks the page's box and sends its form.
func tick(t *testing.T, v *stage.Visitor, p *walk.Page) *walk.Page {
	t.Helper()
	f, ok := p.FormWith("yes")
	if !ok {
		t.Fatalf("%s %q has no box to tick", p.URL.Path, p.Heading())
	}
	done, err := v.Send(f, map[string]string{"yes": f.Boxes["yes"]})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// link opens a link of the page by its words or its address.
func link(t *testing.T, v *stage.Visitor, p *walk.Page, what string) *walk.Page {
	t.Helper()
	next, err := v.Follow(p, what)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// event is one that a live page got.
type event struct {
	name, data string
	at         time.Time
}

// feed is what a live page gets, until its test ends.
type feed struct {
	t      *testing.T
	events chan event
	body   io.Closer
}

func live(t *testing.T, s *stage.Stage, v *stage.Visitor, inbox *walk.Page) *feed {
	t.Helper()
	path := inbox.Attr("data-live")
	if path == "" {
		t.Fatalf("%s %q is not live", inbox.URL.Path, inbox.Heading())
	}
	body, err := v.Stream(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{t: t, events: make(chan event, 64), body: body}
	go f.read(body)
	t.Cleanup(func() { _ = body.Close() })
	return f
}

func (f *feed) read(body io.Reader) {
	defer close(f.events)
	lines := bufio.NewScanner(body)
	var e event
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "":
			e.at = time.Now()
			f.events <- e
			e = event{}
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		default:
			e.data += strings.TrimPrefix(line, "data: ") + "\n"
		}
	}
}

// next waits for the next event; false is the stream's end.
func (f *feed) next() (event, bool) {
	f.t.Helper()
	select {
	case e, ok := <-f.events:
		return e, ok
	case <-time.After(15 * time.Second):
		f.t.Fatal("the live page got nothing for 15 seconds")
	}
	return event{}, false
}

// until waits for an event of a state, such as "handed".
func (f *feed) until(state string) event {
	f.t.Helper()
	var seen []string
	for {
		e, ok := f.next()
		if !ok {
			f.t.Fatalf("the live page ended after %v, before %q", seen, state)
		}
		if seen = append(seen, stateOf(e)); stateOf(e) == state {
			return e
		}
	}
}

func stateOf(e event) string {
	_, rest, _ := strings.Cut(e.data, `data-state="`)
	state, _, _ := strings.Cut(rest, `"`)
	return state
}

// answers is how a sink answers, for stories in which that changes.
type answers struct{ reply atomic.Value }

func (a *answers) say(r smtpsink.Reply) { a.reply.Store(r) }

func (a *answers) script(smtpsink.Attempt) smtpsink.Reply {
	r, _ := a.reply.Load().(smtpsink.Reply)
	return r
}

var (
	later = smtpsink.Reply{At: smtpsink.Rcpt, Code: 451, Enhanced: "4.7.1", Text: "greylisted"}
	never = smtpsink.Reply{At: smtpsink.Rcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"}
)

// mails counts the mails that came to an address.
func mails(s *stage.Stage, to string) (n int) {
	for _, m := range s.Sink.Messages() {
		if m.To == to {
			n++
		}
	}
	return n
}

// cookie is one that an answer set.
func cookie(h http.Header, name string) *http.Cookie {
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// eventually waits for what no mail and no live page tells of.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	end := time.After(15 * time.Second)
	for !is() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("it never came that %s", what)
		}
	}
}
