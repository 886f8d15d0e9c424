package recovery

import (
	"database/sql"
	"errors"
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/policy"
)

// row is a recovery as it is stored.
type row struct {
	id          string
	state       policy.State
	want        policy.Want
	asked       string
	named       bool
	subject     []byte
	browser     []byte
	network     string
	device      string
	language    string
	quiet, mute bool

	account account.ID
	name    string

	counter    int64
	message    string
	sent       time.Time
	sends      int
	tokenUntil time.Time
	halted     bool // "this wasn't me"
	void       bool
	tries      int
	pass       []byte

	shown                                policy.Classes
	holdFrom, holdUntil, grantUntil, due time.Time
	opened, ended, frozen                time.Time
	places, told                         int
}

var errNoRecovery = fault.New(fault.NotFound, "There is no such request.")

const rowColumns = `id, state, want, asked, named, subject, browser, network, device, language, quiet, mute, account, name,
	counter, message, sent, sends, token_until, void, tries, pass, shown, hold_from, hold_until, grant_until, due, opened, ended,
	halted, frozen, places, told`

func (r *row) scan(from interface{ Scan(...any) error }) error {
	var state string
	var sent, tokenUntil, holdFrom, holdUntil, grantUntil, due, opened, ended, frozen int64
	err := from.Scan(&r.id, &state, &r.want, &r.asked, &r.named, &r.subject, &r.browser, &r.network, &r.device, &r.language,
		&r.quiet, &r.mute, &r.account, &r.name, &r.counter, &r.message, &sent, &r.sends, &tokenUntil, &r.void, &r.tries, &r.pass,
		&r.shown, &holdFrom, &holdUntil, &grantUntil, &due, &opened, &ended, &r.halted, &frozen, &r.places, &r.told)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoRecovery
	}
	if err != nil {
		return err
	}
	r.state = parseState(state)
	r.sent, r.tokenUntil, r.opened, r.ended = db.Time(sent), db.Time(tokenUntil), db.Time(opened), db.Time(ended)
	r.holdFrom, r.holdUntil, r.grantUntil, r.due = db.Time(holdFrom), db.Time(holdUntil), db.Time(grantUntil), db.Time(due)
	r.frozen = db.Time(frozen)
	return nil
}

func parseState(name string) policy.State {
	for s := policy.Open; s <= policy.Contested; s++ {
		if s.String() == name {
			return s
		}
	}
	return policy.Expired // a state that nobody knows opens nothing
}

func read(tx *db.Tx, id string) (*row, error) {
	r := &row{}
	return r, r.scan(tx.QueryRow(`SELECT `+rowColumns+` FROM recovery WHERE id = $1`, id))
}

// take reads a recovery that is going to be changed, and keeps others from it
// until the transaction ends.
func take(tx *db.Tx, id string) (*row, error) {
	r := &row{}
	return r, r.scan(tx.QueryRow(`UPDATE recovery SET version = version + 1 WHERE id = $1 RETURNING `+rowColumns, id))
}

func (r *row) insert(tx *db.Tx) error {
	_, err := tx.Exec(`INSERT INTO recovery (version, `+rowColumns+`)
		VALUES (0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
		$24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`,
		r.id, r.state.String(), int64(r.want), r.asked, bit(r.named), r.subject, r.browser, r.network, r.device, r.language,
		bit(r.quiet), bit(r.mute), string(r.account), r.name, r.counter, r.message, db.Micros(r.sent), r.sends,
		db.Micros(r.tokenUntil), bit(r.void), r.tries, notNil(r.pass), int64(r.shown), db.Micros(r.holdFrom), db.Micros(r.holdUntil),
		db.Micros(r.grantUntil), db.Micros(r.due), db.Micros(r.opened), db.Micros(r.ended), bit(r.halted), db.Micros(r.frozen),
		r.places, r.told)
	return err
}

// save writes what can change of a recovery that was taken.
func (r *row) save(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE recovery SET state = $2, account = $3, name = $4, counter = $5, message = $6, sent = $7, sends = $8,
		token_until = $9, tries = $10, pass = $11, shown = $12, hold_from = $13, hold_until = $14, grant_until = $15, due = $16,
		ended = $17, frozen = $18, places = $19, told = $20, quiet = $21, want = $22, void = $23, halted = $24 WHERE id = $1`,
		r.id, r.state.String(), string(r.account), r.name, r.counter, r.message, db.Micros(r.sent), r.sends,
		db.Micros(r.tokenUntil), r.tries, notNil(r.pass), int64(r.shown), db.Micros(r.holdFrom), db.Micros(r.holdUntil),
		db.Micros(r.grantUntil), db.Micros(r.due), db.Micros(r.ended), db.Micros(r.frozen), r.places, r.told, bit(r.quiet), int64(r.want), bit(r.void), bit(r.halted))
	return err
}

// standing is what all recoveries of an account share.
type standing struct {
	stopped   time.Time
	stoppedBy string
	contested bool
}

// takeAccount takes an account's standing, before any recovery of it is taken, so
// that two recoveries of one account never wait for each other in a circle.
func takeAccount(tx *db.Tx, id account.ID) (st standing, err error) {
	var stopped int64
	err = tx.QueryRow(`INSERT INTO recovery_account (account, version, stopped, stopped_by, contested) VALUES ($1, 1, 0, '', 0)
		ON CONFLICT (account) DO UPDATE SET version = recovery_account.version + 1 RETURNING stopped, stopped_by, contested`,
		string(id)).Scan(&stopped, &st.stoppedBy, &st.contested)
	st.stopped = db.Time(stopped)
	return st, err
}

// barred says until when an account is frozen, and whether a person has to decide
// about it. It takes nothing, and is one statement because each mail asks.
func barred(tx *db.Tx, id account.ID) (until time.Time, contested bool, err error) {
	var micros int64
	err = tx.QueryRow(`SELECT COALESCE((SELECT until FROM account_freeze WHERE account = $1 AND until > $2), 0),
		COALESCE((SELECT contested FROM recovery_account WHERE account = $1), 0)`,
		string(id), db.Micros(tx.Now())).Scan(&micros, &contested)
	return db.Time(micros), contested, err
}

func (st standing) save(tx *db.Tx, id account.ID) error {
	_, err := tx.Exec(`UPDATE recovery_account SET stopped = $2, stopped_by = $3, contested = $4 WHERE account = $1`,
		string(id), db.Micros(st.stopped), st.stoppedBy, bit(st.contested))
	return err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
