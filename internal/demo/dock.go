package demo

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"

	"keyback/internal/demo/inbox"
	"keyback/internal/httpx"
)

//go:embed files
var files embed.FS

// docked is the path of the dock's own files, at every host it stands on.
const docked = "/_demo/"

// dock is the bar at the foot of the demonstration's pages: the newest mail, and
// which step this is. It stands in each page as served and is kept up to date by a
// script where the page's policy lets scripts of its own host run.
type dock struct {
	box     *inbox.Box
	streams *httpx.Streams
	front   string
	bar     *template.Template
}

func newDock(box *inbox.Box, streams *httpx.Streams, front string) (*dock, error) {
	bar, err := template.ParseFS(files, "files/dock.html")
	return &dock{box, streams, front, bar}, err
}

// barPage is what the dock shows.
type barPage struct {
	Front string
	Live  bool
	Step  int
	Name  string // of the step
	Of    int
	Mail  *inbox.Mail
}

func (d *dock) page(step int, live bool) barPage {
	p := barPage{Front: d.front, Live: live, Step: step, Of: len(steps) - 1}
	if step > 0 {
		p.Name = steps[step]
	}
	if m, ok := d.box.Newest(); ok {
		p.Mail = &m
	}
	return p
}

// around puts the dock into every page of a handler that is HTML and whole; mail
// shown as its sender made it keeps its own looks.
func (d *dock) around(next http.Handler, step where, live bool) http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET "+docked+"dock.css", d.file("dock.css", "text/css"))
	own.HandleFunc("GET "+docked+"dock.js", d.file("dock.js", "text/javascript"))
	own.HandleFunc("GET "+docked+"newest", d.newest)
	whole := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &held{ResponseWriter: w}
		next.ServeHTTP(held, r)
		held.finish(func(page []byte) []byte { return d.put(page, step(r.URL.Path, pageName(page)), live) })
	})
	own.Handle("/", whole)
	return own
}

func (d *dock) file(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		body, err := files.ReadFile("files/" + name)
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		careful(w, kind)
		_, _ = w.Write(body) // whoever hung up does not read it
	}
}

// newest sends the part about the newest mail, anew at each arrival.
func (d *dock) newest(w http.ResponseWriter, r *http.Request) {
	careful(w, "text/event-stream")
	err := d.box.Follow(w, r, d.streams, func() ([]byte, error) {
		var b bytes.Buffer
		err := d.bar.ExecuteTemplate(&b, "newest", d.page(0, true))
		return b.Bytes(), err
	})
	if err != nil {
		http.Error(w, "", httpx.Status(err))
	}
}

func careful(w http.ResponseWriter, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind+"; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// put puts style and bar into a page. A page without head or body stays as it is.
func (d *dock) put(page []byte, step int, live bool) []byte {
	var bar bytes.Buffer
	if err := d.bar.ExecuteTemplate(&bar, "dock.html", d.page(step, live)); err != nil {
		return page
	}
	head, foot := bytes.Index(page, []byte("</head>")), bytes.LastIndex(page, []byte("</body>"))
	if head < 0 || foot < head {
		return page
	}
	out := append([]byte{}, page[:head]...)
	out = append(out, `<link rel="stylesheet" href="`+docked+`dock.css">`+"\n"...)
	if live {
		out = append(out, `<script type="module" src="`+docked+`dock.js"></script>`+"\n"...)
	}
	out = append(out, page[head:foot]...)
	return append(append(out, bar.Bytes()...), page[foot:]...)
}

// pageName is what a page of Keyback's says it is.
func pageName(page []byte) string {
	_, after, _ := bytes.Cut(page, []byte(` data-page="`))
	name, _, _ := bytes.Cut(after, []byte(`"`))
	return string(name)
}

// held keeps an HTML answer back until it is whole. Everything else goes through as
// it comes, live pages above all.
type held struct {
	http.ResponseWriter
	began bool
	page  *bytes.Buffer // of an HTML answer
	code  int
}

// Unwrap lets http.ResponseController reach the connection.
func (h *held) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// WriteHeader decides.
func (h *held) WriteHeader(code int) {
	if h.began {
		return
	}
	h.began, h.code = true, code
	header := h.Header()
	if header.Get("Content-Type") == "text/html; charset=utf-8" && !bytes.HasPrefix([]byte(header.Get("Content-Security-Policy")), []byte("sandbox")) {
		header.Del("Content-Length")
		h.page = &bytes.Buffer{}
		return
	}
	h.ResponseWriter.WriteHeader(code)
}

// Write writes, or keeps.
func (h *held) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	if h.page != nil {
		return h.page.Write(b)
	}
	return h.ResponseWriter.Write(b)
}

func (h *held) finish(put func([]byte) []byte) {
	if h.page == nil {
		return
	}
	page := put(h.page.Bytes())
	h.Header().Set("Content-Length", strconv.Itoa(len(page)))
	h.ResponseWriter.WriteHeader(h.code)
	_, _ = h.ResponseWriter.Write(page) // whoever hung up does not read it
}
