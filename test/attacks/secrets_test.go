package attacks

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keyback/internal/db"
	"keyback/internal/demo/walk"
	"keyback/internal/server"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

// written is a log that many write to.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// dump is all that the database holds, by table and column.
func dump(t *testing.T, s *stage.Stage) map[string][]string {
	t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if s.Server.DB.Engine() == db.Postgres {
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	held := map[string][]string{}
	err := s.Server.DB.View(t.Context(), func(tx *db.Tx) error {
		names, err := texts(tx, tables)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := dumpTable(tx, name, held); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func texts(tx *db.Tx, query string) (all []string, err error) {
	rows, err := tx.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func dumpTable(tx *db.Tx, name string, held map[string][]string) error {
	rows, err := tx.Query(`SELECT * FROM ` + name)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				held[name+"."+columns[i]] = append(held[name+"."+columns[i]], string(v))
			case string:
				held[name+"."+columns[i]] = append(held[name+"."+columns[i]], v)
			}
		}
	}
	return rows.Err()
}

// shapes are the ways in which a secret may be written down.
func shapes(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))}
	if raw, err := base64.RawURLEncoding.DecodeString(secret); err == nil && len(raw) > 20 {
		all = append(all, string(raw))
	}
	return all
}

func TestNothingThatOpensSomethingIsWrittenDown(t *testing.T) {
	for _, place := range []string{"here", "at Acme"} {
		t.Run(place, func(t *testing.T) {
			var log written
			o := stage.Options{Acme: place == "at Acme", Loose: true, Change: func(o *server.Options) {
				o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			}}
			stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) { secretsOf(t, s, &log) })
		})
	}
}

func secretsOf(t *testing.T, s *stage.Stage, log *written) {
	const signedIn = "a quiet harbour at noon"
	if s.Acme == "" {
		s.Account("maria", "maria@example.com")
	}
	// A whole journey: code, resend, link, password, notice, sign-in, stop.
	v := s.Visitor()
	inbox := v.Ask("maria@example.com", "password")
	first := s.Letter("maria@example.com", "get back into", 1)
	try(t, s, v, inbox.URL.Path, wrong(first.Code))
	replies := []*walk.Page{inbox, v.Open(inbox.URL.Path)}
	s.Clock.Advance(61e9)
	v.Click(v.Open(inbox.URL.Path), "/resend")
	second := s.Letter("maria@example.com", "get back into", 2)
	other := s.Visitor()
	replies = append(replies, other.Open(second.Link), v.Fill(v.Open(inbox.URL.Path), "code", map[string]string{"code": second.Code}))
	passes := []string{cookie(s, other, "kb_pass"), cookie(s, v, "kb_pass")}
	replies = append(replies, do(t, other, "POST", s.URL+"/recover/open/password", map[string][]string{"password": {"short one"}}))
	done := do(t, other, "POST", s.URL+"/recover/open/password", map[string][]string{"password": {signedIn}})
	if !isSet(done) {
		t.Fatal(done.Text())
	}
	notice := s.Letter("maria@example.com", "password was changed", 1)
	place, ok := other.SignIn("maria", signedIn)
	if !ok {
		t.Fatal("the new password does not work")
	}
	replies = append(replies, done, place, other.Open(notice.Stop))
	secrets := map[string]string{
		"the first link": tokenOf(first.Link), "the second link": tokenOf(second.Link), "the stop link": tokenOf(notice.Stop), "the first code": first.Code, "the second code": second.Code,
		"the new password": signedIn, "the old password": stage.Password, "a refused password": "short one", "the browser's cookie": cookie(s, v, "kb_browser"), "the place's cookie": cookie(s, other, "kb_session"),
		"a pass": passes[0], "another pass": passes[1], "the stop cookie": cookie(s, other, "kb_stop"),
	}
	held := dump(t, s)
	if len(held) < 10 {
		t.Fatalf("the dump has only %d columns", len(held))
	}
	file := sqliteBytes(t, s)
	metrics := fetched(t, s.Ops+"/metrics")
	for what, secret := range secrets {
		if secret == "" {
			t.Errorf("%s is not there to look for", what)
			continue
		}
		for _, shape := range shapes(secret) {
			for column, values := range held {
				for _, value := range values {
					if strings.Contains(value, shape) {
						t.Errorf("%s stands in %s", what, column)
					}
				}
			}
			if bytes.Contains(file, []byte(shape)) {
				t.Errorf("%s stands in the database's file", what)
			}
			if strings.Contains(log.String(), shape) {
				t.Errorf("%s stands in the log", what)
			}
			if strings.Contains(metrics, shape) {
				t.Errorf("%s stands in the metrics", what)
			}
			for _, p := range replies {
				if strings.Contains(string(p.Body), shape) || strings.Contains(p.URL.String(), shape) {
					t.Errorf("%s stands in the page %s", what, p.URL.Path)
				}
			}
		}
	}
	for _, p := range replies {
		if p.Header.Get("Referrer-Policy") != "same-origin" || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be sent on or kept", p.URL.Path)
		}
	}
	if strings.Contains(metrics, "maria") || strings.Contains(log.String(), "maria@example.com") {
		t.Error("metrics or log name a person")
	}
}

// sqliteBytes are the bytes of the database as a backup would take them.
func sqliteBytes(t *testing.T, s *stage.Stage) (all []byte) {
	t.Helper()
	if s.Server.DB.Engine() != db.SQLite {
		return nil
	}
	var path string
	err := s.Server.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path)
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func fetched(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(b)
}

func TestALinksTokenLeavesTheAddressBarAtOnce(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	r := start(s, "victim@example.com", "victim@example.com", 1)
	for _, link := range []string{r.link, r.stop} {
		answer := wire(t, s, get(strings.TrimPrefix(link, s.URL)))
		if answer.status != 303 || answer.header.Get("Referrer-Policy") != "no-referrer" || answer.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", answer.status, answer.header)
		}
		if location := answer.header.Get("Location"); strings.Contains(location, tokenOf(link)) || !stays(location) {
			t.Errorf("it leads to %s", location)
		}
		for _, c := range answer.header.Values("Set-Cookie") {
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || strings.Contains(c, "Domain=") {
				t.Errorf("the cookie %s", c)
			}
		}
	}
}
