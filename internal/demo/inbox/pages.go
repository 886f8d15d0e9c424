package inbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"keyback/internal/fault"
	"keyback/internal/httpx"
)

//go:embed templates
var files embed.FS

// Options of Pages. All are needed.
type Options struct {
	Box *Box
	// Frame holds the page around: a template "frame" that shows .Title and the
	// template "body", and a template "clock" that shows a time.
	Frame   *template.Template
	Streams *httpx.Streams
	Pages   httpx.Pages
}

// Pages answer requests for mail.
type Pages struct {
	Options
	list, mail *template.Template
}

// NewPages parses the templates into the frame.
func NewPages(o Options) (*Pages, error) {
	p := &Pages{Options: o}
	for name, to := range map[string]**template.Template{"list.html": &p.list, "mail.html": &p.mail} {
		frame, err := o.Frame.Clone()
		if err != nil {
			return nil, err
		}
		if *to, err = frame.ParseFS(files, "templates/"+name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Routes puts the pages on a mux.
func (p *Pages) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]httpx.Handler{
		"GET /mail":            p.all,
		"GET /mail/live":       p.live,
		"GET /mail/{n}":        p.one,
		"GET /mail/{n}/html":   p.html,
		"GET /mail/{n}/source": p.source,
	} {
		mux.Handle(pattern, p.Pages.Handle(h))
	}
}

type listPage struct {
	Title string
	Query string
	Mails []Mail
	Live  string
}

func (p *Pages) look(query string) listPage {
	page := listPage{Title: "Inbox", Query: query, Mails: p.Box.search(query), Live: "/mail/live"}
	if query != "" {
		page.Live += "?" + url.Values{"q": {query}}.Encode()
	}
	return page
}

func (p *Pages) all(w http.ResponseWriter, r *http.Request) error {
	return Show(w, p.list, p.look(cut(r.URL.Query().Get("q"), 320)))
}

// live sends the list anew whenever it changed.
func (p *Pages) live(w http.ResponseWriter, r *http.Request) error {
	query := cut(r.URL.Query().Get("q"), 320)
	return p.Box.Follow(w, r, p.Streams, func() ([]byte, error) {
		var b bytes.Buffer
		err := p.list.ExecuteTemplate(&b, "mails", p.look(query))
		return b.Bytes(), err
	})
}

// Follow keeps a part of a page up to date: part is sent at once and after each
// arrival, until the browser or the stream ends.
func (b *Box) Follow(w http.ResponseWriter, r *http.Request, streams *httpx.Streams, part func() ([]byte, error)) error {
	stream, err := streams.Open(w, "") // all of them are one person's
	if err != nil {
		return err
	}
	defer stream.Close()
	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()
	for {
		changed := b.Changed()
		text, err := part()
		if err != nil || stream.Send("", text) != nil {
			return nil // the answer has begun: the page goes on without
		}
		select {
		case <-changed:
		case <-alive.C: // sent again, so that a browser that left is noticed
		case <-r.Context().Done():
			return nil
		case <-streams.Ended():
			return nil
		}
	}
}

func (p *Pages) read(r *http.Request) (Mail, error) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	m, ok := p.Box.find(n)
	if err != nil || !ok {
		return m, fault.New(fault.NotFound, "There is no such mail in this inbox.")
	}
	return m, nil
}

type mailPage struct {
	Title string
	Mail
}

func (p *Pages) one(w http.ResponseWriter, r *http.Request) error {
	m, err := p.read(r)
	if err != nil {
		return err
	}
	return Show(w, p.mail, mailPage{m.Subject, m})
}

// sandbox takes everything from a mail's HTML but its looks and its links, which
// open as if they were typed.
const sandbox = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

func (p *Pages) html(w http.ResponseWriter, r *http.Request) error {
	m, err := p.read(r)
	if err != nil {
		return err
	}
	if m.HTML == "" {
		return fault.New(fault.NotFound, "This mail has no HTML part.")
	}
	return raw(w, "text/html", []byte(m.HTML))
}

func (p *Pages) source(w http.ResponseWriter, r *http.Request) error {
	m, err := p.read(r)
	if err != nil {
		return err
	}
	return raw(w, "text/plain", m.Raw)
}

func raw(w http.ResponseWriter, kind string, body []byte) error {
	w.Header().Set("Content-Security-Policy", sandbox)
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, err := w.Write(body)
	return err
}

// Show answers with a page in its frame, whole or not at all.
func Show(w http.ResponseWriter, t *template.Template, page any) error {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", page); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write(b.Bytes())
	return err
}
