package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"keyback/internal/record"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
)

// stand is all that one measurement needs: keys and a filled database of its own, a
// sink, and a server that runs.
type stand struct {
	o        Options
	folder   string
	database *database
	sink     *smtpsink.Sink
	server   *process
	notes    []string

	asked int // starts so far: each is of another network and, for long, of another address
}

const (
	keyFile       = "keyback.key"
	recordKeyFile = "record.key"
	baseHost      = "127.0.0.1"
	sender        = "account@bench.example"
)

func newStand(ctx context.Context, o Options, name string) (_ *stand, err error) {
	s := &stand{o: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.folder, err = os.MkdirTemp("", "keyback-bench-"); err != nil {
		return nil, err
	}
	key, err := seal.Create(s.file(keyFile))
	if err != nil {
		return nil, err
	}
	signer, err := record.CreateSigner(s.file(recordKeyFile), "bench.example/record")
	if err != nil {
		return nil, err
	}
	if s.database, err = freshDatabase(ctx, o.Database, s.file("keyback.db")); err != nil {
		return nil, err
	}
	if s.sink, err = smtpsink.Listen(smtpsink.Options{CountOnly: name != "flow", Keep: 64}); err != nil {
		return nil, err
	}
	s.say("%s: filling %s with %d accounts", name, s.database.engine(), o.Accounts)
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	err = fill(ctx, o.Accounts, server.Options{
		DatabaseURL: s.database.url, Name: "Bench", BaseURL: "http://" + baseHost, Key: key, Signer: signer, Relay: s.relay(), Sender: sender,
		Reach: []netip.Prefix{loopback},
	})
	if err != nil {
		return nil, err
	}
	return s, s.start(ctx, s.extra(name)...)
}

// extra are the settings that one measurement needs beside the ordinary ones.
func (s *stand) extra(name string) []string {
	if name != "neutral" && name != "flow" {
		return nil
	}
	s.note("the brake on all code entries together is raised, as more come in a minute than in most towns; its statement runs all the same")
	return []string{"--limit-brake", "1000000/1m"}
}

// start runs the server and waits until it is ready.
func (s *stand) start(ctx context.Context, extra ...string) (err error) {
	args := append([]string{
		"serve", "--db", s.database.url, "--key", s.file(keyFile), "--record-key", s.file(recordKeyFile),
		"--relay", s.relay(), "--sender", sender, "--proxy", "127.0.0.0/8", "--name", "Bench",
	}, slices.Concat(extra, s.o.Server)...)
	if s.o.Profile != "" {
		args = append(args, "--cpu-profile", s.o.Profile)
	}
	s.server, err = run(ctx, s.o.Command, args, s.file("server.log"))
	return err
}

func (s *stand) relay() string { return "smtp://" + s.sink.Addr() }

func (s *stand) file(name string) string { return filepath.Join(s.folder, name) }

func (s *stand) say(format string, args ...any) { fmt.Fprintf(s.o.Progress, format+"\n", args...) }

func (s *stand) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// explain adds what the server said last to an error.
func (s *stand) explain(err error) error {
	log, read := os.ReadFile(s.file("server.log"))
	if read != nil {
		return err
	}
	const most = 2000
	return fmt.Errorf("%w\nthe server's log ends with:\n%s", err, log[max(0, len(log)-most):])
}

func (s *stand) close() error {
	var err error
	if s.server != nil {
		err = s.server.stop()
	}
	if s.sink != nil {
		err = errors.Join(err, s.sink.Close())
	}
	if s.database != nil {
		err = errors.Join(err, s.database.drop())
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return err
}
