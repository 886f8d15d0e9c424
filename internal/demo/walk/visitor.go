package walk

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// Visitor is a small honest browser: it keeps cookies, follows redirects and sends
// the forms that a page has, with the fields as they were served and what a person
// typed. It runs no scripts.
type Visitor struct {
	client http.Client
	Agent  string            // User-Agent
	Extra  map[string]string // headers sent along
}

// NewVisitor is a browser that was nowhere yet.
func NewVisitor() *Visitor {
	jar, _ := cookiejar.New(nil) // fails only for options
	return &Visitor{
		client: http.Client{Jar: jar, Timeout: 20 * time.Second},
		Agent:  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
}

// Close lets go of the connections kept.
func (v *Visitor) Close() { v.client.CloseIdleConnections() }

// Page is what came back, after redirects.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   []byte
	Came   []Hop // the redirects before, the first one first
	doc    *html.Node
}

// Hop is a redirect on the way to a page.
type Hop struct {
	Status int
	Header http.Header
}

// Form is one form of a page, as it was served.
type Form struct {
	Action string // absolute
	Post   bool
	Fields map[string]string // by name; boxes that are not ticked are left out
	Boxes  map[string]string // the boxes: their names and values
	Words  string            // of its button
}

// Get opens an address.
func (v *Visitor) Get(address string) (*Page, error) { return v.Do(http.MethodGet, address, nil) }

// Do sends a request, with a form as its body where there is one.
func (v *Visitor) Do(method, address string, form url.Values) (*Page, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", v.Agent)
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range v.Extra {
		r.Header.Set(name, value)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	p := &Page{URL: resp.Request.URL, Status: resp.StatusCode, Header: resp.Header}
	for before := resp.Request.Response; before != nil; before = before.Request.Response {
		p.Came = append([]Hop{{before.StatusCode, before.Header}}, p.Came...)
	}
	if p.Body, err = io.ReadAll(io.LimitReader(resp.Body, 4<<20)); err != nil {
		return nil, err
	}
	p.doc, err = html.Parse(bytes.NewReader(p.Body))
	return p, err
}

// Stream opens an address whose answer goes on. The caller closes it.
func (v *Visitor) Stream(address string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", v.Agent)
	for name, value := range v.Extra {
		r.Header.Set(name, value)
	}
	endless := v.client
	endless.Timeout = 0
	resp, err := endless.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	return resp.Body, nil
}

// Cookies are what the browser holds for an address.
func (v *Visitor) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return v.client.Jar.Cookies(u)
}

// Submit sends the page's form that has the given field, filled in.
func (v *Visitor) Submit(p *Page, field string, fill map[string]string) (*Page, error) {
	f, ok := p.FormWith(field)
	if !ok {
		return nil, fmt.Errorf("%s has no form with a field %q: %s", p.URL.Path, field, p.Heading())
	}
	return v.Send(f, fill)
}

// Send sends a form with what was typed into it.
func (v *Visitor) Send(f Form, fill map[string]string) (*Page, error) {
	values := url.Values{}
	for name, value := range f.Fields {
		values.Set(name, value)
	}
	for name, value := range fill {
		values.Set(name, value)
	}
	if f.Post {
		return v.Do(http.MethodPost, f.Action, values)
	}
	u, err := url.Parse(f.Action)
	if err != nil {
		return nil, err
	}
	u.RawQuery = values.Encode()
	return v.Get(u.String())
}

// Follow opens the first link whose words or address contain what is given.
func (v *Visitor) Follow(p *Page, what string) (*Page, error) {
	for address, words := range p.Links() {
		if strings.Contains(words, what) || strings.Contains(address, what) {
			return v.Get(address)
		}
	}
	return nil, fmt.Errorf("%s has no link %q", p.URL.Path, what)
}

// Heading is the page's first heading.
func (p *Page) Heading() string {
	if h := find(p.doc, func(n *html.Node) bool { return n.Data == "h1" }); h != nil {
		return words(h)
	}
	return ""
}

// Text is all that can be read on the page, blanks folded.
func (p *Page) Text() string {
	if body := find(p.doc, func(n *html.Node) bool { return n.Data == "body" }); body != nil {
		return words(body)
	}
	return ""
}

// Links are the page's links, by absolute address, with their words.
func (p *Page) Links() map[string]string {
	links := map[string]string{}
	each(p.doc, func(n *html.Node) {
		if n.Data != "a" {
			return
		}
		if u, err := p.URL.Parse(attr(n, "href")); err == nil && attr(n, "href") != "" {
			links[u.String()] = words(n)
		}
	})
	return links
}

// Attr is an attribute of the first element that has it, such as data-live.
func (p *Page) Attr(name string) string {
	if n := find(p.doc, func(n *html.Node) bool { return attr(n, name) != "" }); n != nil {
		return attr(n, name)
	}
	return ""
}

// Forms are the page's forms in order.
func (p *Page) Forms() []Form {
	var forms []Form
	each(p.doc, func(n *html.Node) {
		if n.Data == "form" {
			forms = append(forms, p.form(n))
		}
	})
	return forms
}

// FormWith is the first form that has a field or a box of that name, or, for the
// empty name, the first form.
func (p *Page) FormWith(field string) (Form, bool) {
	for _, f := range p.Forms() {
		_, typed := f.Fields[field]
		_, box := f.Boxes[field]
		if field == "" || typed || box {
			return f, true
		}
	}
	return Form{}, false
}

// FormTo is the first form that is sent to a path ending so.
func (p *Page) FormTo(path string) (Form, bool) {
	for _, f := range p.Forms() {
		if strings.HasSuffix(f.Action, path) {
			return f, true
		}
	}
	return Form{}, false
}

func (p *Page) form(n *html.Node) Form {
	f := Form{Action: p.URL.String(), Post: strings.EqualFold(attr(n, "method"), "post"), Fields: map[string]string{}, Boxes: map[string]string{}}
	if u, err := p.URL.Parse(attr(n, "action")); err == nil {
		f.Action = u.String()
	}
	each(n, func(n *html.Node) {
		name := attr(n, "name")
		switch {
		case n.Data == "button":
			f.Words = words(n)
			if name != "" {
				f.Fields[name] = attr(n, "value")
			}
		case n.Data != "input" || name == "":
		case attr(n, "type") == "checkbox":
			f.Boxes[name] = attr(n, "value")
		default:
			f.Fields[name] = attr(n, "value")
		}
	})
	return f
}

func each(n *html.Node, do func(*html.Node)) {
	if n.Type == html.ElementNode {
		do(n)
	}
	for c := range n.ChildNodes() {
		each(c, do)
	}
}

func find(n *html.Node, is func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && is(n) {
		return n
	}
	for c := range n.ChildNodes() {
		if found := find(c, is); found != nil {
			return found
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		if n.Data == "script" || n.Data == "style" || n.Data == "noscript" {
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}
