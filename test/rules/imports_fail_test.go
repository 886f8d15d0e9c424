package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestABannedImportIsFound(t *testing.T) {
	for _, c := range []struct{ file, imports, says string }{
		{"internal/policy/a.go", "keyback/internal/db", "pure packages stand on nothing"},
		{"internal/record/tree/a.go", "os", "pure packages touch no"},
		{"internal/token/a.go", "database/sql", "pure packages touch no"},
		{"internal/record/a.go", "modernc.org/sqlite", "chooses the database drivers"},
		{"internal/db/a.go", "github.com/jackc/pgx/v5/stdlib", "chooses the database drivers"},
		{"internal/hook/a.go", "github.com/riverqueue/river", "knows River"},
		{"internal/mail/deliver/a.go", "keyback/internal/db", "cannot hold a transaction"},
		{"internal/account/ldapdir/a.go", "keyback/internal/db", "cannot hold a transaction"},
		{"internal/web/claimant/a.go", "keyback/internal/db", "through the domain packages"},
		{"internal/web/parts/a.go", "keyback/internal/api", "two doors"},
		{"internal/api/a.go", "keyback/internal/web/parts", "two doors"},
		{"internal/recovery/a.go", "keyback/internal/desk", "the desk asks recovery"},
		{"internal/mail/queue/a.go", "keyback/internal/record", "Compose and Fate"},
		{"internal/mail/a.go", "keyback/internal/recovery", "Compose and Fate"},
		{"internal/credential/a.go", "flag", "Options struct"},
		{"internal/account/a.go", "keyback/internal/testkit", "out of the program"},
		{"internal/recovery/a.go", "keyback/internal/smtpsink", "no part of the service"},
		{"internal/web/holder/a.go", "keyback/internal/server", "what starts a Keyback"},
		{"internal/demo/acme/a.go", "keyback/internal/fault", "somebody else"},
		{"client/a.go", "keyback/internal/fault", "others import"},
		{"internal/limit/a.go", "math/rand", "crypto/rand makes secrets"},
	} {
		fails(t, imports, map[string]string{c.file: `package a; import _ "` + c.imports + `"`}, c.says)
	}
}

func TestAnImportThatIsAllowedIsNotFound(t *testing.T) {
	fails(t, imports, map[string]string{
		"internal/policy/a.go":           `package policy; import (_ "keyback/internal/fault"; _ "net/url"; _ "time")`,
		"internal/policy/a_test.go":      `package policy; import (_ "os"; _ "testing"; _ "keyback/internal/testkit")`,
		"cmd/keyback/a.go":               `package main; import (_ "modernc.org/sqlite"; _ "flag"; _ "keyback/internal/server"; _ "keyback/internal/demo/walk")`,
		"internal/testkit/stage/a.go":    `package stage; import (_ "testing"; _ "keyback/internal/server"; _ "keyback/internal/smtpsink")`,
		"internal/web/claimant/a.go":     `package claimant; import (_ "keyback/internal/recovery"; _ "keyback/internal/web/parts")`,
		"internal/mail/queue/a.go":       `package queue; import (_ "keyback/internal/mail"; _ "keyback/internal/db")`,
		"internal/account/sqldir/a.go":   `package sqldir; import _ "database/sql"`,
		"node_modules/x/a.go":            `package x; import _ "unsafe"`,
		"tools/go.mod":                   `module keyback/tools`,
		"tools/a.go":                     `package tools; import _ "unsafe"`,
		"internal/db/testdata/bad/a.go":  `package bad; import _ "unsafe"`,
		"internal/account/httpdir/a.go":  `package httpdir; import (_ "net/http"; _ "keyback/internal/account")`,
		"internal/recordkeeping/none.go": `package recordkeeping; import _ "keyback/internal/record"`,
	})
}

func TestAnImportUpwardAndAPackageWithoutAPlaceAreFound(t *testing.T) {
	fails(t, downward, map[string]string{
		"internal/db/a.go":            `package db; import _ "keyback/internal/mail"`,
		"internal/account/a.go":       `package account; import (_ "keyback/internal/recovery"; _ "keyback/internal/policy")`,
		"internal/fault/a.go":         `package fault; import _ "keyback/internal/token"`,
		"internal/account/local/a.go": `package local; import _ "keyback/internal/account/directorytest"`,
		"internal/brand/a.go":         `package brand`,
		"internal/recovery/a.go":      `package recovery; import (_ "keyback/internal/mail/letter"; _ "strings")`,
		"internal/recovery/a_test.go": `package recovery; import _ "keyback/internal/server"`,
	}, "internal/db/a.go imports internal/mail,", "account/a.go imports internal/recovery", "fault/a.go imports internal/token", "directorytest", "internal/brand/a.go: its package has no place")
}

func TestEveryBanAndLayerNamesSomethingOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range layers {
		for _, p := range l {
			if seen[p] {
				t.Errorf("%s stands twice in the layers", p)
			}
			seen[p] = true
		}
	}
	for _, b := range bans {
		if len(b.whom) == 0 || len(b.what) == 0 || strings.TrimSpace(b.why) == "" || slices.Contains(b.what, "...") {
			t.Errorf("a ban without whom, what or why: %+v", b)
		}
	}
}
