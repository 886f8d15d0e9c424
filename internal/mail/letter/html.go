package letter

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed letter.html
var letterHTML string

// page is the HTML of all letters. Its styles are inline, because some mail
// programs drop the sheet in the head; what is there is for dark and narrow
// screens alone.
type page struct{ template *template.Template }

func newPage(a Accent) (*page, error) {
	t, err := template.New("letter").Parse(withTokens(letterHTML, a))
	if err != nil {
		return nil, err
	}
	return &page{t}, nil
}

func (p *page) write(to io.Writer, s *sheet) error { return p.template.Execute(to, s) }
