package server_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"keyback/internal/account/local"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/mail"
	"keyback/internal/record"
	"keyback/internal/recovery"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/testkit"
)

func options(t *testing.T) server.Options {
	t.Helper()
	signer, err := record.NewSigner("test.example/record")
	if err != nil {
		t.Fatal(err)
	}
	return server.Options{
		DatabaseURL: filepath.Join(t.TempDir(), "keyback.db"), BaseURL: "https://account.example.com", Key: seal.New(), Signer: signer,
		Name: "Acme", Relay: "smtp://127.0.0.1:1", Sender: "account@acme.example", Limits: recovery.DefaultLimits(),
		Log: slog.New(slog.NewTextHandler(testkit.Log(t), nil)),
	}
}

func TestAnOptionThatCannotBeIsRefusedAndLeavesNothingOpen(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, change := range map[string]func(*server.Options){
		"a base address with a path": func(o *server.Options) { o.BaseURL += "/recover" },
		"a base address that ends":   func(o *server.Options) { o.BaseURL += "/" },
		"another scheme":             func(o *server.Options) { o.BaseURL = "ftp://account.example.com" },
		"a relay that is none":       func(o *server.Options) { o.Relay = "http://mail.example.com" },
		"a sender that is none":      func(o *server.Options) { o.Sender = "account" },
		"an accent that is none":     func(o *server.Options) { o.Accent = "blue" },
		"a name that is none":        func(o *server.Options) { o.Name = "" },
		"a directory, no secret":     func(o *server.Options) { o.Directory = "https://acme.example/keyback" },
		"a folder that is not there": func(o *server.Options) { o.BreachFolder = filepath.Join(t.TempDir(), "nowhere") },
		"a schema left alone":        func(o *server.Options) { o.NoMigrate = true },
	} {
		o := options(t)
		change(&o)
		if s, err := server.New(t.Context(), o); err == nil {
			t.Errorf("%s was taken", name)
			_ = s.Close()
		} else if fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v %v", name, fault.KindOf(err), err)
		}
	}
}

func TestAServerEndsWhenItsContextDoesAndAListenerThatBreaksIsSaid(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := server.New(t.Context(), options(t))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = pages.Close()
	if err := s.Serve(t.Context(), pages, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a listener that is closed: %v", err)
	}

	if s, err = server.New(t.Context(), options(t)); err != nil {
		t.Fatal(err)
	}
	if pages, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, pages, nil) }()
	answer, err := http.Get("http://" + pages.Addr().String() + "/recover")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("a stop that was asked for: %v", err)
	}
	if err := s.DB.Ping(context.Background()); err == nil {
		t.Error("the database is still open")
	}
}

func TestAnOperatorsActsLeaveALeafAndTellEveryAddress(t *testing.T) {
	testkit.EachAddress(t, func(t *testing.T, address string) {
		o := options(t)
		o.DatabaseURL = address
		s, err := server.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		maria, err := s.AddAccount(t.Context(), local.Entry{Name: "maria", Emails: []local.Email{{Address: "maria@example.com"}, {Address: "maria@work.example"}}}, "ines")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.LockAccount(t.Context(), maria.ID, "ines"), s.UnlockAccount(t.Context(), maria.ID, "ines")); err != nil {
			t.Fatal(err)
		}
		leaves, err := s.Record.Leaves(t.Context(), string(maria.ID), record.Holder)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, l := range leaves {
			kinds = append(kinds, l.Kind)
			if !strings.Contains(string(l.Payload), "ines") {
				t.Errorf("the leaf does not say who: %s", l.Payload)
			}
		}
		if got := strings.Join(kinds, " "); got != "account-added account-locked account-unlocked" {
			t.Errorf("leaves: %s", got)
		}
		var told []mail.Message
		err = s.DB.View(t.Context(), func(tx *db.Tx) (err error) { told, err = mail.ByRef(tx, string(maria.ID)); return err })
		if err != nil || len(told) != 6 {
			t.Errorf("%d letters were left: %v", len(told), err)
		}
		if err := s.LockAccount(t.Context(), "acc_00000000000000000000000000", "ines"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("locking nobody: %v", err)
		}
	})
}

func TestWhereTheAccountsLiveElsewhereAnOperatorChangesThemThere(t *testing.T) {
	o := options(t)
	o.Directory, o.DirectorySecret = "https://acme.example/keyback", "whsec_c29tZXRoaW5nIHRoYXQgbm9ib2R5IGtub3dzISEhISE="
	s, err := server.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.AddAccount(t.Context(), local.Entry{Name: "maria"}, "ines"); fault.KindOf(err) != fault.Refused {
		t.Errorf("adding: %v", err)
	}
	if err := s.LockAccount(t.Context(), "acc_x", "ines"); fault.KindOf(err) != fault.Refused {
		t.Errorf("locking: %v", err)
	}
}
