package httpdir_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"keyback/internal/account"
	"keyback/internal/account/directorytest"
	"keyback/internal/account/httpdir"
	"keyback/internal/demo/acme"
	"keyback/internal/testkit"
)

// contract is docs/directory.yaml as far as these tests read it.
type contract struct {
	OpenAPI string
	Paths   map[string]struct {
		Post struct {
			OperationID string `yaml:"operationId"`
			Summary     string
			RequestBody message            `yaml:"requestBody"`
			Responses   map[string]message `yaml:"responses"`
		}
	}
}

type message struct {
	Description string
	Content     map[string]struct {
		Schema   reference
		Examples map[string]struct{ Value any }
	}
}

type reference struct {
	Ref string `yaml:"$ref"`
}

// document reads the file twice: as the contract, and as the resource in which
// its schemas are found.
func document(t *testing.T) (contract, *jsonschema.Compiler) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/directory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	var whole any
	for _, out := range []any{&c, &whole} {
		if err := yaml.Unmarshal(text, out); err != nil {
			t.Fatal(err)
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("directory.yaml", asJSON(t, whole)); err != nil {
		t.Fatal(err)
	}
	return c, compiler
}

// asJSON makes of a value what encoding/json would read.
func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func fits(t *testing.T, compiler *jsonschema.Compiler, what string, schema reference, value any) {
	t.Helper()
	compiled, err := compiler.Compile("directory.yaml" + schema.Ref)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := compiled.Validate(asJSON(t, value)); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestEveryExampleOfTheContractKeepsIt(t *testing.T) {
	c, compiler := document(t)
	if !strings.HasPrefix(c.OpenAPI, "3.1.") || len(c.Paths) != 5 {
		t.Fatalf("OpenAPI %q with %d paths", c.OpenAPI, len(c.Paths))
	}
	n := 0
	for path, p := range c.Paths {
		if p.Post.OperationID == "" || p.Post.Summary == "" || p.Post.Responses["200"].Description == "" {
			t.Errorf("%s lacks its name, summary or answer", path)
		}
		for status, m := range with(p.Post.Responses, "request", p.Post.RequestBody) {
			for kind, content := range m.Content {
				for name, example := range content.Examples {
					fits(t, compiler, fmt.Sprintf("%s %s %s, example %s", path, status, kind, name), content.Schema, example.Value)
					n++
				}
			}
		}
	}
	if n < 16 {
		t.Errorf("only %d examples", n)
	}
}

func with[V any](m map[string]V, key string, value V) map[string]V {
	all := maps.Clone(m)
	all[key] = value
	return all
}

// TestWhatIsReallySaidKeepsTheContract records Keyback and Acme talking.
func TestWhatIsReallySaidKeepsTheContract(t *testing.T) {
	c, compiler := document(t)
	heard := map[string]bool{}
	clock := testkit.NewClock()
	app := shop(t, clock, []directorytest.Account{{Name: "maria", Emails: []string{"maria@example.com"}, Language: "de"}, {Name: "tom"}})
	d := directory(t, clock, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(asked))
		answer := httptest.NewRecorder()
		app.ServeHTTP(answer, r)
		path, status := strings.TrimPrefix(r.URL.Path, "/keyback"), fmt.Sprint(answer.Code)
		operation := c.Paths[path].Post
		fits(t, compiler, "request "+path, operation.RequestBody.Content["application/json"].Schema, json.RawMessage(asked))
		content, ok := operation.Responses[status].Content[answer.Header().Get("Content-Type")]
		if !ok {
			t.Errorf("%s answers %s as %q", path, status, answer.Header().Get("Content-Type"))
		}
		fits(t, compiler, "answer "+path, content.Schema, json.RawMessage(answer.Body.Bytes()))
		heard[path+" "+status] = true
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	converse(t, d, clock)
	want := []string{"/change 200", "/change 409", "/change 422", "/change/state 200", "/check 200", "/find 200", "/sessions/end 200"}
	if got := slices.Sorted(maps.Keys(heard)); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func converse(t *testing.T, d *httpdir.Directory, clock *testkit.Clock) {
	t.Helper()
	ctx, later := context.Background(), clock.Now().Add(72*time.Hour)
	for _, q := range []account.Query{{Address: "MARIA@example.com"}, {Name: "tom"}, {ID: "cust_0"}, {Name: "nobody"}} {
		for _, password := range []string{directorytest.Password, "wrong", ""} {
			if _, _, err := d.Check(ctx, q, password); err != nil {
				t.Error(err)
			}
		}
		if _, err := d.Find(ctx, q); err != nil {
			t.Error(err)
		}
	}
	for _, change := range []account.Change{
		{Key: "rec_1", Account: "cust_0", Password: "a new one for Maria", RecoveredUntil: later},
		{Key: "rec_2", Account: "cust_0", Unlock: true},
		{Key: "stop_1", Account: "cust_0", Freeze: later},
		{Key: "rec_3", Account: "cust_gone", Unlock: true},
	} {
		if _, err := d.Change(ctx, change); err != nil {
			t.Error(err)
		}
		if _, err := d.Applied(ctx, change.Key); err != nil {
			t.Error(err)
		}
	}
	for _, change := range []account.Change{{Key: "rec_1", Account: "cust_1", Unlock: true}, {Key: "rec_4", Account: "cust_1", Password: "acme acme acme"}} {
		if _, err := d.Change(ctx, change); err == nil {
			t.Errorf("%+v went through", change)
		}
	}
	if _, err := d.Applied(ctx, "rec_never"); err != nil {
		t.Error(err)
	}
	if _, err := d.Find(ctx, account.Query{ID: "cust_0"}); err != nil {
		t.Error(err)
	}
	if err := d.EndSessions(ctx, "cust_0"); err != nil {
		t.Error(err)
	}
}

func TestTheCommandInTheDocumentIsAnsweredByAcme(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	text, err := os.ReadFile("../../../docs/directory.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```sh\n")
	command, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("the document has no command")
	}
	app, err := acme.New(acme.Options{RecoverURL: "http://127.0.0.1/recover", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	defer server.Close()
	run := exec.CommandContext(t.Context(), "sh", "-eu", "-c", command)
	run.Env = append(os.Environ(), "URL="+server.URL+"/keyback", "SECRET="+secret, "NO_PROXY=*")
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"email":"maria@example.com"`) {
		t.Errorf("%v: %s", err, out)
	}
}
