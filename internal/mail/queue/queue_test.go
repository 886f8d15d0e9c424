package queue

import (
	"context"
	"testing"
	"time"

	"keyback/internal/db"
	"keyback/internal/mail"
	"keyback/internal/testkit"
)

func TestTheFirstAttemptFollowsTheCommitWithoutALookAtTheTable(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c).start().open()
		m := p.enqueue(mail.Message{Kind: "recover"})
		got := p.next()
		if got.m.ID != m.ID || got.m.State != mail.Accepted || got.m.Attempts != 1 || got.o.Attempt != 1 || !got.o.At.Equal(c.Now()) {
			t.Errorf("got %+v", got)
		}
		if fence := p.column("fence", m.ID); fence != 2 {
			t.Errorf("fence %d, want 2: the lease of its birth and the outcome", fence)
		}
		kept, trail := p.message(m.ID)
		if kept.State != mail.Accepted || len(trail) != 1 || trail[0].Text != "ok" || trail[0].TLS != "TLS 1.3" {
			t.Errorf("kept %+v %+v", kept, trail)
		}
		p.c.Advance(time.Hour)
		if n := p.look(); n != 0 {
			t.Errorf("an accepted message was leased again")
		}
	})
}

func TestARolledBackTransactionSendsNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c).start().open()
		err := d.Update(context.Background(), func(tx *db.Tx) error {
			if _, err := p.outbox.Enqueue(tx, mail.Message{Address: "ghost@example.org"}); err != nil {
				return err
			}
			return errTest
		})
		if err == nil {
			t.Fatal("the transaction committed")
		}
		m := p.enqueue(mail.Message{})
		if got := p.next(); got.m.ID != m.ID {
			t.Errorf("sent %+v", got.m)
		}
		c.Advance(time.Minute)
		if n := p.look(); n != 0 || p.attempts.Load() != 1 {
			t.Errorf("leased %d, attempts %d", n, p.attempts.Load())
		}
	})
}

func TestAMessageIsSentOnItsScheduleAndNeverAfterItsEnd(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		p.deliver = func(context.Context, *mail.Composed) mail.Outcome { return deferred }
		p.start().open()
		began := c.Now()
		m := p.enqueue(mail.Message{Expires: began.Add(20 * time.Minute)})

		got := p.next()
		for i, at := range []time.Duration{0, 30 * time.Second, 90 * time.Second, 210 * time.Second, 450 * time.Second, 930 * time.Second} {
			if next := began.Add(at); !got.o.Next.Equal(next) || got.o.Class != mail.Deferred || got.o.Attempt != i+1 {
				t.Fatalf("after attempt %d: %+v, want the next at %v", i+1, got.o, next)
			}
			if at > 0 {
				c.Set(got.o.Next.Add(-time.Microsecond))
				if n := p.look(); n != 0 {
					t.Fatalf("attempt %d came early", i+2)
				}
			}
			c.Set(got.o.Next)
			p.q.Wake()
			got = p.next()
		}
		if !got.o.Next.IsZero() || !got.m.Due.Equal(m.Expires) {
			t.Errorf("the wait would pass the end: %+v, due %v", got.o, got.m.Due)
		}
		c.Set(m.Expires)
		p.q.Wake()
		if got = p.next(); got.o.Class != mail.Expired || !got.o.At.Equal(m.Expires) || got.m.Attempts != 7 {
			t.Errorf("at its end: %+v", got)
		}
		if p.attempts.Load() != 7 {
			t.Errorf("%d attempts", p.attempts.Load())
		}
		for range 7 {
			if letter := <-p.sent; string(letter.Raw) != m.MessageID {
				t.Errorf("an attempt had Message-ID %s, the message %s", letter.Raw, m.MessageID)
			}
		}
		if _, trail := p.message(m.ID); len(trail) != 8 || trail[6].Class != mail.Deferred || trail[7].Class != mail.Expired {
			t.Errorf("trail %+v", trail)
		}
	})
}

