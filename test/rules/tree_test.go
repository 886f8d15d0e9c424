// Package rules holds what keeps the shape of the project: who may import whom, who
// may write which table, what files look like. A rule is a table or a line here, with
// its reason, and fails as a test. Each checker is itself tested on small sources that
// break it.
//
// Sources are read, not built, so the rules hold for files of every platform and say
// what is wrong with a tree that does not compile.
package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "keyback/"

// source is one Go file.
type source struct {
	dir   string // of its package, below the project's folder; "." for that itself
	name  string // with dir
	test  bool
	lines int
	file  *ast.File
	fset  *token.FileSet
}

// at is a place in the file, for a message.
func (s source) at(p token.Pos) string {
	return s.name + ":" + strconv.Itoa(s.fset.Position(p).Line)
}

// imports are the paths the file imports; those of this module without its name.
func (s source) imports() (paths []string) {
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			panic(err) // the parser let it through
		}
		paths = append(paths, strings.TrimPrefix(p, module))
	}
	return paths
}

// alias is what the file calls the package of an import path; empty if it does not
// import it.
func (s source) alias(importPath string) string {
	for _, i := range s.file.Imports {
		if i.Path.Value != strconv.Quote(importPath) {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

// uses calls found for every mention of a name of an imported package, such as
// os.Getenv.
func (s source) uses(importPath string, found func(name string, at token.Pos)) {
	alias := s.alias(importPath)
	if alias == "" {
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == alias && x.Obj == nil {
				found(sel.Sel.Name, sel.Pos())
			}
		}
		return true
	})
}

// read parses every Go file below a folder, but for other modules, test data and what
// npm installed.
func read(tree fs.FS) (sources []source, err error) {
	fset := token.NewFileSet()
	err = fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			_, foreign := fs.Stat(tree, path.Join(name, "go.mod"))
			hidden := strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_") || e.Name() == "testdata" || e.Name() == "node_modules"
			if name != "." && (foreign == nil || hidden) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		sources = append(sources, source{
			dir: path.Dir(name), name: name, test: strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(text), "\n"), file: file, fset: fset,
		})
		return nil
	})
	return sources, err
}

// project is the tree that the tests run in.
func project() fs.FS { return os.DirFS("../..") }

// within says whether a package, or an import path, is one of those that a pattern
// means: "internal/db" alone, or "internal/web/..." with all below it.
func within(name string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		base, below := strings.CutSuffix(p, "/...")
		return p == "..." || name == base || below && strings.HasPrefix(name, base+"/")
	})
}

// holds fails the test for each thing that breaks a rule in the project.
func holds(t *testing.T, check func([]source) []string) {
	t.Helper()
	sources, err := read(project())
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 50 {
		t.Fatalf("only %d Go files were found", len(sources))
	}
	for _, broken := range check(sources) {
		t.Error(broken)
	}
}

// fails checks small files, by name and text, and wants one message for each of the
// words, with the word in it, and no other.
func fails(t *testing.T, check func([]source) []string, files map[string]string, words ...string) {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	sources, err := read(tree)
	if err != nil {
		t.Fatal(err)
	}
	got := check(sources)
	if len(got) != len(words) {
		t.Errorf("%d messages, want %d:\n%s", len(got), len(words), strings.Join(got, "\n"))
	}
	for _, w := range words {
		if !slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, w) }) {
			t.Errorf("no message says %q:\n%s", w, strings.Join(got, "\n"))
		}
	}
}
