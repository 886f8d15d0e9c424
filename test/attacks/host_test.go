package attacks

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"keyback/internal/testkit/stage"
)

// What frameworks and proxies have been made to take for the host, one by one and in
// the published combinations.
var hostHeaders = []map[string]string{
	{"X-Forwarded-Host": evil},
	{"X-Forwarded-Host": evil, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
	{"X-Forwarded-Server": evil},
	{"X-Host": evil},
	{"X-HTTP-Host-Override": evil},
	{"X-Original-Host": evil},
	{"X-Original-URL": "https://" + evil + "/recover"},
	{"X-Rewrite-URL": "https://" + evil + "/recover"},
	{"Forwarded": `for=192.0.2.1;host="` + evil + `";proto=https`},
	{"X-Forwarded-Prefix": "//" + evil},
	{"X-Script-Name": "//" + evil},
	{"Base-Url": "https://" + evil},
	{"True-Client-IP": evil},
	{"Referer": "https://" + evil + "/"},
	{"X-Wap-Profile": "https://" + evil + "/profile"},
	{"Via": "1.1 " + evil},
	{"X-Forwarded-For": evil, "X-Real-IP": evil, "CF-Connecting-IP": evil},
}

func TestNoHeaderOfTheRequestGetsIntoALetter(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true, Change: proxied})
	s.Account("victim", "victim@example.com")
	for i, headers := range hostHeaders {
		v := s.Visitor()
		v.Extra = headers
		v.Agent = "Mozilla/5.0 (" + evil + ") Gecko"
		inbox := v.Ask("victim@example.com", "password")
		if strings.Contains(string(inbox.Body), evil) {
			t.Errorf("%v: the page names the host", headers)
		}
		all := mails(t, s, i+1)
		m := all[len(all)-1]
		l := read(t, m)
		if strings.Contains(string(m.Raw), evil) || strings.Contains(l.HTML, evil) {
			t.Errorf("%v: the letter names the host", headers)
		}
		if !strings.HasPrefix(l.Link, s.URL+"/in/") || !strings.HasPrefix(l.Stop, s.URL+"/stop/") {
			t.Errorf("%v: links to %s and %s", headers, l.Link, l.Stop)
		}
	}
}

func TestARequestThatNamesAnotherHostStartsNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	body := url.Values{"login": {"victim@example.com"}, "loss": {"password"}}.Encode()
	for name, request := range map[string]string{
		"another host":               form("/recover", body, "Host: "+evil),
		"another host with our port": form("/recover", body, "Host: "+evil+":80"),
		"ours with another port":     form("/recover", body, "Host: 127.0.0.1:1"),
		"ours without a port":        form("/recover", body, "Host: 127.0.0.1"),
		"ours as a user":             form("/recover", body, "Host: BASE@"+evil),
		"ours as a subdomain":        form("/recover", body, "Host: BASE."+evil),
		"a port that is markup":      form("/recover", body, `Host: BASE:'<a href="//`+evil+`/?`),
		"a port after the port":      form("/recover", body, "Host: BASE:"+evil),
		"two, ours first":            form("/recover", body, "Host: BASE", "Host: "+evil),
		"two, ours last":             form("/recover", body, "Host: "+evil, "Host: BASE"),
		"a folded one":               form("/recover", body, "Host: BASE", " Host: "+evil, "X: y"),
		"folded into ours":           form("/recover", body, "Host: BASE", "\t"+evil),
		"a blank before the colon":   form("/recover", body, "Host : "+evil, "Host: BASE"),
		"ours with a path":           form("/recover", body, "Host: BASE/"+evil),
		"ours with a fragment":       form("/recover", body, "Host: BASE#"+evil),
		"ours with a comma":          form("/recover", body, "Host: BASE, "+evil),
		"an empty one":               form("/recover", body, "Host:"),
		"none":                       strings.Replace(form("/recover", body, "X: y"), "HTTP/1.1", "HTTP/1.0", 1),
		"an absolute target":         form("http://"+evil+"/recover", body, "Host: BASE"),
		"an absolute https target":   form("https://"+evil+"/recover", body, "Host: BASE"),
		"ours as the target's user":  form("http://BASE@"+evil+"/recover", body, "Host: BASE"),
		"localhost":                  form("/recover", body, "Host: localhost"),
	} {
		r := wire(t, s, request)
		if r.status < 400 && r.status != 0 || r.status >= 500 {
			t.Errorf("%s: answered %d", name, r.status)
		}
		if strings.Contains(r.body, evil) || strings.Contains(r.header.Get("Location"), evil) {
			t.Errorf("%s: the answer names the host", name)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM recovery`); n != 0 {
		t.Errorf("%d recoveries were started", n)
	}
}

func TestTheHostIsCheckedForEachRequestOfAConnection(t *testing.T) {
	s := stage.Open(t, stage.Options{})
	host := strings.TrimPrefix(s.URL, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /help HTTP/1.1\r\nHost: "+host+"\r\n\r\nGET /help HTTP/1.1\r\nHost: "+evil+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	replies := bufio.NewReader(c)
	if first, second := answer(replies), answer(replies); first.status != 200 || second.status != 421 {
		t.Errorf("answered %d and %d", first.status, second.status)
	}
}
