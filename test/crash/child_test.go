package crash

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keyback/internal/testkit"
)

// stand is one database with its keys, and what stays up around a server that dies.
type stand struct {
	t       *testing.T
	program string
	listen  string
	flags   []string // of every command: database and keys
	address string
	folder  string
	sink    *sink
}

func build(t *testing.T) string {
	t.Helper()
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "keyback")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/keyback")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func newStand(t *testing.T, program, address string) *stand {
	t.Helper()
	s := &stand{t: t, program: program, listen: free(t), address: address, folder: t.TempDir(), sink: newSink(t)}
	keys := []string{"--key", filepath.Join(s.folder, "keyback.key"), "--record-key", filepath.Join(s.folder, "record.key")}
	s.run(append([]string{"key", "create"}, keys...)...)
	s.flags = append([]string{"--db", address}, keys...)
	for n := range holders {
		s.run(append([]string{"account", "add", holder(n), "--email", holder(n) + "@example.com", "--password", "correct-horse-battery-staple"}, s.flags...)...)
	}
	return s
}

func holder(n int) string { return fmt.Sprintf("holder%d", n) }

// free is an address that nobody listens on, the same for every life.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run runs a command of the program to its end.
func (s *stand) run(args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), s.program, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("keyback %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// child is one life of the server.
type child struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has
	why     error         // after that: how
	mu      sync.Mutex
	log     bytes.Buffer
}

// start starts the server and returns when it listens.
func (s *stand) start(ctx context.Context) *child {
	s.t.Helper()
	c := &child{ended: make(chan struct{})}
	args := append([]string{
		"serve", "--listen", s.listen, "--ops-listen", "", "--base-url", "http://" + s.listen, "--relay", "smtp://" + s.sink.Addr(),
		"--workers", fmt.Sprint(workers), "--limit-subject", "1000000/1h", "--limit-network", "10000000/1h",
	}, s.flags...)
	c.command = exec.CommandContext(ctx, s.program, args...)
	said, err := c.command.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	serving := make(chan struct{})
	go c.listenTo(said, serving)
	select {
	case <-serving:
	case <-c.ended:
		s.t.Fatalf("the server does not start again: %v\n%s", c.why, c.said())
	case <-time.After(20 * time.Second):
		c.kill()
		s.t.Fatalf("the server does not get ready\n%s", c.said())
	}
	return c
}

func (c *child) listenTo(said io.Reader, serving chan<- struct{}) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		c.mu.Lock()
		fmt.Fprintln(&c.log, lines.Text())
		c.mu.Unlock()
		if serving != nil && strings.Contains(lines.Text(), "msg=serving") {
			close(serving)
			serving = nil
		}
	}
	c.why = c.command.Wait()
	close(c.ended)
}

func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.String()
}

// kill is kill -9, and waits for the end.
func (c *child) kill() {
	_ = c.command.Process.Kill() // one that ended by itself is found out by the next look
	<-c.ended
}

// stop is what an operator does.
func (c *child) stop(t *testing.T) {
	t.Helper()
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if <-c.ended; c.why != nil {
		t.Errorf("the server did not stop cleanly: %v\n%s", c.why, c.said())
	}
}
