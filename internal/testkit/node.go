package testkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nodeTime is how long a script of test/browser may take, and nodeEnd how long it
// has to die once it is told to.
const (
	nodeTime = 3 * time.Minute
	nodeEnd  = 5 * time.Second
)

// Node runs a script of test/browser, which drives a real browser, with settings
// such as "BASE=http://127.0.0.1:8080". What it prints goes to the test's log as
// it comes; where it fails, so does the test, with the script's own words.
func Node(t testing.TB, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), nodeTime)
	defer cancel()
	if err := node(ctx, script, env, func(line string) { t.Log(line) }); err != nil {
		t.Fatal(err)
	}
}

func node(ctx context.Context, script string, env []string, say func(line string)) error {
	root, err := Root()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "test", "browser")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err != nil {
		return errors.New("the browser tests are not installed: run ./check once, or npm ci in test/browser")
	}
	c := exec.CommandContext(ctx, "node", script)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	// The browser is the script's child: they are started as one group and end as one.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = nodeEnd
	var said strings.Builder
	ended := make(chan error, 1)
	r, w := io.Pipe()
	c.Stdout, c.Stderr = w, w
	go func() { ended <- eachLine(r, &said, say) }()
	err = errors.Join(c.Run(), w.Close(), <-ended)
	if ctx.Err() != nil {
		return fmt.Errorf("%s did not end in time: %w\n%s", script, context.Cause(ctx), &said)
	}
	if err != nil {
		words := said.String()
		if at := strings.LastIndex(words, "fail: "); at >= 0 {
			words = words[at:]
		}
		return fmt.Errorf("%s: %w\n%s", script, err, words)
	}
	return nil
}

func eachLine(r io.Reader, said *strings.Builder, say func(string)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		say(lines.Text())
	}
	if err := lines.Err(); err != nil {
		_, _ = io.Copy(io.Discard, r) // else the script hangs on a full pipe
		return err
	}
	return nil
}
