// Package assets serves what pages need besides themselves: one stylesheet, one script, the logo.
//
// It promises names that carry a hash of their content and may be kept for a year, bodies compressed once at start, and
// no request but these: a page is HTML, base.css, keyback.js and the icon. Nothing here needs a style or a script inside a
// page, so the Content-Security-Policy can forbid both; nothing comes from another origin. Every page works without the
// script.
//
// The operator's accent, corner radius and logo are put in at New. The colour tokens stand in base.css and nowhere else.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed files
var files embed.FS

// Prefix is the path under which the handler serves.
const Prefix = "/assets/"

// Options are what an operator sets. The zero value is Keyback's own look.
type Options struct {
	Accent string // #RRGGBB; "" is pine
	Radius string // corners of cards, 0 to 16, in pixels at the usual text size; "" is 12
	Logo   []byte // SVG or PNG, shown 40 high; nil is a square in the accent
}

// Assets is the finished set. It is read-only and safe for concurrent use.
type Assets struct {
	byURL map[string]asset
	urls  map[string]string
}

type asset struct {
	kind    string
	body    []byte
	gzipped []byte // nil where that saves nothing
}

// New makes the set. Its errors name the option to mend.
func New(o Options) (*Assets, error) {
	a := &Assets{byURL: map[string]asset{}, urls: map[string]string{}}

	sheet, err := stylesheet(o)
	if err != nil {
		return nil, err
	}
	a.add("base.css", "text/css; charset=utf-8", sheet)

	script, err := script()
	if err != nil {
		return nil, err
	}
	a.add("keyback.js", "text/javascript; charset=utf-8", script)

	own, err := files.ReadFile("files/keyback.svg")
	if err != nil {
		return nil, err
	}
	a.add("keyback.svg", "image/svg+xml", own)

	switch {
	case o.Logo == nil:
		accent, dark, err := accents(o.Accent)
		if err != nil {
			return nil, err
		}
		a.add("icon.svg", "image/svg+xml", icon(accent, dark))
	case bytes.HasPrefix(o.Logo, []byte("\x89PNG")):
		a.add("logo.png", "image/png", o.Logo)
	default:
		a.add("logo.svg", "image/svg+xml", o.Logo)
	}
	return a, nil
}

// URL is the address of a file by its plain name, such as "base.css". A name that does not exist has none: "".
func (a *Assets) URL(name string) string { return a.urls[name] }

// Logo is the address of the operator's logo, "" without one.
func (a *Assets) Logo() string { return a.URL("logo.png") + a.URL("logo.svg") }

// Icon is the address of the picture for the browser's tab.
func (a *Assets) Icon() string {
	if logo := a.Logo(); logo != "" {
		return logo
	}
	return a.URL("icon.svg")
}

// Each calls f with the address and the body of every file.
func (a *Assets) Each(f func(url string, body []byte)) {
	for url, file := range a.byURL {
		f(url, file.body)
	}
}

// Handler serves the files under Prefix.
func (a *Assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, ok := a.byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		body := file.body
		if file.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = file.gzipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body)
		}
	})
}

func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "gzip" {
			return strings.TrimSpace(quality) != "q=0"
		}
	}
	return false
}

func (a *Assets) add(name, kind string, body []byte) {
	sum := sha256.Sum256(body)
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
	ext := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, ext) + "." + hash + ext
	a.urls[name] = url
	a.byURL[url] = asset{kind: kind, body: body, gzipped: squeeze(body)}
}

func squeeze(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails for an unknown level alone
	if _, err := z.Write(body); err != nil || z.Close() != nil || b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// script joins the pieces: one request, kept for all pages. Each piece is a block of its own.
func script() ([]byte, error) {
	var b bytes.Buffer
	for _, name := range []string{"here", "times", "countdown", "password", "live"} {
		piece, err := files.ReadFile("files/" + name + ".js")
		if err != nil {
			return nil, err
		}
		b.Write(piece)
	}
	return b.Bytes(), nil
}

func stylesheet(o Options) ([]byte, error) {
	sheet, err := files.ReadFile("files/base.css")
	if err != nil {
		return nil, err
	}
	if o.Accent != "" {
		light, dark, err := accents(o.Accent)
		if err != nil {
			return nil, err
		}
		sheet = fmt.Appendf(sheet, ":root{%s}\n@media (prefers-color-scheme:dark){:root{%s}}\n", light.css(), dark.css())
	}
	if o.Radius != "" {
		radius, err := strconv.Atoi(o.Radius)
		if err != nil || radius < 0 || radius > 16 {
			return nil, fmt.Errorf("the corner radius %q is not a number from 0 to 16", o.Radius)
		}
		sheet = fmt.Appendf(sheet, ":root{--round:%grem}\n", float64(radius)/16)
	}
	return sheet, nil
}

func accents(given string) (light, dark Shades, err error) {
	if given == "" {
		return Shades{Accent: Color{0x0B, 0x5D, 0x4F}}, Shades{Accent: Color{0x74, 0xC9, 0xB5}}, nil
	}
	color, err := ParseColor(given)
	if err != nil {
		return Shades{}, Shades{}, err
	}
	light, dark = Derive(color)
	return light, dark, nil
}

func (s Shades) css() string {
	return fmt.Sprintf("--accent:%s;--on-accent:%s;--accent-wash:%s", s.Accent, s.On, s.Wash)
}

func icon(light, dark Shades) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><style>rect{fill:%s}@media (prefers-color-scheme:dark){rect{fill:%s}}</style><rect x="1" y="1" width="22" height="22" rx="5"/></svg>`,
		light.Accent, dark.Accent)
}
