package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"keyback/internal/demo/acme"
	"keyback/internal/fault"
	"keyback/internal/limit"
	"keyback/internal/record"
	"keyback/internal/seal"
	"keyback/internal/server"
)

// database is the setting that most commands need.
type database struct {
	DB string `help:"The database: a path of an SQLite file, or postgres://user:password@host/name." default:"keyback.db" env:"KEYBACK_DB"`
}

// keys are the two files outside the database.
type keys struct {
	Key       string `help:"The key file: tokens, peppers and wrapped secrets hang on it." default:"keyback.key" type:"path"`
	RecordKey string `help:"The key file that signs the record." default:"record.key" type:"path"`
}

// config is what serve needs to know.
type config struct {
	database
	keys
	BaseURL   string `help:"Where people reach the pages, such as https://account.example.com." default:"http://127.0.0.1:8080"`
	Listen    string `help:"The address that the pages listen on." default:"127.0.0.1:8080"`
	OpsListen string `help:"The address of health, readiness and metrics. Empty turns them off." default:"127.0.0.1:9180"`

	Name     string `help:"The application's name, as people know it." default:"Example"`
	Accent   string `help:"The colour of buttons and links, such as #0B5D4F."`
	Home     string `help:"The application's first page."`
	SignIn   string `help:"Where people sign in, if not at Keyback's own page; {account} in it becomes their name."`
	HelpPage string `help:"A person to turn to: a page, or mailto:help@example.com."`

	Relay  string `help:"The server that takes our mail: smtp://user:password@host:587." default:"smtp://127.0.0.1:25"`
	Sender string `help:"The address that letters come from." default:"account@example.com"`

	DirectoryURL    string `help:"The application's directory over HTTP (docs/directory.md). Without it, accounts live in our own tables."`
	DirectorySecret string `help:"The secret shared with that directory: whsec_..."`

	Proxy        []string `help:"A network whose X-Forwarded-For is believed, such as 10.0.0.0/8." placeholder:"PREFIX"`
	Reach        []string `help:"A private network that may be dialled: for the relay, the directory." placeholder:"PREFIX" default:"127.0.0.0/8,::1/128"`
	BreachFolder string   `help:"Pwned Passwords on disk: a folder of prefix files, or one sorted file." type:"path"`
	BreachRange  string   `help:"Pwned Passwords behind the range API, such as https://api.pwnedpasswords.com/range/."`

	LimitSubject string `help:"Mails to one address or name." default:"5/1h" placeholder:"N/TIME"`
	LimitNetwork string `help:"Requests from one network, all at once and over time." default:"60/1h" placeholder:"N/TIME"`
	LimitCodes   string `help:"Codes tried for one address or name." default:"10/1h" placeholder:"N/TIME"`
	LimitBrake   string `help:"Codes tried by everybody together." default:"600/1m" placeholder:"N/TIME"`

	Workers int `help:"Mails handed over at once." default:"32"`
	Hashes  int `help:"Password hashes at once; one a processor when 0."`
	Conns   int `help:"Connections to the database; 4 readers of SQLite or 16 of PostgreSQL when 0."`
}

// settings reads a configuration file: NAME=value lines with the names of the
// environment, blank lines, and lines that begin with #.
func settings(r io.Reader) (kong.Resolver, error) {
	values := map[string]string{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !strings.HasPrefix(name, "KEYBACK_") {
			return nil, fmt.Errorf("line %d is not KEYBACK_NAME=value: %q", n, line)
		}
		values[name] = strings.TrimSpace(value)
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if _, ok := os.LookupEnv(name); ok {
				return nil, nil // the environment wins over the file
			}
			if value, ok := values[name]; ok {
				return value, nil
			}
		}
		return nil, nil
	}), lines.Err()
}

// options are the server's, or what is wrong with a setting and how to mend it.
func (c config) options() (server.Options, error) {
	o := server.Options{
		DatabaseURL: c.DB, Conns: c.Conns, BaseURL: c.BaseURL, Name: c.Name, Accent: c.Accent, Home: c.Home, SignIn: c.SignIn,
		Help: c.HelpPage, Relay: c.Relay, Sender: c.Sender, Workers: c.Workers, Directory: c.DirectoryURL,
		DirectorySecret: c.DirectorySecret, Hashes: c.Hashes, BreachFolder: c.BreachFolder, BreachRange: c.BreachRange,
	}
	if c.DirectorySecret == acme.DemoSecret {
		return o, invalid("directory-secret", "it is the demo's, which everybody knows")
	}
	if err := c.sound(); err != nil {
		return o, err
	}
	if u, err := url.Parse(c.BaseURL); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		return o, invalid("base-url", "people's passwords need https")
	}
	for _, list := range []struct {
		name string
		from []string
		to   *[]netip.Prefix
	}{{"proxy", c.Proxy, &o.Proxies}, {"reach", c.Reach, &o.Reach}} {
		for _, text := range list.from {
			p, err := netip.ParsePrefix(text)
			if err != nil {
				return o, invalid(list.name, fmt.Sprintf("%q is not a network such as 10.0.0.0/8", text))
			}
			*list.to = append(*list.to, p)
		}
	}
	for _, l := range []struct {
		name, from string
		to         *limit.Rate
	}{
		{"limit-subject", c.LimitSubject, &o.Limits.Subject},
		{"limit-network", c.LimitNetwork, &o.Limits.Network},
		{"limit-codes", c.LimitCodes, &o.Limits.Codes},
		{"limit-brake", c.LimitBrake, &o.Limits.Brake},
	} {
		rate, err := rate(l.from)
		if err != nil {
			return o, invalid(l.name, err.Error())
		}
		*l.to = rate
	}
	// A network may ask half of its hour at once: a class of schoolchildren, an office.
	o.Limits.Network.Burst = max(1, o.Limits.Network.N/2)
	return o, c.read(&o)
}

// read opens the key files.
func (k keys) read(o *server.Options) (err error) {
	if o.Key, err = seal.Load(k.Key); err != nil {
		return err
	}
	o.Signer, err = record.LoadSigner(k.RecordKey)
	return err
}

// rate reads "5/1h": at most 5 in any hour.
func rate(text string) (limit.Rate, error) {
	n, per, ok := strings.Cut(text, "/")
	count, err := strconv.Atoi(n)
	time, err2 := time.ParseDuration(per)
	if !ok || err != nil || err2 != nil || count < 1 || time <= 0 {
		return limit.Rate{}, fmt.Errorf("%q is not a number and a time such as 5/1h", text)
	}
	return limit.Within(count, time), nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func invalid(setting, why string) error {
	return fault.New(fault.Invalid, setting+": "+why).Hint("set --" + setting + " or KEYBACK_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_")))
}
