package demo

import (
	"html/template"
	"net/http"
	"net/url"

	"keyback/internal/demo/acme"
	"keyback/internal/demo/inbox"
	"keyback/internal/fault"
	"keyback/internal/httpx"
	"keyback/internal/web/assets"
)

// frontPage is the first page: the doors, and who one can be.
type frontPage struct {
	Title         string
	Acme, Keyback string
	Password      string
	People        []person
}

// person is an account to be tried.
type person struct {
	acme.Account
	Mailboxes []mailbox
}

type mailbox struct {
	Email, Ask string // Ask is Keyback's first page with the address filled in
	Confirmed  bool
}

type plainPage struct{ Title, Lead string }

var errNothing = fault.New(fault.NotFound, "There is nothing at this address.")

// pages are the demonstration's own: front page, inbox, and who to turn to.
func (d *Demo) pages() (http.Handler, error) {
	own, err := assets.New(assets.Options{})
	if err != nil {
		return nil, err
	}
	frame, err := template.New("frame").Funcs(template.FuncMap{"asset": own.URL}).ParseFS(files, "files/frame.html")
	if err != nil {
		return nil, err
	}
	page := func(name string) (*template.Template, error) {
		t, err := frame.Clone()
		if err != nil {
			return nil, err
		}
		return t.ParseFS(files, "files/"+name)
	}
	first, err := page("front.html")
	if err != nil {
		return nil, err
	}
	plain, err := page("plain.html")
	if err != nil {
		return nil, err
	}
	shared := httpx.Pages{Log: d.o.Log, Fail: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_ = plain.ExecuteTemplate(w, "frame", plainPage{"Nothing to show here", "This page or mail is not here: the newest 500 mails are kept, until the demonstration ends."})
	}}
	mails, err := inbox.NewPages(inbox.Options{Box: d.box, Frame: frame, Streams: d.streams, Pages: shared})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", shared.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		return inbox.Show(w, first, d.first())
	}))
	mux.Handle("GET /person", shared.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		return inbox.Show(w, plain, plainPage{"Here would be a person", "An application names its own page for help, and Keyback leads here from wherever a way ends. This one is only the demonstration’s."})
	}))
	mails.Routes(mux)
	mux.Handle("/", shared.Handle(func(http.ResponseWriter, *http.Request) error { return errNothing }))
	base, err := url.Parse(d.URL)
	if err != nil {
		return nil, err
	}
	root := http.NewServeMux()
	root.Handle(assets.Prefix, own.Handler())
	root.HandleFunc("GET /_demo/demo.css", (&dock{}).file("demo.css", "text/css"))
	root.Handle("/", httpx.Guard(httpx.Options{Base: base, Fail: shared.Fail, Log: d.o.Log}, mux))
	return root, nil
}

func (d *Demo) first() frontPage {
	p := frontPage{Title: "Try Keyback", Acme: d.Acme, Keyback: d.Keyback, Password: acme.Password}
	for _, a := range acme.People(d.clock.now()) {
		one, loss := person{Account: a}, "password"
		if a.Locked || a.Missed > 0 {
			loss = "locked"
		}
		for _, at := range a.Addresses {
			ask := d.Keyback + "/recover?" + url.Values{"loss": {loss}, "name": {at.Email}}.Encode()
			one.Mailboxes = append(one.Mailboxes, mailbox{at.Email, ask, !at.Confirmed.IsZero()})
		}
		p.People = append(p.People, one)
	}
	return p
}
