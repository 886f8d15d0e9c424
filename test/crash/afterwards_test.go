package crash

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/record"
	"keyback/internal/seal"
)

// afterwards is what is left when all is over.
type afterwards struct {
	t          *testing.T
	s          *stand
	load       *load
	recoveries map[string]recovery
	messages   map[string]message // by id
	leaves     map[string]string  // kinds, by recovery and party
	completed  int
	accepted   int
}

type recovery struct {
	state, message string
	due            int64
}

type message struct {
	messageID, ref, party, state string
	lane                         int
}

func (s *stand) open(ctx context.Context) *db.DB {
	s.t.Helper()
	d, err := db.Open(ctx, db.Options{URL: s.address, NoMigrate: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *stand) read(ctx context.Context, d *db.DB, query string, row func(*sql.Rows) error) {
	s.t.Helper()
	err := d.View(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// accepted are the mails whose acceptance is in the database now.
func (s *stand) accepted(ctx context.Context) (ids []string) {
	s.t.Helper()
	d := s.open(ctx)
	defer d.Close()
	s.read(ctx, d, `SELECT message_id FROM mail_message JOIN mail_trail ON mail_trail.message = mail_message.id WHERE mail_trail.class = 'accepted'`,
		func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids
}

// drained waits until every mail has ended.
func (s *stand) drained(ctx context.Context) {
	s.t.Helper()
	d := s.open(ctx)
	defer d.Close()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	end := time.After(patience)
	for {
		var open int
		s.read(ctx, d, `SELECT count(*) FROM mail_message WHERE ready > 0`, func(rows *sql.Rows) error { return rows.Scan(&open) })
		if open == 0 {
			return
		}
		select {
		case <-look.C:
		case <-end:
			s.t.Fatalf("%d mails have not ended", open)
		}
	}
}

func (s *stand) afterwards(ctx context.Context, l *load) *afterwards {
	s.t.Helper()
	d := s.open(ctx)
	defer d.Close()
	a := &afterwards{t: s.t, s: s, load: l, recoveries: map[string]recovery{}, messages: map[string]message{}, leaves: map[string]string{}}
	s.read(ctx, d, `SELECT id, state, message, due FROM recovery`, func(rows *sql.Rows) error {
		var id string
		var r recovery
		err := rows.Scan(&id, &r.state, &r.message, &r.due)
		a.recoveries[id] = r
		return err
	})
	s.read(ctx, d, `SELECT id, message_id, ref, party, state, lane FROM mail_message`, func(rows *sql.Rows) error {
		var id string
		var m message
		err := rows.Scan(&id, &m.messageID, &m.ref, &m.party, &m.state, &m.lane)
		a.messages[id] = m
		return err
	})
	log := s.log(d)
	for id := range a.recoveries {
		for _, party := range []string{record.Claimant, record.Holder} {
			leaves, err := log.Leaves(ctx, id, party)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, l := range leaves {
				a.leaves[id+party] += l.Kind + " "
			}
		}
	}
	return a
}

func (s *stand) log(d *db.DB) *record.Log {
	s.t.Helper()
	key, err := seal.Load(filepath.Join(s.folder, "keyback.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	signer, err := record.LoadSigner(filepath.Join(s.folder, "record.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	return record.New(record.Options{DB: d, Signer: signer, Wrap: key})
}

func (a *afterwards) whatWasToldIsThere() {
	a.t.Helper()
	for id, login := range a.load.started {
		if _, ok := a.recoveries[id]; !ok {
			a.t.Errorf("the recovery %s of %s was told of and is gone", id, login)
		}
	}
	for id := range a.load.completed {
		if state := a.recoveries[id].state; state != "completed" {
			a.t.Errorf("the completion of %s was told of and it is %s", id, state)
		}
	}
	for id, r := range a.recoveries {
		if r.state == "completed" {
			a.completed++
		}
		if r.state == "claimed" && r.due == 0 {
			a.t.Errorf("%s is claimed and nothing will take it up", id)
		}
	}
	if len(a.load.started) < 10 {
		a.t.Errorf("only %d recoveries were started: that was no load", len(a.load.started))
	}
}

func (a *afterwards) everyMailEnded() {
	a.t.Helper()
	for id, r := range a.recoveries {
		if m, ok := a.messages[r.message]; !ok || m.ref != id {
			a.t.Errorf("%s has lost its mail", id)
		}
	}
	for id, m := range a.messages {
		switch m.state {
		case "accepted":
			a.accepted++
		case "dropped": // right where the recovery was over before the mail was written
			if state := a.recoveries[m.ref].state; state == "open" && m.lane == 0 && !a.overtaken(m.ref) {
				a.t.Errorf("the mail of %s was dropped though somebody waits for it", m.ref)
			}
		default:
			a.t.Errorf("the mail %s ended %q", id, m.state)
		}
	}
}

// overtaken says that a holder's other recovery was granted, which kills the links
// of this one.
func (a *afterwards) overtaken(id string) bool {
	login := a.load.started[id]
	return login == "" || strings.HasPrefix(login, "holder")
}

func (a *afterwards) everyActHasItsLeaf() {
	a.t.Helper()
	mails := map[string]int{}
	for _, m := range a.messages {
		mails[m.ref+m.party]++
	}
	for id, r := range a.recoveries {
		claimant, holder := strings.Fields(a.leaves[id+record.Claimant]), strings.Fields(a.leaves[id+record.Holder])
		if len(claimant) == 0 || claimant[0] != "asked" {
			a.t.Errorf("%s has the leaves %v", id, claimant)
		}
		for party, kinds := range map[string][]string{record.Claimant: claimant, record.Holder: holder} {
			n := 0
			for _, k := range kinds {
				if k == "mail" {
					n++
				}
			}
			if n != mails[id+party] {
				a.t.Errorf("%s has %d mails to the %s and %d leaves of them", id, mails[id+party], party, n)
			}
		}
		done := r.state == "completed"
		if slices.Contains(claimant, "completed") != done || slices.Contains(holder, "completed") != done {
			a.t.Errorf("%s is %s with the leaves %v and %v", id, r.state, claimant, holder)
		}
	}
}

func (a *afterwards) nothingWasSentThatShouldNot(kills int) {
	a.t.Helper()
	a.s.sink.mu.Lock()
	copies, again := a.s.sink.copies, a.s.sink.again
	a.s.sink.mu.Unlock()
	if len(again) > 0 {
		a.t.Errorf("%d mails were sent again though their acceptance was known, such as %s", len(again), again[0])
	}
	ours := map[string]bool{}
	for _, m := range a.messages {
		ours[m.messageID] = true
		if m.state == "accepted" && copies[m.messageID] == 0 {
			a.t.Errorf("%s is accepted and never came", m.messageID)
		}
	}
	for id := range copies {
		if !ours[id] {
			a.t.Errorf("%s came and belongs to nothing that was committed", id)
		}
	}
	if n := a.s.sink.surplus(); n > kills*workers {
		a.t.Errorf("%d copies too many: more than the %d in flight at %d kills", n, kills*workers, kills)
	}
}

func (a *afterwards) theRecordChecks(ctx context.Context) {
	a.t.Helper()
	if said := a.s.run(append([]string{"record", "verify"}, a.s.flags...)...); !strings.HasPrefix(said, "ok: ") {
		a.t.Errorf("keyback record verify: %s", said)
	}
	d := a.s.open(ctx)
	defer d.Close()
	if _, err := a.s.log(d).Verify(ctx); err != nil {
		a.t.Error(err)
	}
}
