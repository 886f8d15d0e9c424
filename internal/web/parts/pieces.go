package parts

import "keyback/internal/i18n"

// A Field is one thing to type. Its problem, if any, also stands in the list on top of the page.
type Field struct {
	Name         string // also its id
	Label, Hint  i18n.Message
	Value        string
	Type         string // text, email, password
	Autocomplete string
	InputMode    string
	Problem      i18n.Message
	Brief        i18n.Message // the problem as it stands on top; empty is the whole of it
	ReadOnly     bool
	Code         bool // large, in the letters of a code
	Show         bool // a button that shows a hidden field
	Most         int  // characters; 0 is no bound
}

// Described are the ids of what a screen reader says after the label.
func (f Field) Described() string {
	described := ""
	if !f.Problem.Empty() {
		described = f.Name + "-problem"
	}
	if !f.Hint.Empty() {
		if described != "" {
			described += " "
		}
		described += f.Name + "-hint"
	}
	return described
}

// A Hidden is what a form carries along.
type Hidden struct{ Name, Value string }

// A Way is a row at the end of a page that leads another way: a link, or a form of one button.
type Way struct {
	Text   i18n.Message
	Line   i18n.Message // one line below; may be empty
	URL    string
	Post   bool
	Hidden []Hidden
}

// Ways are the rows that lead anywhere, in order.
func Ways(ways ...Way) []Way {
	var open []Way
	for _, way := range ways {
		if way.URL != "" {
			open = append(open, way)
		}
	}
	return open
}
