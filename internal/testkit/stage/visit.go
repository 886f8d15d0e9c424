package stage

import (
	"strings"

	"keyback/internal/demo/walk"
)

// Visitor is somebody with a browser of their own, at this stage's pages. Whatever
// cannot be done fails the test.
type Visitor struct {
	*walk.Visitor
	s *Stage
}

// Visitor is somebody who was never here.
func (s *Stage) Visitor() *Visitor { return &Visitor{walk.NewVisitor(), s} }

// Open opens a path of the pages, or a whole address.
func (v *Visitor) Open(path string) *walk.Page {
	v.s.T.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.s.URL + path
	}
	return v.must(v.Get(path))
}

// Fill sends the page's form that has the field.
func (v *Visitor) Fill(p *walk.Page, field string, fill map[string]string) *walk.Page {
	v.s.T.Helper()
	return v.must(v.Submit(p, field, fill))
}

// Click sends the page's form to a path ending so, as it was served.
func (v *Visitor) Click(p *walk.Page, path string) *walk.Page {
	v.s.T.Helper()
	f, ok := p.FormTo(path)
	if !ok {
		v.s.T.Fatalf("%s has no form to %s", p.URL.Path, path)
	}
	return v.must(v.Send(f, nil))
}

// Ask asks for recovery and gives the inbox page.
func (v *Visitor) Ask(login, loss string) *walk.Page {
	v.s.T.Helper()
	p := v.Fill(v.Open("/recover?loss="+loss), "login", map[string]string{"login": login})
	if p.Heading() != "Check your inbox" {
		v.s.T.Fatalf("asking for %s led to %d %q", login, p.Status, p.Heading())
	}
	return p
}

// SignIn signs in at Keyback's own page and says whether that worked.
func (v *Visitor) SignIn(login, password string) (*walk.Page, bool) {
	v.s.T.Helper()
	p := v.Fill(v.Open("/signin"), "login", map[string]string{"login": login, "password": password})
	return p, p.URL.Path == "/account"
}

func (v *Visitor) must(p *walk.Page, err error) *walk.Page {
	v.s.T.Helper()
	if err != nil {
		v.s.T.Fatal(err)
	}
	return p
}
