package holder

import (
	"time"

	"keyback/internal/web/parts"
)

// AccountPage is the places where the holder is signed in.
type AccountPage struct {
	parts.Visit
	Account     string
	Places      []Place   // this one first
	EndAction   string    // POST with place=ID signs one out
	EndAll      string    // POST signs out everywhere, here too
	RecoveredAt time.Time // zero: not lately
	Stop        string    // where to go if that was somebody else; may be ""
	Home        string    // back to the application; may be ""
}

func (AccountPage) Template() string { return "account" }

// A Place is one where the holder is signed in.
type Place struct {
	ID     string
	Device string // "Firefox on Windows"; "" is not known
	Near   string // "Lyon"; may be ""
	Since  time.Time
	Here   bool
}
