package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/testkit"
)

var ctx = context.Background()

// table makes a table for one test.
func table(t testing.TB, d *db.DB) {
	t.Helper()
	must(t, d.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE note (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`)
		return err
	}))
}

func insert(id string) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO note (id, n) VALUES ($1, $2)`, id, 1)
		return err
	}
}

func count(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	must(t, d.View(ctx, func(tx *db.Tx) error { return tx.QueryRow(`SELECT count(*) FROM note`).Scan(&n) }))
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUpdateIsThereForTheNextViewAndAFailedOneIsNot(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		must(t, d.Update(ctx, insert("a")))
		err := d.Update(ctx, func(tx *db.Tx) error {
			must(t, insert("b")(tx))
			return fault.New(fault.Refused, "no")
		})
		if fault.KindOf(err) != fault.Refused || count(t, d) != 1 {
			t.Errorf("error %v, rows %d", err, count(t, d))
		}
	})
}

func TestTimeStandsStillInATransaction(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		c.Set(time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.FixedZone("x", 3600)))
		must(t, d.Update(ctx, func(tx *db.Tx) error {
			before := tx.Now()
			c.Advance(time.Hour)
			if tx.Now() != before || before.Nanosecond() != 678_901_000 || before.Location() != time.UTC {
				t.Errorf("now %v", tx.Now())
			}
			if !db.Time(db.Micros(before)).Equal(before) || db.Micros(time.Time{}) != 0 || !db.Time(0).IsZero() {
				t.Error("a time is not read as it was written")
			}
			return nil
		}))
	})
}

func TestEffectsComeOnceAndOnlyAfterTheCommit(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		effects := 0
		must(t, d.Update(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { effects += count(t, d) })
			return insert("a")(tx)
		}))
		_ = d.Update(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { effects += 100 })
			return errors.New("no")
		})
		if effects != 1 {
			t.Errorf("effects %d", effects)
		}
	})
}

func TestAStatementThatFailedSpoilsTheUpdateEvenWhenItsErrorIsSwallowed(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		must(t, d.Update(ctx, insert("a")))
		err := d.Update(ctx, func(tx *db.Tx) error {
			must(t, insert("b")(tx))
			_ = insert("a")(tx)
			return nil
		})
		if err == nil || count(t, d) != 1 {
			t.Errorf("error %v, rows %d", err, count(t, d))
		}
	})
}

func TestNoRowIsNotAFailure(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		must(t, d.Update(ctx, func(tx *db.Tx) error {
			var n int
			if err := tx.QueryRow(`SELECT n FROM note WHERE id = $1`, "none").Scan(&n); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("got %v", err)
			}
			return insert("a")(tx)
		}))
	})
}

func TestAViewCannotWriteAndATransactionThatIsOverIsUseless(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		if err := d.View(ctx, insert("a")); err == nil || count(t, d) != 0 {
			t.Error("a view wrote")
		}
		var kept *db.Tx
		must(t, d.Update(ctx, func(tx *db.Tx) error { kept = tx; return nil }))
		if _, err := kept.Exec(`DELETE FROM note`); err == nil {
			t.Error("a transaction lived on")
		}
	})
}

func TestALookSeesOneStatementAndNoMore(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		table(t, d)
		must(t, d.Update(ctx, insert("a")))
		look := func(queries ...string) error {
			return d.Look(ctx, func(tx *db.Tx) error {
				for _, q := range queries {
					n := 0
					if err := tx.QueryRow(q).Scan(&n); err != nil {
						return err
					}
					if n != 1 {
						t.Errorf("%s gave %d", q, n)
					}
				}
				return nil
			})
		}
		must(t, look(`SELECT count(*) FROM note`))
		if look(`SELECT count(*) FROM note`, `SELECT count(*) FROM note`) == nil {
			t.Error("a second statement was run, which may see another state")
		}
		if look(`DELETE FROM note RETURNING n`) == nil || count(t, d) != 1 {
			t.Error("a look wrote")
		}
		must(t, look(`SELECT count(*) FROM note`)) // the refused one is of no consequence
	})
}

