// Package holder is the pages of a person who is in: signing in, and the places where they are signed in.
//
// The words after a failed sign-in are the same for an unknown name, a wrong password and a locked account.
package holder

import (
	"embed"
	"io/fs"
)

//go:embed templates/*.html
var templates embed.FS

// Templates are the pages' templates, for parts.Options.
func Templates() fs.FS { return templates }
