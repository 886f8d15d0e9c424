package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// mostLines is how long a file may be. Around 150 is usual.
const mostLines = 600

// emptyNames are packages' names that say nothing of what is in them, so that
// everything ends there.
var emptyNames = []string{"config", "models", "services", "utils", "util", "common", "types", "helpers", "interfaces", "mocks", "misc", "base", "shared"}

func TestPackagesHaveNamesAndCommentsThatSayWhatTheyAre(t *testing.T) { holds(t, packages) }

func TestFilesAreShortFinishedAndWithoutHiddenStarts(t *testing.T) { holds(t, files) }

func TestNoTestSleeps(t *testing.T) { holds(t, sleeps) }

// packages says which packages have an empty name or no comment.
func packages(sources []source) (broken []string) {
	said := map[string]string{} // by folder: what the package comment begins with
	names := map[string]string{}
	program := map[string]bool{}
	for _, s := range sources {
		program[s.dir] = program[s.dir] || !s.test
	}
	for _, s := range sources {
		if s.test && program[s.dir] { // in a folder of tests alone they count
			continue
		}
		name := strings.TrimSuffix(s.file.Name.Name, "_test")
		names[s.dir] = name
		if _, ok := said[s.dir]; !ok || s.file.Doc != nil {
			said[s.dir] = s.file.Doc.Text()
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(names)) {
		name := names[dir]
		if slices.Contains(emptyNames, name) || slices.Contains(emptyNames, path.Base(dir)) {
			broken = append(broken, fmt.Sprintf("%s: %q says nothing of what the package does: name it by its noun", dir, name))
		}
		begins := "Package " + name + " "
		if name == "main" {
			begins = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(said[dir], begins) {
			broken = append(broken, fmt.Sprintf("%s: no file has a package comment that begins with %q: it is the package's contract", dir, strings.TrimSpace(begins)))
		}
	}
	return broken
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

// files says which Go files are too long, run before main does, or are not finished.
func files(sources []source) (broken []string) {
	for _, s := range sources {
		if s.lines > mostLines {
			broken = append(broken, fmt.Sprintf("%s has %d lines, more than %d: it tells more than one thing", s.name, s.lines, mostLines))
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				broken = append(broken, fmt.Sprintf("%s: init runs unasked: let the caller make what it needs", s.at(f.Pos())))
			}
		}
		for _, g := range s.file.Comments {
			if m := unfinished.FindString(g.Text()); m != "" {
				broken = append(broken, fmt.Sprintf("%s: %s: finish it, or write an issue", s.at(g.Pos()), m))
			}
		}
	}
	return broken
}

func TestNothingElseIsLeftUnfinished(t *testing.T) {
	broken, err := leftUnfinished(project())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// leftUnfinished looks through what is not Go: styles, scripts, templates, SQL.
func leftUnfinished(tree fs.FS) (broken []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name != "." && strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata" || e.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".css", ".js", ".mjs", ".html", ".sql", ".sh", ".yaml", ".yml"}, path.Ext(name)) {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if m := unfinished.Find(text); m != nil {
			broken = append(broken, fmt.Sprintf("%s: %s: finish it, or write an issue", name, m))
		}
		return nil
	})
	return broken, err
}

// sleeps says which tests wait for time to pass. Inside synctest.Test the time that
// passes is the bubble's, and nobody waits.
func sleeps(sources []source) (broken []string) {
	for _, s := range sources {
		if !s.test {
			continue
		}
		var bubbles []ast.Node
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isCall(call, s.alias("testing/synctest"), "Test") {
				bubbles = append(bubbles, call)
			}
			return true
		})
		s.uses("time", func(name string, at token.Pos) {
			inside := slices.ContainsFunc(bubbles, func(b ast.Node) bool { return b.Pos() <= at && at < b.End() })
			if name == "Sleep" && !inside {
				broken = append(broken, fmt.Sprintf("%s sleeps: move a testkit.Clock, wait on a channel, or use synctest", s.at(at)))
			}
		})
	}
	return broken
}

func isCall(call *ast.CallExpr, alias, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || alias == "" {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == alias && sel.Sel.Name == name
}

func TestAPackageThatDoesNotSayWhatItIsIsFound(t *testing.T) {
	fails(t, packages, map[string]string{
		"internal/utils/a.go":        "// Package utils is all sorts.\npackage utils",
		"internal/mail/a.go":         "package mail",
		"internal/mail/b.go":         "// Package mail is the mail of the service.\npackage mail",
		"internal/dial/a.go":         "// This goes out.\npackage dial",
		"internal/limit/a.go":        "package limit",
		"internal/limit/a_test.go":   "// Package limit is limited.\npackage limit",
		"cmd/keyback/a.go":           "// Command keyback is the program.\npackage main",
		"test/stories/a_test.go":     "// Package stories is the product told.\npackage stories_test",
		"test/stories/b_test.go":     "package stories_test",
		"internal/common/web/a.go":   "// Package web is fine.\npackage web",
		"internal/account/models.go": "// Package account is accounts.\npackage account",
	}, `"utils" says nothing`, "internal/dial: no file", "internal/limit: no file")
}

func TestALongAnUnfinishedAndAnUnaskedFileAreFound(t *testing.T) {
	fails(t, files, map[string]string{
		"a/long.go":  "package a\n" + strings.Repeat("\n", mostLines),
		"a/init.go":  "package a\nfunc init() {}\ntype t struct{}\nfunc (t) init() {}",
		"a/todo.go":  "package a\n// f is a stub.\n// " + "TO" + "DO: write it.\nfunc f() {}\nconst word = \"TODO\"",
		"a/short.go": "package a\n" + strings.Repeat("\n", mostLines-1),
	}, "a/long.go has 601", "a/init.go:2", "a/todo.go:2")
	broken, err := leftUnfinished(fstest.MapFS{
		"web/a.css":              {Data: []byte("/* FIXME */")},
		"web/b.css":              {Data: []byte("/* fix me */")},
		"node_modules/x/a.js":    {Data: []byte("// TODO")},
		"internal/testdata/a.js": {Data: []byte("// TODO")},
	})
	if err != nil || len(broken) != 1 || !strings.HasPrefix(broken[0], "web/a.css") {
		t.Errorf("%v, %v", broken, err)
	}
}

func TestATestThatSleepsIsFound(t *testing.T) {
	fails(t, sleeps, map[string]string{
		"a/a_test.go": "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }",
		"a/b_test.go": "package a\nimport (\"testing/synctest\"; \"time\")\nfunc f() { synctest.Test(nil, func(t *testing.T) { time.Sleep(1) }); time.Sleep(2) }",
		"a/c.go":      "package a\nimport \"time\"\nfunc f() { time.Sleep(1) }",
		"a/d_test.go": "package a\nimport \"time\"\nvar d = time.Second",
	}, "a/a_test.go:3 sleeps", "a/b_test.go:3 sleeps")
}
