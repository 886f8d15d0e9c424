package session

import "strings"

// Unknown is the label of a browser that nobody can name.
const Unknown = "a browser"

// Label says a browser and its system in words, "Firefox on Android", from the
// User-Agent header. It is for the holder's eyes, to know a place again, and proves
// nothing: anybody can send any header. Nothing of the header itself is repeated.
func Label(userAgent string) string {
	if len(userAgent) > 1024 {
		return Unknown
	}
	browser, system := first(browsers, userAgent), first(systems, userAgent)
	switch {
	case browser == "" && system == "":
		return Unknown
	case browser == "":
		return Unknown + " on " + system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

type sign struct{ in, name string }

// Most browsers name those that they descend from too, so the youngest stands first.
var browsers = []sign{
	{"EdgA/", "Edge"},
	{"EdgiOS/", "Edge"},
	{"Edg/", "Edge"},
	{"Edge/", "Edge"},
	{"OPR/", "Opera"},
	{"OPiOS/", "Opera"},
	{"OPT/", "Opera"},
	{"Vivaldi/", "Vivaldi"},
	{"YaBrowser/", "Yandex Browser"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"DuckDuckGo/", "DuckDuckGo"},
	{"Ddg/", "DuckDuckGo"},
	{"FxiOS/", "Firefox"},
	{"Focus/", "Firefox Focus"},
	{"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"},
	{"Chrome/", "Chrome"},
	{"Chromium/", "Chromium"},
	{"Safari/", "Safari"},
}

var systems = []sign{
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Android", "Android"},
	{"CrOS", "ChromeOS"},
	{"Windows", "Windows"},
	{"Macintosh", "a Mac"},
	{"FreeBSD", "FreeBSD"},
	{"Linux", "Linux"},
}

func first(signs []sign, userAgent string) string {
	for _, s := range signs {
		if strings.Contains(userAgent, s.in) {
			return s.name
		}
	}
	return ""
}
