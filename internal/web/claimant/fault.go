package claimant

import (
	"net/http"
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/parts"
)

// FaultPage is a page for a request that could not be answered: what happened, what is not lost, one button, a person.
type FaultPage struct {
	parts.Visit
	Status    int
	Reference string    // to name to a person; "" on static pages
	Again     time.Time // with 429: when to go on
	Start     string    // the first page of recovery
	Help      string
}

func (FaultPage) Template() string { return "fault" }

// kind is the status as the texts know it: the nearest one, for statuses without a text of their own.
func (p FaultPage) kind() int {
	switch p.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusMisdirectedRequest,
		http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return p.Status
	case http.StatusMethodNotAllowed:
		return http.StatusNotFound
	}
	if p.Status >= 500 {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func (p FaultPage) Heading() i18n.Message {
	return i18n.Say(map[int]string{
		400: "fault.400.heading", 403: "fault.403.heading", 404: "fault.404.heading", 410: "fault.410.heading", 413: "fault.413.heading",
		421: "fault.421.heading", 429: "fault.429.heading", 500: "fault.500.heading", 503: "fault.503.heading",
	}[p.kind()])
}

func (p FaultPage) Lead() i18n.Message {
	if p.kind() == http.StatusTooManyRequests && !p.Again.IsZero() {
		return i18n.Say("fault.429.lead.at", "time", p.Again)
	}
	return i18n.Say(map[int]string{
		400: "fault.400.lead", 403: "fault.403.lead", 404: "fault.404.lead", 410: "fault.410.lead", 413: "fault.413.lead",
		421: "fault.421.lead", 429: "fault.429.lead", 500: "fault.500.lead", 503: "fault.503.lead",
	}[p.kind()])
}

// Button is "Try again" where trying again helps, else back to the start.
func (p FaultPage) Button() parts.Way {
	switch p.kind() {
	case http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if p.Path != "" {
			return parts.Way{Text: i18n.Say("again.button"), URL: p.Path}
		}
	}
	return parts.Way{Text: i18n.Say("start.button"), URL: p.Start}
}

func (p FaultPage) Ways() []parts.Way {
	return parts.Ways(parts.Way{Text: i18n.Say("help.button"), URL: p.Help})
}

// Static is the page for a status as bytes that need nothing any more: made at start, for when all else fails.
func Static(site *parts.Site, status int, start string) ([]byte, error) {
	return site.Bytes(FaultPage{Visit: parts.Visit{Plain: true}, Status: status, Start: start, Help: site.Brand().Help})
}
