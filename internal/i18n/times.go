package i18n

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Seconds is a time of day told to the second: only the mail's way needs that.
type Seconds time.Time

// Day is a time told with its weekday and date.
type Day time.Time

// Weekday is a time told by weekday and time of day, for the last days.
type Weekday time.Time

// Full key names, so that a search for a key finds its use.
var (
	weekdays = [...]string{"day.sunday", "day.monday", "day.tuesday", "day.wednesday", "day.thursday", "day.friday", "day.saturday"}
	months   = [...]string{
		"month.january", "month.february", "month.march", "month.april", "month.may", "month.june", "month.july",
		"month.august", "month.september", "month.october", "month.november", "month.december",
	}
)

func (c *Catalogue) time(b *strings.Builder, v any, as form) bool {
	var t time.Time
	var style, words string
	switch v := v.(type) {
	case time.Time:
		t, style = c.local(v), "clock"
		words = t.Format("15:04")
	case Seconds:
		t, style = c.local(time.Time(v)), "seconds"
		words = t.Format("15:04:05")
	case Weekday:
		t, style = c.local(time.Time(v)), "weekday"
		words = c.T("time.weekday", "weekday", c.T(weekdays[t.Weekday()]), "clock", t.Format("15:04"))
	case Day:
		t, style = c.local(time.Time(v)), "day"
		words = c.T("time.day", "weekday", c.T(weekdays[t.Weekday()]), "day", t.Day(),
			"month", c.T(months[t.Month()-1]), "clock", t.Format("15:04"))
	default:
		return false
	}
	if as == plainText {
		b.WriteString(words)
		return true
	}
	fmt.Fprintf(b, `<time datetime="%s" data-as="%s">%s</time>`, t.UTC().Format(time.RFC3339), style, template.HTMLEscapeString(words))
	return true
}

func (c *Catalogue) local(t time.Time) time.Time {
	if c.zone != nil {
		return t.In(c.zone)
	}
	return t
}

// Left is how long from now until a time, as a phrase: "in 28 minutes". It counts down to the minute, and in the last
// minute to the second. What has passed is "now".
func (c *Catalogue) Left(now, until time.Time) string {
	left := until.Sub(now)
	switch {
	case left <= 0:
		return c.T("left.now")
	case left < time.Minute:
		return c.T("left.seconds", "n", int((left+time.Second-1)/time.Second))
	case left < 90*time.Minute:
		return c.T("left.minutes", "n", int((left+time.Minute/2)/time.Minute))
	case left < 48*time.Hour:
		return c.T("left.hours", "n", int((left+time.Hour/2)/time.Hour))
	}
	return c.T("left.days", "n", int((left+12*time.Hour)/(24*time.Hour)))
}
