// Package parts holds what the pages share: the letter they stand in, the thread, fields, rows, the list of what to mend.
//
// A page is a struct and a template of the same name; the struct says everything the template may show, so that a page
// cannot know more than its handler told it. Templates are parsed once, when the site is made, one set a language. They
// hold no text (that is in the catalogue), no style and no script. An operator may replace any template by a file.
//
// A Site writes whole pages or none: a template that fails leaves nothing half written.
package parts

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/assets"
)

//go:embed templates/*.html
var templates embed.FS

// A Brand is whose pages these are: the operator's name and where things are at theirs.
type Brand struct {
	Name   string // "Acme"
	Home   string // the application's first page; "" leaves the logo without a link
	SignIn string // where a person signs in; {account} in it becomes the account's name, where that was proved
	Help   string // a person to turn to: a page, or mailto:
	Legal  []Link // imprint, privacy, in the footer
	Record string // what a seal is; "" leaves it without a link
}

// SignInAs is where the holder of an account signs in. An empty name leaves the field to them.
func (b Brand) SignInAs(account string) string {
	return strings.ReplaceAll(b.SignIn, "{account}", url.QueryEscape(account))
}

// A Link is an address with its words, which are the operator's own.
type Link struct{ Text, URL string }

// Options make a Site.
type Options struct {
	Texts  *i18n.Library
	Assets *assets.Assets
	Brand  Brand
	Zone   *time.Location // the operator's; nil is UTC. Without script a page tells its times in it
	Pages  []fs.FS        // the templates of the pages, one folder each
	Own    fs.FS          // the operator's templates, by file name, in place of ours; may be nil
}

// A Site renders pages. It is safe for concurrent use.
type Site struct {
	texts  *i18n.Library
	assets *assets.Assets
	brand  Brand
	zone   *time.Location
	sets   map[string]*template.Template // by language tag
}

// A Page is a struct that a template shows.
type Page interface {
	Template() string // the name of its template; NAME.title and, where there is a line under the letter, NAME.note go with it
	At() Visit
}

// A Visit is what any page may know of the request. Pages embed it.
type Visit struct {
	Language string    // the wish: a tag or an Accept-Language header; "" is English
	Now      time.Time // the frozen time of the request
	Path     string    // the page's own path with its query, for "try again"
	Here     string    // of an answer to a form that is to be mended: where a plain request shows the page, for the Back button
	Seal     string    // "KF3A-9C1E"; only after a proof
	Plain    bool      // no clock counting down: pages kept as static bytes
}

// At is the visit itself.
func (v Visit) At() Visit { return v }

// NewSite parses every template. Its error names the file that does not parse.
func NewSite(o Options) (*Site, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	s := &Site{texts: o.Texts, assets: o.Assets, brand: o.Brand, zone: o.Zone, sets: map[string]*template.Template{}}
	parsed, err := parse(append([]fs.FS{templates}, o.Pages...), o.Own, functions(o.Texts.For(), o.Brand))
	if err != nil {
		return nil, err
	}
	for _, texts := range o.Texts.Catalogues() {
		set, err := parsed.Clone()
		if err != nil {
			return nil, err
		}
		s.sets[texts.Lang()] = set.Funcs(functions(texts.In(o.Zone), o.Brand))
	}
	return s, nil
}

func parse(folders []fs.FS, own fs.FS, functions template.FuncMap) (*template.Template, error) {
	set := template.New("").Funcs(functions)
	for _, folder := range folders {
		names, err := fs.Glob(folder, "templates/*.html")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil {
				return nil, err
			}
			if own != nil {
				if theirs, err := fs.ReadFile(own, path.Base(name)); err == nil {
					text = theirs
				}
			}
			if _, err := set.New(path.Base(name)).Parse(string(text)); err != nil {
				return nil, fmt.Errorf("template %s: %w", path.Base(name), err)
			}
		}
	}
	return set, nil
}

// frame is what the layout shows.
type frame struct {
	Visit
	Brand                     Brand
	Lang, Dir                 string
	Languages                 []string // to choose from; empty with one
	Sheet, Script, Icon, Logo string
	Title                     template.HTML
	Body, Note                template.HTML
	Clock                     string // RFC 3339, for counting down
	Kind                      string // the page's template
}

// Bytes is the whole page.
func (s *Site) Bytes(p Page) ([]byte, error) {
	visit := p.At()
	texts := s.texts.For(visit.Language)
	set := s.sets[texts.Lang()]
	f := frame{
		Visit: visit, Brand: s.brand, Lang: texts.Lang(), Dir: texts.Dir(), Kind: p.Template(),
		Sheet: s.assets.URL("base.css"), Script: s.assets.URL("keyback.js"), Icon: s.assets.Icon(), Logo: s.assets.Logo(),
	}
	if !visit.Plain {
		f.Clock = visit.Now.UTC().Format(time.RFC3339)
	}
	if all := s.texts.Catalogues(); len(all) > 1 {
		for _, c := range all {
			f.Languages = append(f.Languages, c.Lang())
		}
	}
	for _, part := range []struct {
		name string
		into *template.HTML
		must bool
	}{{p.Template(), &f.Body, true}, {p.Template() + ".title", &f.Title, true}, {p.Template() + ".note", &f.Note, false}} {
		if set.Lookup(part.name) == nil && !part.must {
			continue
		}
		var b bytes.Buffer
		if err := set.ExecuteTemplate(&b, part.name, p); err != nil {
			return nil, err
		}
		*part.into = template.HTML(bytes.TrimSpace(b.Bytes())) //nolint:gosec // a template has escaped it
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, "layout", f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Part is one named template of a page alone, such as the live part of the inbox page.
func (s *Site) Part(name string, p Page) ([]byte, error) {
	var b bytes.Buffer
	if err := s.sets[s.texts.For(p.At().Language).Lang()].ExecuteTemplate(&b, name, p); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// Write answers a request with the page.
func (s *Site) Write(w http.ResponseWriter, status int, p Page) error {
	body, err := s.Bytes(p)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// Texts is the catalogue for a wish, telling times in the operator's zone.
func (s *Site) Texts(wish string) *i18n.Catalogue { return s.texts.For(wish).In(s.zone) }

// Brand is whose pages these are.
func (s *Site) Brand() Brand { return s.brand }
