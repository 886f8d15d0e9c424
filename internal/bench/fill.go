package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/server"
)

// password is what every account of the bench has; newPassword is what a flow sets.
const (
	password    = "harbour lantern tide 41"
	newPassword = "quarry violet compass 77"
)

// The n-th account and its twin that is not there. They differ in one letter, so
// that they have one length and spread alike over any index.
func known(n int) string    { return fmt.Sprintf("a%06d", n) }
func unknown(n int) string  { return fmt.Sprintf("b%06d", n) }
func at(name string) string { return name + "@people.example" }

// same is a Hasher that made its one hash beforehand: filling is no measurement.
type same struct {
	local.Hasher
	encoded string
}

func (s same) Hash(context.Context, string) (string, error) { return s.encoded, nil }

// fill migrates a database and adds n accounts to it.
func fill(ctx context.Context, n int, o server.Options) error {
	o.Log = slog.New(slog.DiscardHandler)
	s, err := server.New(ctx, o)
	if err != nil {
		return err
	}
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	people := local.New(local.Options{DB: s.DB, Hasher: same{s.Hasher, encoded}})
	since := s.DB.Now().Add(-account.YoungFor - time.Hour)
	var next atomic.Int64
	failed := make(chan error, 16)
	var adding sync.WaitGroup
	for range cap(failed) {
		adding.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				e := local.Entry{Name: known(i), Emails: []local.Email{{Address: at(known(i)), Since: since}}, Password: password}
				if _, err := people.Add(ctx, e, nil); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	adding.Wait()
	close(failed)
	return errors.Join(<-failed, ctx.Err(), s.Close())
}
