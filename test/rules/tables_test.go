package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// A table has one package that writes it, so that its rules are in one place. Who
// reads is free. The tables are those of the migrations; who writes them is read from
// the texts of SQL in the program, so a table's name stands in the text, always.

var (
	creates = regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	writes  = regexp.MustCompile(`(?i)\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE)\s+(\w+)(\s+(?:AS\s+)?\w+)?(\s+SET\b)?`)
	cut     = regexp.MustCompile(`\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE)\s+\x00`)
)

func TestEveryTableHasOneWritingPackage(t *testing.T) {
	tree := project()
	tables, err := created(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 10 {
		t.Fatalf("only %d tables were found", len(tables))
	}
	holds(t, func(sources []source) []string { return oneWriter(sources, tables) })
}

// created are the tables of the migrations, each with the file that makes it.
func created(tree fs.FS) (map[string]string, error) {
	tables := map[string]string{}
	files, err := fs.Glob(tree, "internal/db/migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		text, err := fs.ReadFile(tree, f)
		if err != nil {
			return nil, err
		}
		for _, m := range creates.FindAllStringSubmatch(string(text), -1) {
			name := strings.ToLower(m[1])
			if other, twice := tables[name]; twice {
				return nil, fmt.Errorf("%s makes table %s, which %s makes", f, name, other)
			}
			tables[name] = f
		}
	}
	return tables, nil
}

func oneWriter(sources []source, tables map[string]string) (broken []string) {
	writers := map[string]map[string]string{} // table, package, a place
	for _, s := range sources {
		if s.test || within(s.dir, "test/...", "internal/testkit/...") {
			continue
		}
		texts(s, func(text string, at token.Pos) {
			if cut.MatchString(text) {
				broken = append(broken, fmt.Sprintf("%s: the name of the table that this writes is not in the text: write it there, so that one can look for it", s.at(at)))
			}
			for _, table := range written(text, tables) {
				if writers[table] == nil {
					writers[table] = map[string]string{}
				}
				writers[table][s.dir] = s.at(at)
			}
		})
	}
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		switch by := writers[table]; {
		case len(by) == 0:
			broken = append(broken, fmt.Sprintf("%s: no package writes table %s: make a table when its first real code is written", tables[table], table))
		case len(by) > 1:
			broken = append(broken, fmt.Sprintf("table %s is written in %s: let one package write it and the others call it", table, strings.Join(slices.Sorted(maps.Values(by)), " and ")))
		}
	}
	return broken
}

// written are the tables that a text of SQL writes. "UPDATE word" counts with a SET
// after it, or the word may be English.
func written(text string, tables map[string]string) (names []string) {
	for _, m := range writes.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[1])
		update := strings.HasPrefix(strings.ToUpper(m[0]), "UPDATE")
		set := m[3] != "" || strings.EqualFold(strings.TrimSpace(m[2]), "set")
		if _, is := tables[name]; is && (!update || set) {
			names = append(names, name)
		}
	}
	return names
}

// texts are the string constants of a file, joined ones as one, with "\x00" for what
// is joined in from a variable.
func texts(s source, found func(text string, at token.Pos)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text, whole := joined(e)
		if whole {
			found(text, e.Pos())
		}
		return !whole
	})
}

// joined is the text of a string literal, or of a sum with at least one in it.
func joined(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return joined(e.X)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, l := joined(e.X)
		right, r := joined(e.Y)
		if !l {
			left = "\x00"
		}
		if !r {
			right = "\x00"
		}
		return left + right, l || r
	}
	return "", false
}

func TestATableWithTwoWritersOrNoneIsFound(t *testing.T) {
	tree := fstest.MapFS{
		"internal/db/migrations/1.sql": {Data: []byte("CREATE TABLE session (a BIGINT);\ncreate table if not exists recovery (a BIGINT);")},
		"internal/db/migrations/2.sql": {Data: []byte("CREATE TABLE mail_trail (a BIGINT); CREATE TABLE spare (a BIGINT);")},
	}
	tables, err := created(tree)
	if err != nil || len(tables) != 4 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	fails(t, func(s []source) []string { return oneWriter(s, tables) }, map[string]string{
		"internal/session/a.go":       "package session\nconst q = `INSERT INTO session (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = $1`",
		"internal/recovery/a.go":      "package recovery\nconst q = `UPDATE recovery\n\tSET a = 1` + more\nconst r = `DELETE ` + `FROM session`\nconst english = `could not update session of mail_trail`",
		"internal/recovery/a_test.go": "package recovery\nconst q = `DELETE FROM mail_trail`",
		"internal/mail/a.go":          "package mail\nconst q = `UPDATE mail_trail AS m SET a = 1`\nvar reads = `SELECT a FROM session FOR UPDATE SKIP LOCKED`",
		"internal/mail/queue/a.go":    "package queue\nfunc f(table string) string { return `DELETE FROM ` + table + ` WHERE a = 1` }",
		"internal/testkit/a.go":       "package testkit\nconst q = `insert or replace into mail_trail (a) values (1)`",
	}, "table session is written in internal/recovery/a.go:4 and internal/session/a.go:2", "queue/a.go:2: the name of the table", "no package writes table spare")
}

func TestATableMadeTwiceIsFound(t *testing.T) {
	_, err := created(fstest.MapFS{
		"internal/db/migrations/1.sql": {Data: []byte("CREATE TABLE session (a BIGINT);")},
		"internal/db/migrations/2.sql": {Data: []byte("CREATE TABLE session (a BIGINT);")},
	})
	if err == nil {
		t.Error("nothing was said")
	}
}
