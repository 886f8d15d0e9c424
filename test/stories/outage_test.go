package stories

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"

	"keyback/internal/demo/acme"
	"keyback/internal/policy"
	"keyback/internal/server"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// line is the line to the application's directory, which a story can cut for calls of
// its choice.
type line struct {
	lost  atomic.Pointer[[]string] // paths whose calls arrive and whose answers do not
	dead  atomic.Pointer[[]string] // paths whose calls do not arrive
	proxy http.Handler
}

// cut puts a line before the directory of a stage.
func cut(t *testing.T) (*line, stage.Options) {
	t.Helper()
	l := &line{}
	return l, stage.Options{Acme: true, Change: func(o *server.Options) {
		to, err := url.Parse(o.Directory)
		if err != nil {
			t.Fatal(err)
		}
		l.proxy = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
		l.mends()
		front, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: l}
		go func() { _ = server.Serve(front) }()
		t.Cleanup(func() { _ = server.Close() })
		o.Directory = "http://" + front.Addr().String() + to.Path
	}}
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	is := func(cut *atomic.Pointer[[]string]) bool {
		paths := cut.Load()
		return paths != nil && slices.Contains(*paths, r.URL.Path)
	}
	if is(&l.dead) {
		panic(http.ErrAbortHandler)
	}
	if !is(&l.lost) {
		l.proxy.ServeHTTP(w, r)
		return
	}
	l.proxy.ServeHTTP(&unheard{header: http.Header{}}, r)
	panic(http.ErrAbortHandler)
}

// unheard is an answer that nobody gets.
type unheard struct {
	header http.Header
	bytes.Buffer
}

func (u *unheard) Header() http.Header { return u.header }
func (u *unheard) WriteHeader(int)     {}

var _ io.Writer = (*unheard)(nil)

func (l *line) loses(paths ...string) { l.lost.Store(&paths) }
func (l *line) stops(paths ...string) { l.dead.Store(&paths) }

func (l *line) mends() {
	l.lost.Store(nil)
	l.dead.Store(nil)
}

func TestAChangeWhoseAnswerIsLostIsAskedForAndCompletes(t *testing.T) {
	l, o := cut(t)
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		v := s.Visitor()
		v.Ask(a.Addresses[0].Email, "password")
		set := v.Open(s.Letter(a.Addresses[0].Email, "get back into", 1).Link)
		l.loses("/keyback/change")
		is(t, choose(v, set, fresh), 200, "Your password is changed")
		if _, ok := shop(t, s, v, a.Name, fresh); !ok {
			t.Error("the new password does not work at Acme")
		}
	})
}

func TestAChangeThatNeverArrivedChangesNothingAndTheSameBrowserGoesOn(t *testing.T) {
	l, o := cut(t)
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		v, other := s.Visitor(), s.Visitor()
		v.Ask(a.Addresses[0].Email, "password")
		letter := s.Letter(a.Addresses[0].Email, "get back into", 1)
		set := v.Open(letter.Link)
		l.stops("/keyback/change")
		failed := choose(v, set, fresh)
		is(t, failed, 503, "Choose a new password", "We could not save it just now. Nothing has changed. Try once more.")
		l.mends()
		if _, ok := shop(t, s, other, a.Name, acme.Password); !ok {
			t.Error("something was changed at Acme")
		}
		is(t, other.Open(letter.Link), 200, "This link did its work")
		is(t, choose(v, failed, fresh), 200, "Your password is changed")
		if _, ok := shop(t, s, v, a.Name, fresh); !ok {
			t.Error("the new password does not work at Acme")
		}
	})
}

func TestWhileNobodyKnowsThePageSaysSoAndTheTimerFindsOut(t *testing.T) {
	l, o := cut(t)
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		v := s.Visitor()
		inbox := v.Ask(a.Addresses[0].Email, "password")
		set := v.Open(s.Letter(a.Addresses[0].Email, "get back into", 1).Link)
		l.loses("/keyback/change", "/keyback/change/state") // so that what became of it cannot be asked, either
		is(t, choose(v, set, fresh), 200, "We are finding out", "We do not know yet")
		is(t, v.Open("/recover/open"), 200, "We are finding out")
		l.mends()
		feed := live(t, s, v, inbox)
		s.Clock.Advance(policy.ClaimLife)
		feed.until("elsewhere")
		// Who looks again in that browser reads that it is done.
		is(t, v.Open("/recover/open"), 200, "Your password is changed")
		if _, ok := shop(t, s, v, a.Name, fresh); !ok {
			t.Error("the new password does not work at Acme")
		}
		s.Letter(a.Addresses[0].Email, "password was changed", 1)
		s.Verify()
	})
}

func TestADirectoryThatIsDownDelaysTheMailAndTheRequestIsKept(t *testing.T) {
	l, o := cut(t)
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		a := person(t, s, "basic")
		l.stops("/keyback/find")
		v := s.Visitor()
		inbox := v.Ask(a.Addresses[0].Email, "password")
		eventually(t, "an attempt failed", func() bool { return allOf(t, s, inbox.URL.Path)[0].Attempts == 2 })
		l.mends()
		s.Clock.Advance(policy.ClaimLife)
		whose(t, v.Open(s.Letter(a.Addresses[0].Email, "get back into", 1).Link), a.Name)
	})
}
