package server

import (
	"io/fs"
	"net/http"

	"keyback/internal/credential"
	"keyback/internal/httpx"
	"keyback/internal/i18n"
	"keyback/internal/mail/letter"
	"keyback/internal/session"
	"keyback/internal/token"
	"keyback/internal/web/assets"
	"keyback/internal/web/claimant"
	"keyback/internal/web/holder"
	"keyback/internal/web/parts"
)

// maxStreams is how many pages may be live at once.
const maxStreams = 4096

// web is the pages behind their checks.
func (s *Server) web(door *session.Door, letters *letter.Letters) (http.Handler, error) {
	texts, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	files, err := assets.New(assets.Options{Accent: s.o.Accent})
	if err != nil {
		return nil, unusable(err)
	}
	site, err := parts.NewSite(parts.Options{
		Texts: texts, Assets: files, Pages: []fs.FS{claimant.Templates(), holder.Templates()},
		Brand: parts.Brand{Name: s.o.Name, Home: s.o.Home, SignIn: s.o.SignIn, Help: "/help"},
	})
	if err != nil {
		return nil, err
	}
	clients, err := httpx.NewClients(s.o.Proxies)
	if err != nil {
		return nil, err
	}
	shared := httpx.Pages{Log: s.o.Log}
	cookies := httpx.NewCookies(s.base)
	options := claimant.Options{
		Site: site, Recovery: s.Recovery, Clients: clients, Cookies: cookies, Streams: s.streams, Now: s.o.Now,
		Device: session.Label, Secret: func() string { return token.Secret(16) }, Suggest: credential.Suggest,
		Sender: s.o.Sender, Mailbox: s.o.Mailbox, Contact: s.o.Help, Stuck: func() bool { return s.health.stuck(s.o.Now()) },
		Subject: func(language string, unlock bool) string {
			if unlock {
				return letters.Subject(language, letter.Unlock)
			}
			return letters.Subject(language, letter.Password)
		},
	}
	static, err := staticPages(site)
	if err != nil {
		return nil, err
	}
	shared.Fail = claimant.New(options).Fail(static)
	options.Pages = shared
	mux := http.NewServeMux()
	claimant.New(options).Routes(mux)
	holder.New(holder.Options{
		Site: site, Door: door, Clients: clients, Cookies: cookies, Pages: shared, Now: s.o.Now, Recovered: s.Recovery.Recovered,
	}).Routes(mux)
	guarded := httpx.Guard(httpx.Options{Base: s.base, Fail: shared.Fail, Log: s.o.Log}, mux)
	root := http.NewServeMux()
	root.Handle(assets.Prefix, files.Handler())
	root.Handle("/", guarded)
	return root, nil
}

// staticPages are the error pages that need neither database nor template.
func staticPages(site *parts.Site) (map[int][]byte, error) {
	pages := map[int][]byte{}
	for _, status := range []int{http.StatusInternalServerError, http.StatusServiceUnavailable} {
		page, err := claimant.Static(site, status, "/recover")
		if err != nil {
			return nil, err
		}
		pages[status] = page
	}
	return pages, nil
}

// brand is the letters' look.
func (o *Options) brand() letter.Brand {
	return letter.Brand{Name: o.Name, Sender: o.Sender, Accent: o.letterAccent()}
}

func (o *Options) letterAccent() letter.Accent {
	given, err := assets.ParseColor(o.Accent)
	if err != nil {
		return letter.Accent{} // Keyback's own; a wrong colour is refused with the pages
	}
	light, dark := assets.Derive(given)
	return letter.Accent{
		Light: light.Accent.String(), OnLight: light.On.String(), Dark: dark.Accent.String(), OnDark: dark.On.String(),
	}
}
