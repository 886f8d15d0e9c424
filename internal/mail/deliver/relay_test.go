package deliver

import (
	"strings"
	"testing"

	"keyback/internal/fault"
)

func TestARelaysURLIsRead(t *testing.T) {
	for text, wanted := range map[string]Relay{
		"smtp://mail.example":                   {Host: "mail.example", Port: 25, TLS: AlwaysTry},
		"smtp://mail.example/":                  {Host: "mail.example", Port: 25, TLS: AlwaysTry},
		"smtp://mail.example:2525?tls=never":    {Host: "mail.example", Port: 2525, TLS: Never},
		"smtp://[2001:db8::1]:26?tls=required":  {Host: "2001:db8::1", Port: 26, TLS: Required},
		"smtp://kb:p%40ss@mail.example":         {Host: "mail.example", Port: 587, User: "kb", Password: "p@ss", TLS: Required},
		"smtps://kb:pw@mail.example":            {Host: "mail.example", Port: 465, User: "kb", Password: "pw", Implicit: true, TLS: Required},
		"smtps://mail.example:466?tls=required": {Host: "mail.example", Port: 466, Implicit: true, TLS: Required},
		"smtp://kb:pw@127.0.0.1:9?tls=never":    {Host: "127.0.0.1", Port: 9, User: "kb", Password: "pw", TLS: Never},
		"smtp://kb:pw@localhost?tls=always-try": {Host: "localhost", Port: 587, User: "kb", Password: "pw", TLS: AlwaysTry},
	} {
		r, err := ParseRelay(text)
		if err != nil || r != wanted {
			t.Errorf("%s: %+v %v", text, r, err)
		}
		if s := r.String(); r.Password != "" && strings.Contains(s, r.Password) {
			t.Errorf("the password stands in %s", s)
		}
	}
}

func TestARelaysURLThatCannotBeUsedSaysWhatToWrite(t *testing.T) {
	for text, word := range map[string]string{
		"":                                             "write smtp://host:port",
		"mail.example:25":                              "write smtp://host:port",
		"smtp:mail.example":                            "write smtp://host:port",
		"http://mail.example":                          "write smtp://host:port",
		"smtp://":                                      "write smtp://host:port",
		"smtp://mail.example:0":                        "1 to 65535",
		"smtp://mail.example:99999":                    "1 to 65535",
		"smtp://mail.example/x":                        "percent-encoded",
		"smtp://mail.example#x":                        "percent-encoded",
		"smtp://kb:s3cret%zz@mail.example":             "percent-encoded",
		"smtp://kb:s3cret/x@mail.example":              "percent-encoded",
		"smtp://kb@mail.example":                       "user:password",
		"smtp://:s3cret@mail.example":                  "user:password",
		"smtp://kb:s3cret%0d@mail.example":             "control character",
		"smtp://mail.example?starttls=yes":             "tls=always-try",
		"smtp://mail.example?tls=maybe":                "tls=always-try",
		"smtp://mail.example?tls=never&tls=no":         "tls once",
		"smtps://mail.example?tls=never":               "leave tls= out",
		"smtp://kb:s3cret@mail.example?tls=never":      "write tls=required",
		"smtp://kb:s3cret@mail.example?tls=always-try": "write tls=required",
		"smtp://mail_ex%0aample":                       "",
	} {
		_, err := ParseRelay(text)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the password stands in %v", err)
		}
	}
	if _, err := New(Options{Relay: "smtp://x", Hello: "a b"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a greeting of two words: %v", err)
	}
}
