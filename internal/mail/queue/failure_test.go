package queue

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/testkit"
)

func TestAnAcceptanceThatCannotBeWrittenIsKeptAndNotSentTwice(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c).start().open()
		rename(p, "mail_trail", "mail_trail_away")
		m := p.enqueue(mail.Message{})
		receive(t, p.sent, "an attempt")
		for range 3 { // its lease ends three times meanwhile, and the table offers it again
			c.Advance(mail.Life + time.Second)
			p.look()
		}
		rename(p, "mail_trail_away", "mail_trail")
		if got := p.next(); got.m.ID != m.ID || got.o.Class != mail.Accepted {
			t.Errorf("%+v", got)
		}
		c.Advance(time.Hour)
		if n := p.look(); n != 0 || p.attempts.Load() != 1 {
			t.Errorf("leased %d again, %d attempts", n, p.attempts.Load())
		}
		if s, err := p.q.Stats(context.Background()); err != nil || s.Accepted != 1 || s.InFlight != 0 || s.Due != 0 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func rename(p *post, from, to string) {
	p.t.Helper()
	p.update(func(tx *db.Tx) error {
		_, err := tx.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to)
		return err
	})
}

func TestAFateThatFailsHoldsUpNoOther(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		var bad string
		told := map[string]int{}
		p.fate = func(_ *db.Tx, m mail.Message, _ mail.Outcome) error {
			if m.Address == "bad@example.org" {
				told[m.ID]++
				if told[m.ID]%2 == 0 {
					panic(errTest)
				}
				return errTest
			}
			return nil
		}
		p.q.patience = 2
		p.update(func(tx *db.Tx) error {
			for i := range 40 {
				address := "good@example.org"
				if i == 7 {
					address = "bad@example.org"
				}
				m, err := p.outbox.Enqueue(tx, mail.Message{Address: address})
				if err != nil {
					return err
				}
				if i == 7 {
					bad = m.ID
				}
			}
			return nil
		})
		p.start()
		for range 39 {
			if got := p.next(); got.m.ID == bad {
				t.Error("the failing one was told")
			}
		}
		p.until("the acceptance is written without its consequences", func() bool {
			m, _ := p.message(bad)
			return m.State == mail.Accepted
		})
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		if told[bad] != 2 || p.attempts.Load() != 40 {
			t.Errorf("told %d times, %d attempts", told[bad], p.attempts.Load())
		}
	})
}

func TestManyWhoAreToldAtOnceAreToldOneByOneWhereThatFails(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		var atOnce, most atomic.Int64
		p := newPost(t, d, c, func(o *Options, _ *mail.Options) {
			one := o.Fate
			o.Fates = func(tx *db.Tx, all []*mail.Settlement) error {
				most.Store(max(most.Load(), int64(len(all))))
				for _, s := range all {
					if s.Message.Address == "bad@example.org" {
						return errTest
					}
					if err := one(tx, s.Message, s.Outcome); err != nil {
						return err
					}
				}
				tx.AfterCommit(func() { atOnce.Add(int64(len(all))) })
				return nil
			}
		})
		p.fate = func(_ *db.Tx, m mail.Message, _ mail.Outcome) error {
			if m.Address == "bad@example.org" {
				return errTest
			}
			return nil
		}
		p.q.patience = 2
		bad := p.enqueue(mail.Message{Address: "bad@example.org"})
		p.update(func(tx *db.Tx) error {
			for range 63 {
				if _, err := p.outbox.Enqueue(tx, mail.Message{Address: "good@example.org"}); err != nil {
					return err
				}
			}
			return nil
		})
		p.start()
		for range 63 {
			p.next()
		}
		p.until("the acceptance is written without its consequences", func() bool {
			m, _ := p.message(bad.ID)
			return m.State == mail.Accepted
		})
		if p.attempts.Load() != 64 || most.Load() > 64 || atOnce.Load() > 63 {
			t.Errorf("%d attempts, at most %d told at once, %d in all", p.attempts.Load(), most.Load(), atOnce.Load())
		}
	})
}

func TestAFateThatFailsOnceIsToldLater(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		calls := 0
		p.fate = func(tx *db.Tx, _ mail.Message, _ mail.Outcome) error {
			if calls++; calls == 1 {
				_, err := tx.Exec(`INSERT INTO nowhere (x) VALUES (1)`)
				return err
			}
			return nil
		}
		p.start()
		p.enqueue(mail.Message{})
		if got := p.next(); got.o.Class != mail.Accepted || calls != 2 || p.attempts.Load() != 1 {
			t.Errorf("%+v, told %d times, %d attempts", got, calls, p.attempts.Load())
		}
	})
}

func TestADeadNodesMailGoesOutAfterItsLease(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		dead := newPost(t, d, c)
		dead.outbox.Start() // and nobody takes what it offers
		m := dead.enqueue(mail.Message{})

		p := newPost(t, d, c)
		if d.Engine() == db.Postgres {
			c.Advance(mail.Life - time.Microsecond)
			if n := p.look(); n != 0 {
				t.Fatal("it was taken from a node that may live")
			}
			c.Advance(time.Microsecond)
		}
		// On SQLite there is one process, so the other is surely gone.
		p.start()
		if got := p.next(); got.m.ID != m.ID || got.m.MessageID != m.MessageID {
			t.Errorf("%+v", got)
		}
	})
}

