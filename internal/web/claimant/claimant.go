// Package claimant is the pages of a person who wants back into an account.
//
// Each page is one file: a struct that says everything the page may show, and a template of the same name. A page asks one
// thing, has one filled button, at most three ways out and at most 90 words to read, at a reading age of eleven. Before a
// proof no struct here has a place for anything that depends on whether an account exists; MailThread draws the same knots
// for known and unknown.
//
// Forms that spend or stop something ask for something typed or a ticked box, so that a scanner that sends forms as they
// were served does nothing.
package claimant

import (
	"embed"
	"io/fs"

	"keyback/internal/web/parts"
)

//go:embed templates/*.html
var templates embed.FS

// Templates are the pages' templates, for parts.Options.
func Templates() fs.FS { return templates }

// A Form is where a page's one form goes and what it carries along.
type Form struct {
	Action string
	Hidden []parts.Hidden
}
