package server

import (
	"context"

	"keyback/internal/account"
	"keyback/internal/account/local"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/mail"
	"keyback/internal/mail/letter"
	"keyback/internal/record"
)

// What an operator does to a local account, from the command line. Each act has its
// leaf and is told to every confirmed address, in the transaction that does it.

// Acts of an operator, as leaves and messages name them.
const (
	actAdd    = "account-added"
	actLock   = "account-locked"
	actUnlock = "account-unlocked"
)

type acted struct {
	Account string `json:"account"`
	By      string `json:"by"`
}

// AddAccount makes an account.
func (s *Server) AddAccount(ctx context.Context, e local.Entry, by string) (account.Account, error) {
	if s.Local == nil {
		return account.Account{}, errElsewhere
	}
	return s.Local.Add(ctx, e, func(tx *db.Tx, a account.Account) error { return s.act(tx, a, actAdd, by) })
}

// LockAccount locks an account until an operator unlocks it.
func (s *Server) LockAccount(ctx context.Context, id account.ID, by string) error {
	return s.change(ctx, id, actLock, by, s.Local.Lock)
}

// UnlockAccount lifts any lock.
func (s *Server) UnlockAccount(ctx context.Context, id account.ID, by string) error {
	return s.change(ctx, id, actUnlock, by, s.Local.Unlock)
}

var errElsewhere = fault.New(fault.Refused, "the accounts live in the application's own directory").Hint("change them there, or unset --directory-url")

func (s *Server) change(ctx context.Context, id account.ID, what, by string, do func(*db.Tx, account.ID) error) error {
	if s.Local == nil {
		return errElsewhere
	}
	d, err := s.Local.Show(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := do(tx, id); err != nil {
			return err
		}
		return s.act(tx, d.Account, what, by)
	})
}

func (s *Server) act(tx *db.Tx, a account.Account, what, by string) error {
	err := s.Record.Append(tx, record.Entry{Recovery: string(a.ID), Party: record.Holder, Kind: what, Payload: acted{string(a.ID), by}})
	if err != nil {
		return err
	}
	for _, to := range a.Addresses {
		_, err := s.Outbox.Enqueue(tx, mail.Message{Kind: what, Lane: mail.Notice, Ref: string(a.ID), Party: record.Holder, Address: to.Email})
		if err != nil {
			return err
		}
	}
	return nil
}

// compose writes the letters of an operator's acts; all others are recovery's.
func (s *Server) compose(ctx context.Context, m mail.Message) (*mail.Composed, error) {
	did, ok := map[string]letter.Did{actAdd: letter.Added, actLock: letter.LockedByUs, actUnlock: letter.UnlockedByUs}[m.Kind]
	if !ok {
		return s.Recovery.Compose(ctx, m)
	}
	d, err := s.Local.Show(ctx, account.ID(m.Ref))
	if err != nil {
		return nil, err
	}
	raw, err := s.letters.Build(d.Language, letter.Operator{Did: did, Account: d.Name, At: m.Created, Start: s.o.BaseURL + "/help"},
		letter.Header{To: m.Address, MessageID: m.MessageID, Date: s.DB.Now()})
	if err != nil {
		return nil, err
	}
	return &mail.Composed{From: s.letters.Sender(), To: m.Address, Raw: raw}, nil
}
