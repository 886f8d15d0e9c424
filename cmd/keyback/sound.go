package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// sound looks at the settings that nothing below would refuse.
func (c config) sound() error {
	for _, page := range []struct {
		setting, address string
		mail             bool // may be an address to write to
	}{{"home", c.Home, false}, {"sign-in", strings.ReplaceAll(c.SignIn, "{account}", ""), false}, {"help-page", c.HelpPage, true}} {
		if page.address != "" && !leads(page.address, page.mail) {
			return invalid(page.setting, fmt.Sprintf("%q leads nowhere: give a whole address such as https://www.example.com/", page.address))
		}
	}
	for _, listen := range []struct{ setting, address string }{{"listen", c.Listen}, {"ops-listen", c.OpsListen}} {
		if _, _, err := net.SplitHostPort(listen.address); err != nil && (listen.address != "" || listen.setting == "listen") {
			return invalid(listen.setting, fmt.Sprintf("%q is no address to listen on such as 127.0.0.1:8080", listen.address))
		}
	}
	for _, count := range []struct {
		setting    string
		n, atLeast int
	}{{"workers", c.Workers, 1}, {"hashes", c.Hashes, 0}, {"conns", c.Conns, 0}} {
		if count.n < count.atLeast {
			return invalid(count.setting, fmt.Sprintf("%d is too few: it must be %d or more", count.n, count.atLeast))
		}
	}
	return nil
}

func leads(address string, mail bool) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" || mail && u.Scheme == "mailto" && strings.Contains(u.Opaque, "@")
}
