package rules

import (
	"fmt"
	"testing"
)

// ban is a row of the table below: the packages of whom import nothing of what, but
// for those excepted, on either side.
type ban struct {
	whom    []string
	what    []string
	but     []string // packages that may
	allowed []string // imports that are well
	why     string
}

var (
	database = []string{"database/sql/...", "modernc.org/sqlite/...", "github.com/jackc/pgx/...", "github.com/lib/pq/..."}
	drivers  = []string{"modernc.org/sqlite/...", "github.com/jackc/pgx/...", "github.com/lib/pq/...", "github.com/mattn/go-sqlite3/..."}
	pure     = []string{"internal/policy", "internal/evidence", "internal/token", "internal/record/tree", "internal/mail/bounce", "internal/fault"}
	network  = []string{"internal/mail/deliver", "internal/mail/resolve", "internal/dial", "internal/account/httpdir", "internal/account/sqldir", "internal/account/ldapdir"}
)

// bans is "Who may import whom" of the design, for the direct imports of files that
// are not tests.
var bans = []ban{
	{whom: pure, what: []string{"internal/...", "cmd/...", "client/..."}, allowed: []string{"internal/fault"}, why: "pure packages stand on nothing but fault"},
	{whom: pure, what: append([]string{"net", "net/http/...", "net/smtp", "net/rpc/...", "os", "os/...", "io/fs", "syscall", "time/tzdata"}, database...), why: "pure packages touch no network, file or database, so that every situation can be tried in a test"},

	{whom: []string{"..."}, what: drivers, but: []string{"cmd/keyback", "internal/job", "internal/testkit/..."}, why: "the program chooses the database drivers; everything else speaks database/sql through internal/db"},
	{whom: []string{"..."}, what: []string{"github.com/riverqueue/..."}, but: []string{"internal/job"}, why: "internal/job is the one place that knows River"},
	{whom: []string{"..."}, what: []string{"github.com/pressly/goose/..."}, but: []string{"internal/db"}, why: "internal/db brings the schema up to date"},

	{whom: network, what: []string{"internal/db"}, why: "network code that has no database cannot hold a transaction open"},
	{whom: network, what: database, but: []string{"internal/account/sqldir"}, why: "network code keeps nothing"},

	{whom: []string{"internal/web/...", "internal/api/..."}, what: append([]string{"internal/db", "internal/job", "internal/mail/queue"}, database...), why: "what people and programs ask for goes through the domain packages, which keep the rules"},
	{whom: []string{"internal/web/..."}, what: []string{"internal/api/..."}, why: "pages and API are two doors of one house"},
	{whom: []string{"internal/api/..."}, what: []string{"internal/web/..."}, why: "pages and API are two doors of one house"},
	{whom: []string{"internal/recovery/..."}, what: []string{"internal/desk/..."}, why: "the desk asks recovery, never the other way round"},
	{whom: []string{"internal/mail/..."}, what: []string{"internal/recovery/...", "internal/desk/...", "internal/record/..."}, why: "mail offers Compose and Fate and knows nothing of those who bind them"},

	{whom: []string{"..."}, what: []string{"flag", "github.com/alecthomas/kong/..."}, but: []string{"cmd/keyback"}, why: "the command reads flags and settings; packages take an Options struct"},
	{whom: []string{"..."}, what: []string{"testing", "testing/...", "pgregory.net/rapid/...", "go.uber.org/goleak/...", "internal/testkit/...", "internal/account/directorytest"}, but: []string{"internal/testkit/...", "internal/account/directorytest", "test/..."}, why: "what is for tests stays out of the program"},
	{whom: []string{"..."}, what: []string{"internal/demo/...", "internal/bench/...", "internal/smtpsink"}, but: []string{"cmd/keyback", "internal/demo/...", "internal/bench/...", "internal/testkit/...", "test/..."}, why: "the demonstration and the measurements are no part of the service"},
	{whom: []string{"..."}, what: []string{"internal/server"}, but: []string{"cmd/keyback", "internal/demo/...", "internal/bench/...", "internal/testkit/...", "test/..."}, why: "the assembly is used by what starts a Keyback"},
	{whom: []string{"internal/demo/acme"}, what: []string{"internal/...", "cmd/..."}, why: "Acme is an application of somebody else, written from docs/directory.md alone"},
	{whom: []string{"client/..."}, what: []string{"internal/...", "cmd/..."}, why: "others import the client"},
	{whom: []string{"..."}, what: []string{"log", "math/rand", "io/ioutil", "unsafe"}, why: "log/slog logs, math/rand/v2 jitters, crypto/rand makes secrets"},
	{whom: []string{"..."}, what: []string{"expvar", "net/http/pprof"}, why: "they put themselves on http.DefaultServeMux when imported"},
}

func TestNoPackageImportsWhatItMustNot(t *testing.T) { holds(t, imports) }

func TestEveryPackageImportsDownwardOnly(t *testing.T) { holds(t, downward) }

// imports says which direct imports are banned.
func imports(sources []source) (broken []string) {
	for _, s := range sources {
		if s.test {
			continue
		}
		for _, p := range s.imports() {
			for _, b := range bans {
				if within(s.dir, b.whom...) && !within(s.dir, b.but...) && within(p, b.what...) && !within(p, b.allowed...) {
					broken = append(broken, fmt.Sprintf("%s imports %s: %s", s.name, p, b.why))
				}
			}
		}
	}
	return broken
}

// layers are the storeys of the house, the highest first. A package imports those of
// its own storey and of the ones below.
var layers = [][]string{
	{"test/...", "internal/testkit/...", "internal/account/directorytest"},
	{"cmd/keyback"},
	{"internal/demo/...", "internal/bench/..."},
	{"internal/server"},
	{"internal/web/...", "internal/api/..."},
	{"internal/httpx"},
	{"internal/desk/..."},
	{"internal/recovery/..."},
	{"internal/account/...", "internal/credential/...", "internal/session", "internal/record/...", "internal/mail/...", "internal/limit", "internal/risk", "internal/hook"},
	{"internal/db", "internal/seal", "internal/bell", "internal/job", "internal/dial", "internal/i18n", "internal/policy", "internal/evidence", "internal/token", "internal/smtpsink", "client/..."},
	{"internal/fault"},
}

// layer is a package's storey; -1 if it has none. The longest pattern that means it
// counts.
func layer(dir string) int {
	best, long := -1, 0
	for i, l := range layers {
		for _, p := range l {
			if within(dir, p) && len(p) > long {
				best, long = i, len(p)
			}
		}
	}
	return best
}

// downward says which imports go up, and which packages have no storey yet.
func downward(sources []source) (broken []string) {
	for _, s := range sources {
		here := layer(s.dir)
		if here < 0 {
			broken = append(broken, fmt.Sprintf("%s: its package has no place in the layers of test/rules/imports_test.go: give it one", s.name))
			continue
		}
		for _, p := range s.imports() {
			if there := layer(p); !s.test && there >= 0 && there < here {
				broken = append(broken, fmt.Sprintf("%s imports %s, which stands above it: declare the interface that it needs where it is needed, and bind it in internal/server", s.name, p))
			}
		}
	}
	return broken
}
