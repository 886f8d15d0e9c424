package letter

import (
	"errors"
	"strings"
	"time"
)

// sheet is a letter's content, once. Both parts are rendered from it, from top to
// bottom; what is empty is left out.
type sheet struct {
	Lang, Dir string
	Brand     string
	Subject   string
	Preheader string // shown beside the subject by mail programs, not in the letter

	Heading  string
	Lead     string
	Button   way // the one filled button
	CodeLead string
	Code     string // 8 digits, never broken
	Life     string
	Warning  string
	Notes    []string // what stands in the way
	Tips     []string
	Facts    []fact
	Thread   []knot
	StopLead string
	Stop     way // "This wasn't me"
	Footer   []string
	Seal     fact
}

// way is a link with the words on it.
type way struct {
	Words, URL string
	Lead       string // over the address as text; empty where that is not shown
}

// fact is a label and what is true of it, a line each.
type fact struct {
	Label  string
	Values []string
}

// knot is one line of the thread.
type knot struct {
	State state
	When  string
	Text  string
}

// state is what a knot means; its word is its class in the HTML.
type state string

const (
	done state = "done"
	now  state = "now"
	next state = "next"
	halt state = "halt"
)

// Glyph is how the knot looks in text.
func (s state) Glyph() string {
	switch s {
	case done:
		return "●"
	case now:
		return "◯"
	case halt:
		return "━"
	}
	return "┊"
}

// writer puts one letter on its sheet. The first error stays.
type writer struct {
	letters *Letters
	words   *catalogue
	to      string // the recipient
	sheet   sheet
	err     error
}

func (w *writer) say(key string, args ...any) string { return w.words.say(key, args...) }

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// way makes a link. An address as text stands under it when lead is not empty.
func (w *writer) way(key, lead, url string) way {
	if err := w.letters.link(url); err != nil {
		w.fail(err)
		return way{}
	}
	if lead != "" {
		lead = w.say(lead)
	}
	return way{Words: w.say(key), URL: url, Lead: lead}
}

// fact adds a fact. One without a value is not told.
func (w *writer) fact(label string, values ...string) {
	if len(values) > 0 && values[0] != "" {
		w.sheet.Facts = append(w.sheet.Facts, fact{Label: w.say(label), Values: values})
	}
}

// knot adds a line to the thread; a zero time is told by its state's word.
func (w *writer) knot(s state, at time.Time, key string) {
	k := knot{State: s, Text: w.say(key)}
	switch {
	case !at.IsZero():
		k.When = w.clock(at)
	case s == now:
		k.When = w.say("thread.now")
	default:
		k.When = w.say("thread.next")
	}
	w.sheet.Thread = append(w.sheet.Thread, k)
}

// seal puts the seal into the footer: letters after a proof alone have one.
func (w *writer) seal(seal string) {
	if seal == "" {
		return
	}
	if !isSeal(seal) {
		w.fail(errors.New("the seal is none: it looks like KF3A-9C1E"))
		return
	}
	w.sheet.Seal = fact{Label: w.say("footer.seal"), Values: []string{seal}}
}

func isSeal(s string) bool {
	if len(s) != 9 || s[4] != '-' {
		return false
	}
	for i, r := range s {
		if i != 4 && !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z') {
			return false
		}
	}
	return true
}

// name is an account's name as a letter shows it, in quotes. A name that is the
// recipient's own address stays fit for copying.
func (w *writer) name(s string) string {
	if strings.EqualFold(s, w.to) && clipped(s) == s {
		return w.say("quote", "text", w.isolate(shown(s, maxTo)))
	}
	return w.say("quote", "text", w.stranger(s))
}

// stranger is text that somebody else may have chosen, made safe to show.
func (w *writer) stranger(s string) string {
	return w.isolate(clipped(unlinked(shown(s, maxName))))
}

// isolate keeps a text of the other reading direction from turning its
// neighbours.
func (w *writer) isolate(s string) string {
	if s != "" && (w.words.dir == "rtl" || hasRTL(s)) {
		return "\u2068" + s + "\u2069"
	}
	return s
}

// place says from roughly where something was done.
func (w *writer) place(p Place) string {
	browser, near := w.stranger(p.Browser), w.stranger(p.Near)
	switch {
	case browser != "" && near != "":
		return w.say("place.both", "browser", browser, "near", near)
	case browser != "":
		return browser
	case near != "":
		return w.say("place.near", "near", near)
	}
	return w.say("place.unknown")
}

func (w *writer) clock(t time.Time) string {
	t = t.In(w.letters.zone)
	return w.say("time.clock", "clock", t.Format("15:04"), "zone", t.Format("MST"))
}

func (w *writer) date(t time.Time) string {
	t = t.In(w.letters.zone)
	return w.say("time.date", "weekday", w.say(weekdays[t.Weekday()]), "day", t.Format("2"), "month", w.say(months[t.Month()-1]),
		"clock", t.Format("15:04"), "zone", t.Format("MST"))
}

// Full key names, so that a search for a key finds its use.
var (
	weekdays = [...]string{"day.sunday", "day.monday", "day.tuesday", "day.wednesday", "day.thursday", "day.friday", "day.saturday"}
	months   = [...]string{
		"month.january", "month.february", "month.march", "month.april", "month.may", "month.june", "month.july",
		"month.august", "month.september", "month.october", "month.november", "month.december",
	}
)
