package local

import (
	"context"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/policy"
)

// One row an address; accounts without a confirmed one come with empty columns.
const (
	columns = `SELECT a.id, a.name, a.protection, a.locked, a.language, a.frozen_until,
		a.recovered_until, a.created, a.password, COALESCE(f.missed, 0),
		COALESCE(d.email, ''), COALESCE(d.confirmed, 0)
		FROM local_account a
		LEFT JOIN local_failure f ON f.key = a.id
		LEFT JOIN local_address d ON d.account = a.id `
	inOrder = ` ORDER BY a.canon, d.position`

	byID = columns + `WHERE a.id = $1` + inOrder
	// What is asked for, or else its neighbour: who is not there costs the same pages
	// and rows as who is. The caller keeps what was meant.
	byName = columns + `WHERE a.canon = COALESCE(
		(SELECT MIN(canon) FROM local_account WHERE canon >= $1), (SELECT MAX(canon) FROM local_account))` + inOrder
	byAddress = columns + `WHERE a.id IN (SELECT b.id FROM local_account b JOIN local_address e ON e.account = b.id
		WHERE e.canon = COALESCE(
			(SELECT MIN(canon) FROM local_address WHERE canon >= $1 AND confirmed > 0),
			(SELECT MAX(canon) FROM local_address WHERE confirmed > 0))
		AND e.confirmed > 0 ORDER BY b.canon LIMIT 8)` + inOrder
	aPage = columns + `WHERE a.id IN (SELECT id FROM local_account WHERE canon > $1 ORDER BY canon LIMIT $2)` + inOrder
)

// Details is what an operator sees of an account.
type Details struct {
	account.Account
	Unconfirmed    []string // addresses that do not recover yet
	HasPassword    bool
	Missed         int // wrong passwords in a row
	RecoveredUntil time.Time
	Created        time.Time
}

// Show gives one account; fault.NotFound where there is none.
func (l *Local) Show(ctx context.Context, id account.ID) (Details, error) {
	var all []Details
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		all, err = details(tx, byID, string(id))
		return err
	})
	if err == nil && len(all) == 0 {
		err = errNoAccount()
	}
	if err != nil {
		return Details{}, err
	}
	return all[0], nil
}

// List gives up to limit accounts in the order of their names, those after a
// name; the first page is after "".
func (l *Local) List(ctx context.Context, after string, limit int) ([]Details, error) {
	canon := after
	if after != "" {
		var err error
		if canon, err = account.CanonicalName(after); err != nil {
			return nil, err
		}
	}
	var all []Details
	err := l.db.View(ctx, func(tx *db.Tx) (err error) {
		all, err = details(tx, aPage, canon, min(max(limit, 1), 1000))
		return err
	})
	return all, err
}

func read(tx *db.Tx, text string, args ...any) ([]account.Account, error) {
	all, err := details(tx, text, args...)
	found := make([]account.Account, 0, len(all))
	for _, d := range all {
		found = append(found, d.Account)
	}
	return found, err
}

// meant keeps those that a query in canonical form really names.
func meant(q account.Query, canon string, found []account.Account) []account.Account {
	kept := make([]account.Account, 0, len(found))
	for _, a := range found {
		if q.ID != "" || q.Name != "" && isCalled(a, canon) || q.Address != "" && isAt(a, canon) {
			kept = append(kept, a)
		}
	}
	return kept
}

func isCalled(a account.Account, canon string) bool {
	name, err := account.CanonicalName(a.Name)
	return err == nil && name == canon
}

func isAt(a account.Account, canon string) bool {
	for _, address := range a.Addresses {
		if c, err := account.Canonical(address.Email); err == nil && c == canon {
			return true
		}
	}
	return false
}

func details(tx *db.Tx, text string, args ...any) ([]Details, error) {
	rows, err := tx.Query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Details
	for rows.Next() {
		var d Details
		var protection, locked, frozen, recovered, created, confirmed int64
		var password, email string
		err := rows.Scan(&d.ID, &d.Name, &protection, &locked, &d.Language, &frozen,
			&recovered, &created, &password, &d.Missed, &email, &confirmed)
		if err != nil {
			return nil, err
		}
		if n := len(all); n == 0 || all[n-1].ID != d.ID {
			d.Protection = policy.Protection(protection)
			d.Lock = lockOf(locked, d.Missed)
			d.FrozenUntil, d.RecoveredUntil, d.Created = db.Time(frozen), db.Time(recovered), db.Time(created)
			d.HasPassword = password != ""
			all = append(all, d)
		}
		all[len(all)-1].add(email, db.Time(confirmed), tx.Now())
	}
	return all, rows.Err()
}

func (d *Details) add(email string, confirmed, now time.Time) {
	switch {
	case email == "":
	case confirmed.IsZero():
		d.Unconfirmed = append(d.Unconfirmed, email)
	default:
		d.Addresses = append(d.Addresses, account.Address{Email: email, Since: confirmed, Young: account.YoungAt(confirmed, now)})
	}
}

func lockOf(locked int64, missed int) account.Lock {
	switch {
	case locked != 0:
		return account.LockedByOperator
	case missed >= MostMisses:
		return account.LockedByFailures
	}
	return account.NotLocked
}
