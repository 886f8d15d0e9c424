package stories

import (
	"context"
	"sync"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/record"
	"keyback/internal/seal"
	"keyback/internal/server"
	"keyback/internal/smtpsink"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

func TestAStopLetsWhatIsInHandFinishAndLosesNothing(t *testing.T) {
	var sink answers
	var key seal.Key
	var signer *record.Signer
	var address string
	o := stage.Options{Script: sink.script, Loose: true, Change: func(o *server.Options) {
		o.Workers = 2
		key, signer, address = o.Key, o.Signer, o.DatabaseURL
	}}
	stage.Each(t, testkit.InCheckAll, o, func(t *testing.T, s *stage.Stage) {
		held := make(chan struct{})
		sink.say(smtpsink.Reply{At: smtpsink.End, Hold: held})
		v := s.Visitor()
		var inboxes []string
		for _, login := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"} {
			inboxes = append(inboxes, v.Ask(login, "password").URL.Path)
		}
		feed := live(t, s, v, v.Open(inboxes[0]))
		if e, _ := feed.next(); stateOf(e) != "asked" {
			t.Errorf("the live page begins with %q", stateOf(e))
		}
		var stopping sync.WaitGroup
		began := time.Now()
		stopping.Go(s.Stop)
		for open := true; open; { // the live page ends at once, for its server does
			_, open = feed.next()
		}
		close(held)
		stopping.Wait()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the stop took %v", took)
		}
		// What was in hand was written down; what waited waits for the next life.
		d, err := db.Open(context.Background(), db.Options{URL: address, Now: s.Clock.Now, NoMigrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		states := map[mail.Class]int{}
		err = d.View(context.Background(), func(tx *db.Tx) error {
			for _, inbox := range inboxes {
				all, err := mail.ByRef(tx, inbox[len("/recover/"):])
				if err != nil {
					return err
				}
				states[all[0].State]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if int64(states[mail.Accepted]) != s.Sink.Count() || states[mail.Accepted]+states[mail.Queued] != len(inboxes) || states[mail.Accepted] == 0 {
			t.Errorf("%d mails came, and the database has %v", s.Sink.Count(), states)
		}
		log := record.New(record.Options{DB: d, Signer: signer, Wrap: key})
		if _, err := log.Verify(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
