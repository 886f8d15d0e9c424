package bench

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// holder is somebody who has lost a password, in a browser of their own.
type holder struct {
	*caller
	name    string
	network int
	pages   bool // reads the pages between, too
	cookies string
}

var codeLine = regexp.MustCompile(`\r\n([0-9]{8})\r\n`)

// wholeWay leads the n-th holder back to being signed in.
func (s *stand) wholeWay(ctx context.Context, box *inbox, n int, pages bool) error {
	c, err := call(ctx, s.server.host)
	if err != nil {
		return err
	}
	defer c.close()
	h := &holder{caller: c, name: known(n % s.o.Accounts), network: n, pages: pages}
	letter := box.expect(at(h.name))
	id, browser, err := s.ask(c, at(h.name), n)
	if err != nil {
		return err
	}
	h.cookies = browser
	if err := h.read("/recover/"+id, h.name); err != nil {
		return err
	}
	m, err := arrival(ctx, letter)
	if err != nil {
		return err
	}
	code := codeLine.FindSubmatch(m.Raw)
	if code == nil {
		return fmt.Errorf("the letter to %s has no code", h.name)
	}
	if err := h.change(id, string(code[1])); err != nil {
		return err
	}
	return h.signIn()
}

// change types the code and a new password.
func (h *holder) change(id, code string) error {
	a, err := h.post("/recover/"+id+"/code", url.Values{"code": {code}})
	if err != nil {
		return err
	}
	h.cookies += "; " + a.cookie("kb_pass")
	if err := h.read("/recover/open", h.name); err != nil {
		return err
	}
	if _, err := h.post("/recover/open/password", url.Values{"password": {newPassword}, "username": {h.name}}); err != nil {
		return err
	}
	return h.read("/recover/done", "/signin")
}

func (h *holder) signIn() error {
	if err := h.read("/signin", "password"); err != nil {
		return err
	}
	a, err := h.post("/signin", url.Values{"login": {h.name}, "password": {newPassword}})
	if err != nil {
		return err
	}
	h.cookies = a.cookie("kb_session")
	return h.read("/account", h.name)
}

func (h *holder) post(path string, form url.Values) (reply, error) {
	return h.do(request{path: path, form: form, cookies: h.cookies, network: h.network}, 303)
}

func (h *holder) read(path, wanted string) error {
	if !h.pages {
		return nil
	}
	a, err := h.do(request{path: path, cookies: h.cookies, network: h.network}, 200)
	if err == nil && !strings.Contains(string(a.body), wanted) {
		err = fmt.Errorf("%s does not say %q", path, wanted)
	}
	return err
}