func TestTwoNodesNeverSendTheSameMessage(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		const messages = 600
		small := func(_ *Options, mo *mail.Options) { mo.Buffer = 8 }
		nodes := []*post{newPost(t, d, c, small).start().open(), newPost(t, d, c, small).start().open()}
		var enqueuing sync.WaitGroup
		for i := range 6 {
			enqueuing.Go(func() {
				for range messages / 6 {
					nodes[i%2].enqueue(mail.Message{Lane: mail.Lane(i % 3 / 2)})
				}
			})
		}
		times := map[string]int{}
		for range messages {
			select {
			case got := <-nodes[0].settled:
				times[got.m.ID]++
			case got := <-nodes[1].settled:
				times[got.m.ID]++
			case <-time.After(20 * time.Second):
				t.Fatalf("%d outcomes after 20 seconds", len(times))
			}
		}
		enqueuing.Wait()
		if n := nodes[0].attempts.Load() + nodes[1].attempts.Load(); n != messages || len(times) != messages {
			t.Errorf("%d attempts at %d messages", n, len(times))
		}
	})
}

func TestAnAttemptThatLastsKeepsItsLease(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		hold := make(chan struct{})
		p.deliver = func(context.Context, *mail.Composed) mail.Outcome {
			<-hold
			return accepted
		}
		p.start().open()
		p.enqueue(mail.Message{})
		receive(t, p.sent, "an attempt")
		other := newPost(t, d, c)
		for range 5 {
			c.Advance(mail.Life * 3 / 5)
			p.look()
			if n := other.look(); n != 0 {
				t.Fatal("another node took it")
			}
		}
		close(hold)
		if got := p.next(); got.m.Attempts != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnAcceptanceCountsThoughTheLeaseWasLostAndADeferralDoesNot(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		for _, outcome := range []mail.Outcome{deferred, accepted} {
			p := newPost(t, d, c)
			hold := make(chan struct{})
			p.deliver = func(context.Context, *mail.Composed) mail.Outcome {
				<-hold
				return outcome
			}
			p.start().open()
			m := p.enqueue(mail.Message{})
			receive(t, p.sent, "an attempt")
			var other []mail.Lease
			p.update(func(tx *db.Tx) (err error) { // as if this node had slept for a minute
				if _, err = tx.Exec(`UPDATE mail_message SET ready = due WHERE id = $1`, m.ID); err != nil {
					return err
				}
				other, err = mail.Claim(tx, "other", mail.Recovery, 1)
				return err
			})
			if len(other) != 1 {
				t.Fatal("the other node did not get it")
			}
			close(hold)
			p.until("the outcome is dealt with", func() bool { return p.q.hand.len() == 0 })
			kept, trail := p.message(m.ID)
			if outcome.Class == mail.Accepted && (kept.State != mail.Accepted || len(trail) != 1) {
				t.Errorf("the acceptance was lost: %+v", kept)
			}
			if outcome.Class == mail.Deferred && (kept.State != mail.Queued || p.column("fence", m.ID) != other[0].Fence) {
				t.Errorf("the deferral disturbed the other's attempt: %+v", kept)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAStopFinishesWhatIsInHandAndGivesBackTheRest(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c, func(o *Options, _ *mail.Options) { o.Workers = 1 })
		hold := make(chan struct{})
		p.deliver = func(context.Context, *mail.Composed) mail.Outcome {
			<-hold
			return accepted
		}
		p.start().open()
		ids := map[string]bool{}
		for range 5 {
			ids[p.enqueue(mail.Message{}).ID] = true
		}
		receive(t, p.sent, "an attempt")
		stopped := make(chan error)
		go func() { stopped <- p.stop() }()
		p.until("it takes no more", func() bool { return !p.outbox.Opened() })
		close(hold)
		if err := receive(t, stopped, "a stop"); err != nil {
			t.Fatal(err)
		}
		delete(ids, p.next().m.ID)

		heir := newPost(t, d, c)
		if n := heir.look(); n != 4 {
			t.Errorf("%d messages are free at once, want the 4 that waited", n)
		}
		if p.attempts.Load() != 1 {
			t.Errorf("%d attempts", p.attempts.Load())
		}
	})
}

func TestAnAttemptThatOutlastsAStopIsCancelledAndTriedLater(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c, func(o *Options, _ *mail.Options) { o.Grace = time.Millisecond })
		p.deliver = func(ctx context.Context, _ *mail.Composed) mail.Outcome {
			<-ctx.Done()
			return mail.Outcome{Class: mail.Deferred, Text: fmt.Sprint(ctx.Err())}
		}
		p.start().open()
		m := p.enqueue(mail.Message{})
		receive(t, p.sent, "an attempt")
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		if kept, trail := p.message(m.ID); kept.State != mail.Deferred || len(trail) != 1 || trail[0].Text != "context canceled" {
			t.Errorf("%+v %+v", kept, trail)
		}
	})
}

func TestAStopEndsThoughTheDatabaseTakesNothingAndNoMessageIsLost(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		const messages = 250
		p := newPost(t, d, c, func(o *Options, _ *mail.Options) { o.Grace = time.Millisecond }).start().open()
		rename(p, "mail_trail", "mail_trail_away")
		ids := map[string]string{}
		for range messages {
			m := p.enqueue(mail.Message{})
			ids[m.MessageID] = m.ID
		}
		for range batchMax {
			receive(t, p.sent, "an attempt")
		}
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		rename(p, "mail_trail_away", "mail_trail")

		c.Advance(mail.Life)
		heir := newPost(t, d, c).start()
		for range messages {
			heir.next()
		}
		for range messages {
			letter := <-heir.sent
			delete(ids, string(letter.Raw))
		}
		if len(ids) != 0 {
			t.Errorf("%d messages never came again", len(ids))
		}
		if n := p.attempts.Load(); n > 3*batchMax+4 {
			t.Errorf("%d attempts were made whose outcome could not be kept", n)
		}
	})
}
