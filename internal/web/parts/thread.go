package parts

import (
	"fmt"
	"strings"
	"time"

	"keyback/internal/i18n"
)

// Kind is what a knot means.
type Kind string

const (
	Done    Kind = "done"  // happened, sealed in the record
	Now     Kind = "now"   // whose turn it is; at most one in a thread
	Next    Kind = "next"  // will come
	Stopped Kind = "stop"  // refused, bounced, stopped, run out; nothing follows
	Aside   Kind = "aside" // beside the way: a note, a retry
)

// A Knot is one step of a history: at most 7 words, and at most one line of help.
type Knot struct {
	Kind    Kind
	Text    i18n.Message
	Help    i18n.Message
	At      time.Time // zero: "now" and "next" are said in words
	Seconds bool      // the mail's way alone is told to the second
}

// When is the time as the reader meets it.
func (k Knot) When() i18n.Message {
	switch {
	case k.Kind == Now:
		return i18n.Say("thread.when.now")
	case k.At.IsZero():
		return i18n.Message{}
	case k.Seconds:
		return i18n.Say("thread.when", "time", i18n.Seconds(k.At))
	}
	return i18n.Say("thread.when", "time", k.At)
}

// Said is the word that a screen reader hears before the text: the shape's meaning.
func (k Knot) Said() i18n.Message {
	return i18n.Say(map[Kind]string{
		Done: "thread.done", Now: "thread.now", Next: "thread.next", Stopped: "thread.stopped", Aside: "thread.aside",
	}[k.Kind])
}

// folded is a thread with its middle put away.
type folded struct {
	Before, Middle, After []Knot
}

// mostKnots are shown; of more, the first, and the last four.
const mostKnots = 7

func fold(knots []Knot) folded {
	if len(knots) <= mostKnots {
		return folded{After: knots}
	}
	end := len(knots) - 4
	return folded{Before: knots[:1], Middle: knots[1:end], After: knots[end:]}
}

// ThreadText is the thread in characters, a line a knot, as letters, the terminal and logs show it:
//
//	●  14:02:07  You asked
//	◯  now       example.com asked us to wait; We try again at 14:03.
//	┊  next      In your inbox, or in spam
func ThreadText(texts *i18n.Catalogue, knots []Knot) string {
	signs := map[Kind]string{Done: "●", Now: "◯", Next: "┊", Stopped: "▬", Aside: "·"}
	when := make([]string, len(knots))
	width := 0
	for i, k := range knots {
		when[i] = texts.Say(k.When())
		if when[i] == "" && k.Kind == Next {
			when[i] = texts.T("thread.when.next")
		}
		width = max(width, len([]rune(when[i])))
	}
	var b strings.Builder
	for i, k := range knots {
		pad := strings.Repeat(" ", width-len([]rune(when[i])))
		fmt.Fprintf(&b, "%s  %s%s  %s", signs[k.Kind], when[i], pad, texts.Say(k.Text))
		if !k.Help.Empty() {
			fmt.Fprintf(&b, "; %s", texts.Say(k.Help))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
