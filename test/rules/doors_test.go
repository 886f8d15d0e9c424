package rules

import (
	"fmt"
	"go/token"
	"slices"
	"testing"
)

// door is a row of the table below: names of a package of Go's own library that only
// some packages of ours may use.
type door struct {
	of    string   // the package
	names []string // of it
	but   []string // packages that may
	why   string
}

var doors = []door{
	{
		of:    "net/http",
		names: []string{"Handler", "HandlerFunc", "Handle", "HandleFunc", "ResponseWriter", "Server", "ServeMux", "NewServeMux", "ListenAndServe", "ListenAndServeTLS", "Serve", "FileServer", "FileServerFS"},
		but:   []string{"internal/web/...", "internal/api/...", "internal/httpx", "internal/server", "internal/demo/...", "internal/bench/...", "cmd/keyback"},
		why:   "only pages, API and what starts them serve HTTP",
	},
	{
		of:    "net/http",
		names: []string{"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "DefaultServeMux", "ProxyFromEnvironment"},
		why:   "who calls over HTTP does so through a client of internal/dial, which refuses private networks",
	},
	{
		of:    "net/http",
		names: []string{"Client", "Transport"},
		but:   []string{"internal/dial", "internal/account/httpdir", "internal/credential/breach", "internal/hook", "internal/mail/resolve", "client/...", "internal/server", "internal/demo/...", "internal/bench/...", "cmd/keyback"},
		why:   "few packages go out over HTTP; each is named here",
	},
	{
		of:    "net",
		names: []string{"Dial", "DialTimeout", "Dialer", "DialTCP", "DialUDP", "DefaultResolver", "LookupHost", "LookupIP", "LookupAddr", "LookupMX", "LookupTXT", "LookupCNAME", "LookupNS"},
		but:   []string{"internal/dial", "internal/mail/resolve", "internal/demo/...", "internal/bench/..."},
		why:   "internal/dial is the one that goes out: it checks each address after it was looked up",
	},
	{
		of:    "crypto/tls",
		names: []string{"Dial", "DialWithDialer", "Dialer"},
		but:   []string{"internal/dial"},
		why:   "internal/dial is the one that goes out: it checks each address after it was looked up",
	},
	{
		of:    "os",
		names: []string{"Getenv", "LookupEnv", "ExpandEnv", "Setenv", "Unsetenv", "Args", "Exit"},
		but:   []string{"cmd/keyback"},
		why:   "the command reads flags and environment and ends the program; packages take an Options struct and return errors",
	},
	{
		of:    "syscall",
		names: []string{"Getenv", "Exit"},
		why:   "the command reads flags and environment and ends the program; packages take an Options struct and return errors",
	},
}

func TestOnlyThePackagesNamedServeHTTPGoOutOrReadTheEnvironment(t *testing.T) { holds(t, opened) }

// opened says who uses what only others may. Tests, and what is for them, may all.
func opened(sources []source) (broken []string) {
	for _, s := range sources {
		if s.test || within(s.dir, "internal/testkit/...", "internal/account/directorytest", "test/...") {
			continue
		}
		for _, d := range doors {
			if within(s.dir, d.but...) {
				continue
			}
			s.uses(d.of, func(name string, at token.Pos) {
				if slices.Contains(d.names, name) {
					broken = append(broken, fmt.Sprintf("%s uses %s.%s: %s", s.at(at), d.of, name, d.why))
				}
			})
		}
	}
	return broken
}

func TestAnOpenedDoorIsFound(t *testing.T) {
	fails(t, opened, map[string]string{
		"internal/session/a.go":      "package session\nimport \"net/http\"\nfunc f(http.ResponseWriter, *http.Request) {}",
		"internal/hook/a.go":         "package hook\nimport \"net/http\"\nvar c = http.DefaultClient\nvar d http.Client",
		"internal/mail/a.go":         "package mail\nimport n \"net\"\nvar c, _ = n.Dial(\"tcp\", \"\")",
		"internal/account/a.go":      "package account\nimport \"os\"\nvar home = os.Getenv(\"HOME\")",
		"internal/account/os.go":     "package account\ntype env struct{ Getenv string }\nfunc f(os env) string { return os.Getenv }",
		"internal/account/a_test.go": "package account\nimport \"os\"\nvar home = os.Getenv(\"HOME\")",
		"cmd/keyback/a.go":           "package main\nimport \"os\"\nvar home = os.Getenv(\"HOME\")",
		"internal/web/holder/a.go":   "package holder\nimport \"net/http\"\nfunc f(http.ResponseWriter, *http.Request) {}",
		"internal/seal/a.go":         "package seal\nimport \"os\"\nvar text, _ = os.ReadFile(\"key\")",
	}, "session/a.go:3 uses net/http.ResponseWriter", "hook/a.go:3 uses net/http.DefaultClient", "mail/a.go:3 uses net.Dial", "account/a.go:3 uses os.Getenv")
}
