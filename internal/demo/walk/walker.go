package walk

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"keyback/internal/smtpsink"
)

// walker is one walk. After the first thing that does not hold it does nothing
// more: every method returns something empty and leaves err as it is.
type walker struct {
	Options
	ctx    context.Context
	err    error
	people map[string]*Visitor // browsers that later steps come back to

	page     *Page  // where the main way stands
	inbox    *Page  // "Check your inbox", in the browser that asked
	before   int64  // mails that came before the change
	letter   Letter // the newest of the main way
	password string // the new one
}

// must notes what does not hold.
func (w *walker) must(holds bool, format string, args ...any) {
	if w.err == nil && !holds {
		w.err = fmt.Errorf(format, args...)
	}
}

func nowhere() *Page { return &Page{URL: &url.URL{}, doc: &html.Node{}} }

// saw passes a page on.
func (w *walker) saw(p *Page, err error) *Page {
	if w.err == nil {
		w.err = err
	}
	if w.err != nil {
		return nowhere()
	}
	return p
}

// who is a browser by the name of its owner, new at first.
func (w *walker) who(name string) *Visitor {
	if w.people[name] == nil {
		w.people[name] = NewVisitor()
	}
	return w.people[name]
}

func (w *walker) get(v *Visitor, address string) *Page {
	if w.err != nil {
		return nowhere()
	}
	return w.saw(v.Get(address))
}

func (w *walker) submit(v *Visitor, p *Page, field string, fill map[string]string) *Page {
	if w.err != nil {
		return nowhere()
	}
	return w.saw(v.Submit(p, field, fill))
}

func (w *walker) follow(v *Visitor, p *Page, what string) *Page {
	if w.err != nil {
		return nowhere()
	}
	return w.saw(v.Follow(p, what))
}

// press sends the form to a path as it was served.
func (w *walker) press(v *Visitor, p *Page, path string) *Page {
	f, ok := p.FormTo(path)
	w.must(ok, "%q has no form to %s", p.Heading(), path)
	if w.err != nil {
		return nowhere()
	}
	return w.saw(v.Send(f, nil))
}

// ask asks for a way back in and comes to the inbox page.
func (w *walker) ask(v *Visitor, login, loss string) *Page {
	p := w.submit(v, w.get(v, w.Keyback+"/recover?loss="+loss), "login", map[string]string{"login": login})
	w.must(p.Status == 200 && p.Heading() == "Check your inbox", "asking for %s led to %d %q", login, p.Status, p.Heading())
	return p
}

// mails are the mails to an address after the first n of all.
func (w *walker) mails(to string, n int64) (found []smtpsink.Message) {
	for _, m := range w.Sink.Messages() {
		if m.N > n && m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// read waits for the first mail to an address after the first n of all.
func (w *walker) read(to string, n int64) Letter {
	if w.err != nil {
		return Letter{}
	}
	ctx, cancel := context.WithTimeout(w.ctx, w.Patience)
	defer cancel()
	m, err := w.Sink.Wait(ctx, func(m smtpsink.Message) bool { return m.N > n && m.To == to })
	if err != nil {
		w.err = fmt.Errorf("no mail came to %s: %w", to, err)
		return Letter{}
	}
	l, err := ReadLetter(m.Raw)
	w.err = err
	w.must(m.TLS, "the mail to %s came in clear", to)
	return l
}

// live watches a page's live part until it is as wanted, and gives it.
func (w *walker) live(v *Visitor, p *Page, wanted func(*Page) bool) *Page {
	at, err := p.URL.Parse(p.Attr("data-live"))
	w.must(err == nil && p.Attr("data-live") != "", "%q is not live", p.Heading())
	if w.err != nil {
		return nowhere()
	}
	stream, err := v.Stream(at.String())
	if err != nil {
		w.err = err
		return nowhere()
	}
	defer stream.Close()
	defer time.AfterFunc(w.Patience, func() { stream.Close() }).Stop()
	over := context.AfterFunc(w.ctx, func() { stream.Close() })
	defer over()
	part, last := "", nowhere()
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		data, isData := strings.CutPrefix(lines.Text(), "data:")
		switch {
		case isData:
			part += strings.TrimPrefix(data, " ") + "\n"
		case lines.Text() == "" && part != "":
			if last, err = parse(p.URL, part); err != nil {
				w.err = err
				return nowhere()
			}
			if wanted(last) {
				return last
			}
			part = ""
		}
	}
	w.must(false, "the live page came no further than: %s", last.Thread())
	return nowhere()
}

// signIn signs in at Acme and says whether that worked.
func (w *walker) signIn(v *Visitor, name, password string) bool {
	p := w.submit(v, w.get(v, w.Acme+"/"), "password", map[string]string{"username": name, "password": password})
	return p.URL.Path == "/orders"
}

// isIn says whether somebody is signed in at Acme.
func (w *walker) isIn(v *Visitor) bool { return w.get(v, w.Acme+"/orders").URL.Path == "/orders" }

// enter signs in at Keyback's own page and says whether that worked.
func (w *walker) enter(v *Visitor, name, password string) bool {
	p := w.submit(v, w.get(v, w.Keyback+"/signin"), "password", map[string]string{"login": name, "password": password})
	return p.URL.Path == "/account"
}

// What differs between two answers that tell the same: ids, times, cookies.
var different = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`rec_[0-9a-z]+`), "rec_…"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "…"},
	{regexp.MustCompile(`\b\d\d:\d\d(:\d\d)?\b`), "…"},
	{regexp.MustCompile(`(kb_\w+)=[^;\s]+`), "$1=…"},
	{regexp.MustCompile(`in \d+ (seconds?|minutes?)`), "in …"},
}

// blot leaves of a page, and of the redirects before it, what must not depend on
// accounts.
func blot(p *Page, login string) string {
	var b strings.Builder
	write := func(status int, header map[string][]string) {
		fmt.Fprintln(&b, status)
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range header {
				if name != "Date" && !yield(name) {
					return
				}
			}
		}) {
			fmt.Fprintln(&b, name, header[name])
		}
	}
	for _, hop := range p.Came {
		write(hop.Status, hop.Header)
	}
	write(p.Status, p.Header)
	b.Write(p.Body)
	text := strings.ReplaceAll(b.String(), login, "LOGIN")
	text = strings.ReplaceAll(text, url.QueryEscape(login), "LOGIN")
	for _, d := range different {
		text = d.what.ReplaceAllString(text, d.with)
	}
	return text
}

// differ says where two texts part.
func differ(a, b string) string {
	lines := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(lines) || line != lines[i] {
			return fmt.Sprintf("%q against %q", line, strings.Join(lines[min(i, len(lines)):min(i+1, len(lines))], ""))
		}
	}
	return "the length"
}
