package bench_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"keyback/internal/bench"
	"keyback/internal/testkit"
)

// What each measurement must tell. Nothing here asks how fast: other things run.
var told = map[string][]string{
	"start":   {"started", "last request to last mail", "server CPU a recovery", "load and sink", "others on this machine"},
	"mail":    {"request to mail p50", "request to mail p99"},
	"flow":    {"flows", "flows that hashes allow", "of what hashes allow"},
	"neutral": {"request: |t|", "code entry: AUC", "status page: AUC", "first event: |t|", "sign-in: pairs that differ in a byte"},
	"idle":    {"start to ready", "idle memory", "binary"},
}

func TestEachMeasurementRunsAndTellsItsFigures(t *testing.T) {
	program := filepath.Join(t.TempDir(), "keyback")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "keyback/cmd/keyback").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, address := range map[string]string{"SQLite": "", "PostgreSQL": os.Getenv(testkit.PostgresURL)} {
		t.Run(name, func(t *testing.T) {
			if name == "PostgreSQL" && address == "" {
				t.Skip(testkit.PostgresURL + " is not set")
			}
			measure(t, program, name, address)
		})
	}
}

func measure(t *testing.T, program, name, address string) {
	command := exec.CommandContext(t.Context(), program, "--json", "bench", "all", "--db", address, "--seconds", "1", "--runs", "1",
		"--clients", "2", "--accounts", "2000", "--pairs", "10", "--sign-ins", "2", "--rest", "1")
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var r bench.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if r.At.IsZero() || r.Machine.Processors == 0 || r.Machine.Kernel == "" || r.Machine.Go == "" {
		t.Errorf("the machine is %+v", r.Machine)
	}
	for i, m := range r.Measurements {
		if m.Name != bench.Names[i] || !strings.HasPrefix(m.Database, name) || m.Before == "" {
			t.Errorf("%s on %s, load %q", m.Name, m.Database, m.Before)
		}
		for _, figure := range told[m.Name] {
			j := slices.IndexFunc(m.Figures, func(f bench.Figure) bool { return f.Name == figure })
			if j < 0 {
				t.Errorf("%s does not tell %q", m.Name, figure)
				continue
			}
			if f := m.Figures[j]; len(f.Runs) != 1 || f.Least > f.Median || f.Median > f.Most || (f.Target == nil) != (f.Met == nil) {
				t.Errorf("%s: %+v", m.Name, f)
			}
		}
		for _, f := range m.Figures { // bytes do not depend on what else runs
			if strings.HasSuffix(f.Name, "differ in a byte") && f.Median != 0 {
				t.Errorf("%s: %v; %q", f.Name, f.Median, m.Notes)
			}
		}
	}
	if len(r.Measurements) != len(bench.Names) {
		t.Errorf("%d measurements", len(r.Measurements))
	}
}