func TestAMessageWhoseTimeRunsOutWhileItIsComposedIsNotSent(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		p.compose = func(m mail.Message) (*mail.Composed, error) {
			c.Set(m.Expires)
			return &mail.Composed{}, nil
		}
		p.start()
		p.enqueue(mail.Message{Expires: c.Now().Add(time.Hour)})
		if got := p.next(); got.o.Class != mail.Expired || p.attempts.Load() != 0 {
			t.Errorf("%+v after %d attempts", got.o, p.attempts.Load())
		}
	})
}

func TestALetterThatCannotBeComposedIsTriedAgainAndOneWithNothingToSayIsDropped(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c)
		calls := 0
		p.compose = func(mail.Message) (*mail.Composed, error) {
			switch calls++; calls {
			case 1:
				return nil, errTest
			case 2:
				panic(errTest)
			}
			return nil, nil
		}
		p.start()
		m := p.enqueue(mail.Message{})
		for range 2 {
			if got := p.next(); got.o.Class != mail.Deferred || got.o.Text != "ours" {
				t.Errorf("%+v", got.o)
			}
			c.Advance(30 * time.Second)
			p.q.Wake()
		}
		if got := p.next(); got.o.Class != mail.Dropped || got.m.Attempts != 2 {
			t.Errorf("%+v", got)
		}
		if kept, _ := p.message(m.ID); kept.State != mail.Dropped || p.attempts.Load() != 0 {
			t.Errorf("%+v after %d attempts", kept, p.attempts.Load())
		}
	})
}

func TestMailPlannedForLaterWaitsForItsTime(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c).start().open()
		due := c.Now().Add(time.Hour)
		p.enqueue(mail.Message{Due: due})
		c.Set(due.Add(-time.Second))
		if n := p.look(); n != 0 {
			t.Error("it was leased early")
		}
		c.Set(due)
		p.q.Wake()
		p.next()
	})
}

func TestLowerLanesCannotStarveRecovery(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c, func(o *Options, _ *mail.Options) { o.Workers, o.Reserve = 3, 1 })
		hold := make(chan struct{})
		p.deliver = func(_ context.Context, letter *mail.Composed) mail.Outcome {
			if letter.To == "slow@example.org" {
				<-hold
			}
			return accepted
		}
		p.start().open()
		for range 20 {
			p.enqueue(mail.Message{Lane: mail.Notice, Address: "slow@example.org"})
		}
		for range 2 {
			receive(t, p.sent, "an attempt at a notice")
		}
		m := p.enqueue(mail.Message{Lane: mail.Recovery})
		if got := p.next(); got.m.ID != m.ID {
			t.Errorf("%+v came first", got.m)
		}
		if n := p.attempts.Load(); n != 3 {
			t.Errorf("%d attempts, want the two notices that have workers and the recovery", n)
		}
		close(hold)
		for range 20 {
			p.next()
		}
	})
}

func TestMailThatFindsNoRoomInMemoryIsSentAllTheSame(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		p := newPost(t, d, c, func(_ *Options, mo *mail.Options) { mo.Buffer = 2 }).start().open()
		seen := map[string]bool{}
		p.update(func(tx *db.Tx) error { // more than the buffer and its spare: some turn back
			for range 300 {
				if _, err := p.outbox.Enqueue(tx, mail.Message{Address: "amal@example.org"}); err != nil {
					return err
				}
			}
			return nil
		})
		for range 20 {
			p.enqueue(mail.Message{})
		}
		for range 320 {
			seen[p.next().m.ID] = true
		}
		if len(seen) != 320 || p.attempts.Load() != 320 {
			t.Errorf("%d messages in %d attempts", len(seen), p.attempts.Load())
		}
	})
}

func TestWaitsGrowToHalfAnHour(t *testing.T) {
	for attempts, want := range []time.Duration{
		0, 0, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute,
	} {
		if got := wait(attempts, 0.5); got != want {
			t.Errorf("after %d attempts %v, want %v", attempts, got, want)
		}
		low, high := wait(attempts, 0), wait(attempts, 0.9999)
		if low < want*9/10 || high > min(want*11/10, longestWait) || (want > 0 && low == high) {
			t.Errorf("after %d attempts from %v to %v", attempts, low, high)
		}
	}
}
