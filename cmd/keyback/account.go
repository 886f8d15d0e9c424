package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"strings"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/fault"
	"keyback/internal/server"
)

// accountCommand works on the local directory. Every act leaves a leaf in the
// record, and the holder is told.
//
//	keyback account add maria --email maria@example.com --password -
type accountCommand struct {
	Add    addAccount    `cmd:"" help:"Add an account."`
	Show   showAccount   `cmd:"" help:"Show one account."`
	List   listAccounts  `cmd:"" help:"List accounts in the order of their names."`
	Lock   lockAccount   `cmd:"" help:"Lock an account until it is unlocked here."`
	Unlock unlockAccount `cmd:"" help:"Lift any lock of an account."`
}

type addAccount struct {
	config
	Account  string   `arg:"" help:"The user name."`
	Email    []string `help:"A confirmed address; the first is the primary one." required:""`
	Password string   `help:"The password; - reads a line from standard input. Without one, only a recovery lets anybody in."`
	Language string   `help:"The language of letters, such as de."`
}

type showAccount struct {
	config
	Account string `arg:"" help:"Its name, address or id."`
}

type listAccounts struct {
	config
	After string `help:"Begin after this name."`
	Most  int    `help:"How many." default:"50"`
}

type (
	lockAccount   showAccount
	unlockAccount showAccount
)

// Run adds.
func (c *addAccount) Run(ctx context.Context, io *console) error {
	password, err := line(c.Password)
	if err != nil {
		return err
	}
	return with(ctx, c.config, io, func(s *server.Server) error {
		e := local.Entry{Name: c.Account, Password: password, Language: c.Language}
		for _, address := range c.Email {
			// An operator who enters an address vouches for it: it is not young.
			e.Emails = append(e.Emails, local.Email{Address: address, Since: s.DB.Now().Add(-account.YoungFor)})
		}
		a, err := s.AddAccount(ctx, e, operator())
		if err != nil {
			return err
		}
		return show(ctx, io, s, a.ID)
	})
}

// Run shows.
func (c *showAccount) Run(ctx context.Context, io *console) error {
	return one(ctx, c.config, io, c.Account, func(s *server.Server, id account.ID) error { return show(ctx, io, s, id) })
}

// Run lists.
func (c *listAccounts) Run(ctx context.Context, io *console) error {
	return with(ctx, c.config, io, func(s *server.Server) error {
		all, err := s.Local.List(ctx, c.After, c.Most)
		if err != nil {
			return err
		}
		for _, d := range all {
			if err := io.account(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run locks.
func (c *lockAccount) Run(ctx context.Context, io *console) error {
	return one(ctx, c.config, io, c.Account, func(s *server.Server, id account.ID) error {
		if err := s.LockAccount(ctx, id, operator()); err != nil {
			return err
		}
		return show(ctx, io, s, id)
	})
}

// Run unlocks.
func (c *unlockAccount) Run(ctx context.Context, io *console) error {
	return one(ctx, c.config, io, c.Account, func(s *server.Server, id account.ID) error {
		if err := s.UnlockAccount(ctx, id, operator()); err != nil {
			return err
		}
		return show(ctx, io, s, id)
	})
}

// with opens the server's parts for one act. Letters it leaves go out with the
// server that runs.
func with(ctx context.Context, c config, io *console, do func(*server.Server) error) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	o.Log = slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.New(ctx, o)
	if err != nil {
		return err
	}
	if s.Local == nil {
		return errors.Join(fault.New(fault.Refused, "the accounts live in the application's own directory").Hint("look there"), s.Close())
	}
	return errors.Join(do(s), s.Close())
}

// one finds the account that is meant and does something with it.
func one(ctx context.Context, c config, io *console, named string, do func(*server.Server, account.ID) error) error {
	return with(ctx, c, io, func(s *server.Server) error {
		if strings.HasPrefix(named, "acc_") {
			return do(s, account.ID(named))
		}
		q, err := account.ParseLogin(named)
		if err != nil {
			return err
		}
		found, err := s.Local.Find(ctx, q)
		if err != nil {
			return err
		}
		switch kept, _ := account.Match(q, found); len(kept) {
		case 1:
			return do(s, kept[0].ID)
		case 0:
			return fault.New(fault.NotFound, "there is no account "+named).Hint("keyback account list")
		default:
			return fault.New(fault.Invalid, "several accounts have the address "+named).Hint("name one by its user name")
		}
	})
}

func show(ctx context.Context, io *console, s *server.Server, id account.ID) error {
	d, err := s.Local.Show(ctx, id)
	if err != nil {
		return err
	}
	return io.account(d)
}

// shown is an account in JSON.
type shown struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Addresses   []string  `json:"addresses"`
	Protection  string    `json:"protection"`
	Lock        string    `json:"lock"`
	Language    string    `json:"language,omitempty"`
	HasPassword bool      `json:"has_password"`
	Created     time.Time `json:"created"`
}

func (c *console) account(d local.Details) error {
	v := shown{
		ID: string(d.ID), Name: d.Name, Addresses: []string{}, Protection: d.Protection.String(), Lock: d.Lock.String(),
		Language: d.Language, HasPassword: d.HasPassword, Created: d.Created,
	}
	for _, a := range d.Addresses {
		v.Addresses = append(v.Addresses, a.Email)
	}
	if c.json {
		return json.NewEncoder(c.out).Encode(v)
	}
	_, err := fmt.Fprintf(c.out, "%s  %s  %s  %s, lock: %s\n", v.ID, v.Name, strings.Join(v.Addresses, " "), v.Protection, v.Lock)
	return err
}

// operator is who sits at the command line, as the record names them.
func operator() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