func TestUpdateInsideUpdatePanics(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		for name, outer := range map[string]func(context.Context, func(*db.Tx) error) error{"update": d.Update, "view": d.View} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("Update inside %s did not panic", name)
					}
				}()
				_ = outer(ctx, func(*db.Tx) error { return d.Update(ctx, func(*db.Tx) error { return nil }) })
			}()
		}
		must(t, d.Update(ctx, func(*db.Tx) error { return nil })) // and nothing is stuck
	})
}

// TestThoseWhoFailTakeNobodyWithThem runs many updates at once; some fail, panic,
// leave by Goexit or break a constraint. Whoever was told "done" is there, once,
// and nobody else.
func TestThoseWhoFailTakeNobodyWithThem(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		table(t, d)
		must(t, d.Update(ctx, insert("taken")))
		var good atomic.Int64
		var wg sync.WaitGroup
		for i := range 400 {
			wg.Go(func() {
				defer func() {
					if p := recover(); p != nil && p != "on purpose" {
						t.Errorf("panic %v", p)
					}
				}()
				effects := 0
				err := d.Update(ctx, func(tx *db.Tx) error {
					tx.AfterCommit(func() { effects++ })
					if err := insert(fmt.Sprint("n", i))(tx); err != nil {
						return err
					}
					switch i % 8 {
					case 1:
						return errors.New("changed its mind")
					case 2:
						panic("on purpose")
					case 3:
						runtime.Goexit()
					case 4:
						return insert("taken")(tx)
					}
					return nil
				})
				if want := i%8 == 0 || i%8 > 4; (err == nil) != want || (effects == 1) != want {
					t.Errorf("update %d: error %v, effects %d", i, err, effects)
				} else if want {
					good.Add(1)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != int(good.Load())+1 || good.Load() != 200 {
			t.Errorf("%d rows, %d were told so", n-1, good.Load())
		}
	})
}

func TestAWaitingUpdateWhoseCallerLeftDoesNotRunAndARunningOneIsNotInterrupted(t *testing.T) {
	d, _ := testkit.SQLite(t)
	table(t, d)
	leaving, leave := context.WithCancel(ctx)
	running, waiting := make(chan struct{}), make(chan error, 1)
	release := make(chan struct{})
	go func() {
		waiting <- d.Update(leaving, func(tx *db.Tx) error {
			close(running)
			<-release
			return insert("runs")(tx)
		})
	}()
	<-running
	second := make(chan error, 1)
	go func() { second <- d.Update(leaving, insert("waits")) }()
	leave()
	close(release)
	if err := <-waiting; err != nil {
		t.Errorf("the running one: %v", err)
	}
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the waiting one: %v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestTwoUpdatesThatDeadlockAreBothDone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		if d.Engine() == db.SQLite {
			return // its one writer cannot deadlock
		}
		table(t, d)
		must(t, d.Update(ctx, insert("a")))
		must(t, d.Update(ctx, insert("b")))
		add := func(tx *db.Tx, id string) error {
			_, err := tx.Exec(`UPDATE note SET n = n + 1 WHERE id = $1`, id)
			return err
		}
		var both, wg sync.WaitGroup
		both.Add(2)
		for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
			runs := 0
			wg.Go(func() {
				err := d.Update(ctx, func(tx *db.Tx) error {
					if err := add(tx, order[0]); err != nil {
						return err
					}
					if runs++; runs == 1 { // each holds its first row before it wants the other's
						both.Done()
						both.Wait()
					}
					return add(tx, order[1])
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var sum int
		must(t, d.View(ctx, func(tx *db.Tx) error { return tx.QueryRow(`SELECT sum(n) FROM note`).Scan(&sum) }))
		if sum != 6 {
			t.Errorf("sum %d", sum)
		}
	})
}

func TestRowsOfOneTextCanBeReadWhileItRunsAgain(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		if d.Engine() == db.Postgres {
			return // its protocol reads one answer at a time
		}
		table(t, d)
		for _, id := range []string{"a", "b", "c"} {
			must(t, d.Update(ctx, insert(id)))
		}
		seen := ""
		must(t, d.View(ctx, func(tx *db.Tx) error {
			outer, err := tx.Query(`SELECT id FROM note ORDER BY id`)
			must(t, err)
			for outer.Next() {
				inner, err := tx.Query(`SELECT id FROM note ORDER BY id`)
				must(t, err)
				for inner.Next() {
					var id string
					must(t, inner.Scan(&id))
					seen += id
				}
				must(t, inner.Err())
			}
			return outer.Err()
		}))
		if seen != "abcabcabc" {
			t.Errorf("read %q", seen)
		}
	})
}

func TestAClosedDatabaseSaysSoAndLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t)
	d, err := db.Open(ctx, db.Options{URL: filepath.Join(t.TempDir(), "a b?%.db")})
	must(t, err)
	must(t, d.Ping(ctx))
	must(t, d.Close())
	if err := d.Update(ctx, func(*db.Tx) error { return nil }); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestABadAddressSaysWhatToDo(t *testing.T) {
	for _, address := range []string{"", ":memory:", "mysql://x", filepath.Join(t.TempDir(), "no", "such", "folder.db")} {
		_, err := db.Open(ctx, db.Options{URL: address})
		if err == nil || !strings.Contains(err.Error(), "--db") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestASchemaThatIsNotOursIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kb.db")
	if _, err := db.Open(ctx, db.Options{URL: path, NoMigrate: true}); err == nil || !strings.Contains(err.Error(), "keyback migrate") {
		t.Errorf("an old schema: %v", err)
	}
	d, err := db.Open(ctx, db.Options{URL: path})
	must(t, err)
	must(t, d.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
		return err
	}))
	must(t, d.Close())
	if _, err := db.Open(ctx, db.Options{URL: path}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer schema: %v", err)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, clients := range []int{1, 32} {
		b.Run(fmt.Sprintf("SQLite/%d", clients), func(b *testing.B) {
			d, _ := testkit.SQLite(b)
			table(b, d)
			var n atomic.Int64
			b.SetParallelism(clients / runtime.GOMAXPROCS(0))
			if clients == 1 {
				for b.Loop() {
					must(b, d.Update(ctx, insert(fmt.Sprint("n", n.Add(1)))))
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					must(b, d.Update(ctx, insert(fmt.Sprint("n", n.Add(1)))))
				}
			})
		})
	}
}

func TestWhoeverFailsByWhatAnotherDidFindsItDone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		table(t, d)
		there := errors.New("it is there already")
		count := func(tx *db.Tx, id string) (n int, err error) {
			err = tx.QueryRow(`SELECT count(*) FROM note WHERE id = $1`, id).Scan(&n)
			return n, err
		}
		for round := range 100 {
			id := fmt.Sprint(round)
			var race sync.WaitGroup
			for range 4 {
				race.Go(func() {
					err := d.Update(ctx, func(tx *db.Tx) error {
						if n, err := count(tx, id); err != nil || n > 0 {
							return errors.Join(err, there)
						}
						_, err := tx.Exec(`INSERT INTO note (id, n) VALUES ($1, 1) ON CONFLICT (id) DO NOTHING`, id)
						return err
					})
					if !errors.Is(err, there) {
						return
					}
					if err := d.View(ctx, func(tx *db.Tx) error {
						n, err := count(tx, id)
						if err == nil && n != 1 {
							err = fmt.Errorf("round %s: %d rows", id, n)
						}
						return err
					}); err != nil {
						t.Errorf("it was told that it is there, and it is not: %v", err)
					}
				})
			}
			race.Wait()
		}
	})
}
