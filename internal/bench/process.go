package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// process is the server as a process of its own.
type process struct {
	command *exec.Cmd
	log     *os.File
	host    string        // of the pages
	ready   time.Duration // from its start to the first good answer of /readyz
	ended   chan error
}

const readyWithin = 30 * time.Second

// run starts the server on free ports and waits until it is ready. A port that was
// free may be somebody else's a moment later, so it tries a few times.
func run(ctx context.Context, program, args []string, logFile string) (p *process, err error) {
	for range 3 {
		if p, err = runOnce(ctx, program, args, logFile); err == nil || ctx.Err() != nil {
			return p, err
		}
	}
	return nil, err
}

// runOnce gives the server no settings but the arguments.
func runOnce(ctx context.Context, program, args []string, logFile string) (_ *process, err error) {
	pages, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	ops, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{host: pages, ended: make(chan error, 1)}
	if p.log, err = os.Create(logFile); err != nil {
		return nil, err
	}
	args = slices.Concat(program[1:], args, []string{"--base-url", "http://" + pages, "--listen", pages, "--ops-listen", ops})
	p.command = exec.CommandContext(ctx, program[0], args...) //nolint:gosec // this very program
	p.command.Stdout, p.command.Stderr = p.log, p.log
	p.command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "KEYBACK_") })
	begun := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(err, p.log.Close())
	}
	go func() { p.ended <- p.command.Wait() }()
	if err := p.waitReady(ctx, ops, begun); err != nil {
		said, _ := os.ReadFile(logFile)
		return nil, errors.Join(fmt.Errorf("%w; it said:\n%s", err, said), p.stop())
	}
	return p, nil
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", baseHost+":0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (p *process) waitReady(ctx context.Context, ops string, begun time.Time) error {
	for every := time.NewTicker(time.Millisecond); ; {
		if c, err := call(ctx, ops); err == nil {
			_, err = c.do(request{path: "/readyz"}, 200)
			c.close()
			if err == nil {
				p.ready = time.Since(begun)
				every.Stop()
				return nil
			}
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("the server ended: %w", err)
		case <-every.C:
		}
		if time.Since(begun) > readyWithin {
			return errors.New("the server was not ready within 30 s")
		}
	}
}

func (p *process) pid() int { return p.command.Process.Pid }

// stop asks the server to end and waits; one that does not is killed.
func (p *process) stop() error {
	defer p.log.Close()
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-p.ended:
		if err != nil {
			return fmt.Errorf("the server ended badly: %w", err)
		}
		return nil
	case <-time.After(readyWithin):
		return errors.Join(errors.New("the server did not end within 30 s"), p.command.Process.Kill())
	}
}
