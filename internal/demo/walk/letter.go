package walk

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/jhillyerd/enmime/v2"
)

// Letter is a mail as its reader meets it.
type Letter struct {
	Subject, Text, HTML string
	Link                string // back in, absolute; empty where there is none
	Stop                string // "This wasn't me"
	Code                string // 8 digits
}

var (
	linkIn   = regexp.MustCompile(`https?://[^\s<>"]+/in/[A-Za-z0-9_-]+`)
	linkStop = regexp.MustCompile(`https?://[^\s<>"]+/stop/[A-Za-z0-9_-]+`)
	eight    = regexp.MustCompile(`(?m)^\s*(\d{8})\s*$`)
)

// ReadLetter reads a raw message.
func ReadLetter(raw []byte) (Letter, error) {
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return Letter{}, fmt.Errorf("a letter that cannot be read: %w", err)
	}
	l := Letter{Subject: e.GetHeader("Subject"), Text: e.Text, HTML: e.HTML}
	l.Link, l.Stop = linkIn.FindString(e.Text), linkStop.FindString(e.Text)
	if m := eight.FindStringSubmatch(e.Text); m != nil {
		l.Code = m[1]
	}
	return l, nil
}
