package bench

import (
	"fmt"
	"regexp"
	"strings"
)

var recoveryID = regexp.MustCompile(`rec_[0-9a-z]{26}`)

// What differs between any two answers: ids, secrets and the time of day.
var blots = []struct {
	what *regexp.Regexp
	with string
}{
	{recoveryID, "ID"},
	{regexp.MustCompile(`kb_browser=[^;]+`), "kb_browser=SECRET"},
	{regexp.MustCompile(`(?m)^Date: .*$`), "Date: NOW"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d(:\d\d)?\b`), "TIME"},
	{regexp.MustCompile(`\bin (\d+ seconds|1 second)\b`), "SOON"},
}

// blotted is an answer with headers and body, without what differs between any two
// and without the name that was typed, which the page shows again.
func blotted(a reply, m member) string { return blot(string(a.head)+"\r\n"+string(a.body), m) }

func blot(text string, m member) string {
	text = strings.ReplaceAll(text, m.name, "NAME")
	for _, b := range blots {
		text = b.what.ReplaceAllString(text, b.with)
	}
	return text
}

// difference shows where two texts part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(0, i-40):min(len(s), i+60)] }
	return fmt.Sprintf("%q and %q", around(a), around(b))
}
