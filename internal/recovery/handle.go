package recovery

import (
	"time"

	"keyback/internal/account"
	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/policy"
	"keyback/internal/record"
)

// moved is the leaf of a change of state.
type moved struct {
	State   string `json:"state"`
	Shown   string `json:"shown,omitempty"`
	Account string `json:"account,omitempty"`
	Until   string `json:"until,omitempty"`
	Network string `json:"network,omitempty"`
}

// handling is one recovery with its account, taken in a transaction in that order.
type handling struct {
	s       *Service
	tx      *db.Tx
	row     *row
	account account.Account // as the directory described it just before
	standing
	frozen bool
}

// take takes the account, if there is one yet, and then the recovery.
func (s *Service) take(tx *db.Tx, id string, a account.Account) (*handling, error) {
	h := &handling{s: s, tx: tx, account: a}
	var err error
	if a.ID != "" {
		if h.standing, err = takeAccount(tx, a.ID); err != nil {
			return nil, err
		}
		until, err := account.Frozen(tx, a.ID)
		if err != nil {
			return nil, err
		}
		h.frozen = !until.IsZero() || a.Frozen(tx.Now())
	}
	h.row, err = take(tx, id)
	return h, err
}

// situation is what policy must know.
func (h *handling) situation() (policy.Situation, error) {
	r := h.row
	s := policy.Situation{
		State: r.state, Want: r.want, Protection: h.account.Protection, Shown: r.shown,
		Opened: latest(r.opened, r.sent), HoldFrom: r.holdFrom, HoldUntil: r.holdUntil, GrantUntil: r.grantUntil, Due: r.due,
		Frozen: h.frozen, Contested: h.contested,
		StoppedBefore:    h.stoppedBy != r.id && !h.stopped.IsZero() && h.tx.Now().Before(h.stopped.Add(policy.ContestWithin)),
		LockedByOperator: h.account.Lock == account.LockedByOperator,
	}
	if h.account.ID == "" {
		return s, nil
	}
	var others int
	err := h.tx.QueryRow(`SELECT count(*) FROM recovery WHERE account = $1 AND account <> '' AND state IN ('granted', 'claimed') AND id <> $2`,
		string(h.account.ID), r.id).Scan(&others)
	s.OtherGranted = others > 0
	return s, err
}

// apply asks policy what an event makes of the recovery and writes all of it. It
// is the only way by which a recovery changes its state. False: nothing changed.
func (h *handling) apply(e policy.Event) (policy.Decision, bool, error) {
	s, err := h.situation()
	if err != nil {
		return policy.Decision{}, false, err
	}
	d, ok := policy.Decide(s, e, h.tx.Now())
	if !ok {
		return d, false, nil
	}
	return d, true, h.write(d)
}

func (h *handling) write(d policy.Decision) error {
	r := h.row
	r.state, r.shown = d.State, d.Shown
	r.holdFrom, r.holdUntil, r.grantUntil, r.due = d.HoldFrom, d.HoldUntil, d.GrantUntil, d.Due
	if d.State.Final() && r.ended.IsZero() {
		r.ended = h.tx.Now()
	}
	for _, step := range []func(policy.Decision) error{h.effects, h.letters, h.leaves} {
		if err := step(d); err != nil {
			return err
		}
	}
	return r.save(h.tx)
}

func (h *handling) effects(d policy.Decision) error {
	r, e := h.row, d.Effects
	if e.Has(policy.EndSessions) && h.account.ID != "" {
		n, err := h.s.o.EndSessions(h.tx, h.account.ID)
		if err != nil {
			return err
		}
		r.places += n
		if err := h.owe(callEndSessions, time.Time{}); err != nil {
			return err
		}
	}
	if e.Has(policy.Freeze) && h.account.ID != "" {
		if err := h.freeze(d); err != nil {
			return err
		}
	}
	if e.Has(policy.AskDirectory) && d.State.Final() {
		if err := h.owe(callAsk, time.Time{}); err != nil {
			return err
		}
	}
	if e.Has(policy.VoidTokens) {
		if err := h.voidTokens(); err != nil {
			return err
		}
	}
	if e.Has(policy.VoidSiblings) {
		return h.voidSiblings()
	}
	return nil
}

func (h *handling) freeze(d policy.Decision) error {
	r := h.row
	r.frozen = latest(r.frozen, d.FreezeUntil)
	h.frozen = true
	if err := h.owe(callFreeze, d.FreezeUntil); err != nil {
		return err
	}
	h.stopped, h.stoppedBy = h.tx.Now(), r.id
	h.contested = h.contested || d.Effects.Has(policy.Contest)
	if err := account.Freeze(h.tx, h.account.ID, d.FreezeUntil, r.id); err != nil {
		return err
	}
	return h.standing.save(h.tx, h.account.ID)
}

// voidTokens kills every link and code that others of this account still have. Its
// own are dead by its state. Those others stay open: their pages must not tell
// whoever waits there that somebody got into this account.
func (h *handling) voidTokens() error {
	for _, subject := range h.s.subjects(h.account) {
		_, err := h.tx.Exec(`UPDATE recovery SET version = version + 1, void = 1 WHERE subject = $1 AND state = 'open' AND id <> $2`, subject, h.row.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// voidSiblings ends every other recovery that has shown something for the account.
func (h *handling) voidSiblings() error {
	ids, err := h.ids(`SELECT id FROM recovery WHERE account = $1 AND account <> '' AND id <> $2`+live, string(h.account.ID), h.row.id)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := h.supersede(id); err != nil {
			return err
		}
	}
	return nil
}

// live ends a query for recoveries that can still become something.
const live = ` AND state IN ('open', 'waiting', 'granted', 'claimed') ORDER BY id`

func (h *handling) ids(query string, args ...any) (ids []string, err error) {
	rows, err := h.tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// supersede ends a sibling, because this recovery has shown more.
func (h *handling) supersede(id string) error {
	sibling, err := take(h.tx, id)
	if err != nil {
		return err
	}
	other := &handling{s: h.s, tx: h.tx, row: sibling, account: h.account, standing: h.standing, frozen: h.frozen}
	_, _, err = other.apply(policy.Event{Kind: policy.Withdraw})
	return err
}

// letters tells every confirmed address.
func (h *handling) letters(d policy.Decision) error {
	if !d.Effects.Has(policy.TellHolder) {
		return nil
	}
	for _, l := range d.Letters {
		for _, a := range h.account.Addresses {
			_, err := h.s.o.Outbox.Enqueue(h.tx, mail.Message{
				Kind: string(l), Lane: mail.Notice, Ref: h.row.id, Party: record.Holder, Address: a.Email,
			})
			if err != nil {
				return err
			}
			h.row.told++
		}
	}
	return nil
}

func (h *handling) leaves(d policy.Decision) error {
	if d.Leaf == "" {
		return nil
	}
	r := h.row
	payload := moved{State: d.State.String(), Shown: d.Shown.String(), Account: string(r.account), Network: r.network}
	if until := latest(d.HoldUntil, d.FreezeUntil); !until.IsZero() {
		payload.Until = until.Format("2006-01-02T15:04:05Z")
	}
	if err := h.s.leaf(h.tx, r, record.Claimant, d.Leaf, payload); err != nil {
		return err
	}
	if !d.Effects.Has(policy.TellHolder) {
		return nil
	}
	return h.s.leaf(h.tx, r, record.Holder, d.Leaf, payload)
}
