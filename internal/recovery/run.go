package recovery

import (
	"context"
	"errors"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/policy"
)

// batch is how many due recoveries one look takes up.
const batch = 64

// Run moves recoveries whose time has come and takes up what a crash left, until
// ctx ends: every tick of the given channel, such as a time.Ticker's.
func (s *Service) Run(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if err := s.Due(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.Error("timers of recoveries", "error", err)
			}
		}
	}
}

// Due does once what is due now. Several nodes may: each change is taken first.
func (s *Service) Due(ctx context.Context) error {
	due, err := s.ids(ctx, `SELECT id FROM recovery WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2`)
	if err != nil {
		return err
	}
	for _, id := range due {
		if failed := s.tick(ctx, id); failed != nil {
			err = errors.Join(err, failed, s.later(ctx, id))
		}
	}
	owing, err2 := s.ids(ctx, `SELECT DISTINCT recovery FROM recovery_call WHERE due <= $1 LIMIT $2`)
	for _, id := range owing {
		s.pay(ctx, id)
	}
	return errors.Join(err, err2)
}

func (s *Service) ids(ctx context.Context, query string) (ids []string, err error) {
	err = s.o.DB.View(ctx, func(tx *db.Tx) error {
		ids = ids[:0]
		rows, err := tx.Query(query, db.Micros(tx.Now()), batch)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// tick tells policy that time went by. Only a recovery that is bound to an account
// needs the directory for that.
func (s *Service) tick(ctx context.Context, id string) error {
	a, err := s.bound(ctx, id)
	if err != nil {
		return err
	}
	var ask bool
	err = s.o.DB.Update(ctx, func(tx *db.Tx) error {
		h, err := s.take(tx, id, a)
		if err != nil || h.row.due.After(tx.Now()) {
			return err
		}
		d, _, err := h.apply(policy.Event{Kind: policy.Tick})
		ask = d.State == policy.Claimed && d.Effects.Has(policy.AskDirectory)
		return err
	})
	if err != nil || !ask {
		return err
	}
	result, err := s.o.Directory.Applied(ctx, id)
	if err != nil {
		return err
	}
	kind := policy.Return
	if result == account.Done {
		kind = policy.Apply
	}
	_, err = s.settle(ctx, id, a, kind)
	return err
}

// later puts a recovery off whose account cannot be asked for now, so that it does
// not stand in the way of others.
func (s *Service) later(ctx context.Context, id string) error {
	return s.o.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE recovery SET version = version + 1, due = $2 WHERE id = $1 AND due > 0`,
			id, db.Micros(tx.Now().Add(policy.ClaimLife)))
		return err
	})
}

// bound is the account of a recovery that has chosen one, as it is now.
func (s *Service) bound(ctx context.Context, id string) (account.Account, error) {
	var r *row
	err := s.o.DB.View(ctx, func(tx *db.Tx) (err error) { r, err = read(tx, id); return err })
	if err != nil || r.account == "" {
		return account.Account{}, err
	}
	return s.account(ctx, r.account)
}

// account is one account by its id; one that is gone has no addresses to tell.
func (s *Service) account(ctx context.Context, id account.ID) (account.Account, error) {
	found, err := s.o.Directory.Find(ctx, account.Query{ID: id})
	if err != nil {
		return account.Account{}, err
	}
	kept, _ := account.Match(account.Query{ID: id}, found)
	if len(kept) == 1 {
		return kept[0], nil
	}
	return account.Account{ID: id}, nil
}
