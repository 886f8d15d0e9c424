package local_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/account/directorytest"
	"keyback/internal/account/local"
	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/testkit"
)

// fast is a Hasher of tests: version 2 makes version 1 stale.
type fast struct {
	version       int
	verify, spend atomic.Int32
}

func (f *fast) Hash(_ context.Context, password string) (string, error) {
	sum := sha256.Sum256([]byte(password))
	return fmt.Sprintf("%d$%s", f.version, hex.EncodeToString(sum[:])), nil
}

func (f *fast) Verify(_ context.Context, encoded, password string) (ok, stale bool, err error) {
	f.verify.Add(1)
	version, hash, _ := strings.Cut(encoded, "$")
	sum := sha256.Sum256([]byte(password))
	return hash == hex.EncodeToString(sum[:]), version != fmt.Sprint(f.version), nil
}

func (f *fast) Spend(context.Context, string) error { f.spend.Add(1); return nil }

func TestLocalKeepsWhatEveryDirectoryPromises(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			directorytest.Run(t, func(t *testing.T, c *testkit.Clock, accounts []directorytest.Account) directorytest.Directory {
				d := open(t, c)
				l := local.New(local.Options{DB: d, Hasher: &fast{version: 1}})
				fill(t, d, l, accounts)
				return l
			})
		})
	}
}

func engines() map[string]func(*testing.T, *testkit.Clock) *db.DB {
	all := map[string]func(*testing.T, *testkit.Clock) *db.DB{
		"SQLite": func(t *testing.T, c *testkit.Clock) *db.DB { return testkit.Open(t, t.TempDir()+"/keyback.db", c) },
	}
	if os.Getenv(testkit.PostgresURL) != "" {
		all["PostgreSQL"] = func(t *testing.T, c *testkit.Clock) *db.DB {
			return testkit.Open(t, testkit.PostgresDatabase(t), c)
		}
	}
	return all
}

func fill(t *testing.T, d *db.DB, l *local.Local, accounts []directorytest.Account) {
	t.Helper()
	for _, a := range accounts {
		e := local.Entry{Name: a.Name, Password: directorytest.Password, Protection: a.Protection, Language: a.Language}
		for _, email := range a.Emails {
			e.Emails = append(e.Emails, local.Email{Address: email})
		}
		for _, email := range a.Unconfirmed {
			e.Emails = append(e.Emails, local.Email{Address: email, Unconfirmed: true})
		}
		added := add(t, l, e)
		if a.Locked {
			lock(t, d, l.Lock, added.ID)
		}
	}
}

func add(t *testing.T, l *local.Local, e local.Entry) account.Account {
	t.Helper()
	added, err := l.Add(context.Background(), e, nil)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func lock(t *testing.T, d *db.DB, do func(*db.Tx, account.ID) error, id account.ID) {
	t.Helper()
	if err := d.Update(context.Background(), func(tx *db.Tx) error { return do(tx, id) }); err != nil {
		t.Fatal(err)
	}
}

func TestAUserNameBelongsToOneAccount(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := local.New(local.Options{DB: d, Hasher: &fast{}})
		add(t, l, local.Entry{Name: "Renée", Emails: []local.Email{{Address: "r@example.com"}}})
		for _, name := range []string{"Renée", "renée", "Rene\u0301e"} {
			if _, err := l.Add(context.Background(), local.Entry{Name: name}, nil); fault.KindOf(err) != fault.Conflict {
				t.Errorf("%q: %v", name, err)
			}
		}
		add(t, l, local.Entry{Name: "Renee", Emails: []local.Email{{Address: "r@example.com"}}}) // an accent is a letter of its own
		for _, e := range []local.Entry{
			{Name: "ren@e"},
			{Name: ""},
			{Name: "two\nlines"},
			{Name: "bidi\u202e"},
			{Name: "ok", Emails: []local.Email{{Address: "a@x.com,b@y.com"}}},
			{Name: "ok", Emails: make([]local.Email, 11)},
		} {
			if _, err := l.Add(context.Background(), e, nil); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", e, err)
			}
		}
	})
}

func TestWhatBelongsToAnAdditionIsMadeWithItOrNotAtAll(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := local.New(local.Options{DB: d, Hasher: &fast{}})
		broken := errors.New("no leaf")
		_, err := l.Add(context.Background(), local.Entry{Name: "maria"}, func(*db.Tx, account.Account) error { return broken })
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if found, err := l.Find(context.Background(), account.Query{Name: "maria"}); err != nil || len(found) != 0 {
			t.Errorf("an account without its leaf: %v, %v", found, err)
		}
	})
}

func TestAnOperatorSeesAndUnlocksEverything(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		ctx := context.Background()
		l := local.New(local.Options{DB: d, Hasher: &fast{}})
		maria := add(t, l, local.Entry{Name: "maria", Password: "x", Emails: []local.Email{{Address: "m@example.com"}, {Address: "new@example.com", Unconfirmed: true}}}).ID
		for range 11 {
			if _, _, err := l.Check(ctx, account.Query{Name: "maria"}, "wrong"); err != nil {
				t.Fatal(err)
			}
		}
		lock(t, d, l.Lock, maria)
		seen, err := l.Show(ctx, maria)
		if err != nil || seen.Missed != 11 || seen.Lock != account.LockedByOperator || !seen.HasPassword ||
			len(seen.Addresses) != 1 || len(seen.Unconfirmed) != 1 || !seen.Created.Equal(c.Now()) {
			t.Errorf("shown: %+v, %v", seen, err)
		}
		lock(t, d, l.Unlock, maria)
		if _, ok, err := l.Check(ctx, account.Query{ID: maria}, "x"); !ok || err != nil {
			t.Errorf("after the unlock: %v, %v", ok, err)
		}
		if _, err := l.Show(ctx, "acc_nobody"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("nobody shown: %v", err)
		}
		err = d.Update(ctx, func(tx *db.Tx) error { return l.Lock(tx, "acc_nobody") })
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("nobody locked: %v", err)
		}
	})
}

func TestAListIsReadAPageAtATime(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := local.New(local.Options{DB: d, Hasher: &fast{}})
		for i := range 25 {
			add(t, l, local.Entry{Name: fmt.Sprintf("User-%02d", i), Emails: []local.Email{{Address: "a@example.com"}, {Address: "b@example.com"}}})
		}
		var names []string
		after := ""
		for {
			page, err := l.List(context.Background(), after, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, one := range page {
				names = append(names, one.Name)
			}
			after = names[len(names)-1]
		}
		if len(names) != 25 || names[0] != "User-00" || names[24] != "User-24" {
			t.Errorf("%d accounts: %q", len(names), names)
		}
	})
}

func TestAnAccountWithoutAPasswordOpensForNone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		h := &fast{}
		l := local.New(local.Options{DB: d, Hasher: h})
		add(t, l, local.Entry{Name: "maria"})
		if _, ok, err := l.Check(context.Background(), account.Query{Name: "maria"}, ""); ok || err != nil || h.spend.Load() != 1 {
			t.Errorf("%v, %v, %d hashes spent", ok, err, h.spend.Load())
		}
	})
}

func TestEveryCheckSpendsOneHashWhoeverIsNamed(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		ctx, h := context.Background(), &fast{}
		l := local.New(local.Options{DB: d, Hasher: h})
		add(t, l, local.Entry{Name: "open", Password: "right"})
		locked := add(t, l, local.Entry{Name: "locked", Password: "right"})
		frozen := add(t, l, local.Entry{Name: "frozen", Password: "right"})
		lock(t, d, l.Lock, locked.ID)
		if _, err := l.Change(ctx, account.Change{Key: "stop_1", Account: frozen.ID, Freeze: c.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		for _, q := range []account.Query{{Name: "open"}, {Name: "locked"}, {Name: "frozen"}, {Name: "nobody"}, {Address: "nobody@example.com"}, {Address: "not an address"}, {}} {
			before := h.verify.Load() + h.spend.Load()
			if _, ok, err := l.Check(ctx, q, "wrong"); ok || err != nil {
				t.Errorf("%+v: %v, %v", q, ok, err)
			}
			if n := h.verify.Load() + h.spend.Load() - before; n != 1 {
				t.Errorf("%+v: %d hashes", q, n)
			}
		}
		if rows := failures(t, d); len(rows) != 7 {
			t.Errorf("%d of 7 were counted: %v", len(rows), rows)
		}
	})
}

func failures(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	all := map[string]int{}
	err := d.View(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query(`SELECT key, missed FROM local_failure`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var key string
			var n int
			if err := rows.Scan(&key, &n); err != nil {
				return err
			}
			all[key] = n
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatNamesNobodyIsCountedWithoutBeingKept(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		ctx := context.Background()
		l := local.New(local.Options{DB: d, Hasher: &fast{}})
		maria := add(t, l, local.Entry{Name: "maria", Password: "x"})
		for _, q := range []account.Query{{Name: "my-secret-password"}, {Name: "MY-secret-password"}, {ID: maria.ID}} {
			if _, _, err := l.Check(ctx, q, "wrong"); err != nil {
				t.Fatal(err)
			}
		}
		rows := failures(t, d)
		for key, n := range rows {
			if strings.Contains(key, "secret") || len(key) != len(maria.ID) || key != string(maria.ID) && n != 2 {
				t.Errorf("row %q counts %d", key, n)
			}
		}
		c.Advance(48 * time.Hour)
		if err := l.Prune(ctx, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		if rows := failures(t, d); len(rows) != 1 || rows[string(maria.ID)] != 1 {
			t.Errorf("after pruning: %v", rows)
		}
	})
}

func TestAnOldHashIsMadeAnewAtSignIn(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		ctx := context.Background()
		maria := add(t, local.New(local.Options{DB: d, Hasher: &fast{version: 1}}), local.Entry{Name: "maria", Password: "x"}).ID
		l := local.New(local.Options{DB: d, Hasher: &fast{version: 2}})
		for _, password := range []string{"wrong", "x"} {
			if _, _, err := l.Check(ctx, account.Query{Name: "maria"}, password); err != nil {
				t.Fatal(err)
			}
			upgraded := strings.HasPrefix(stored(t, d, maria), "2$")
			if upgraded != (password == "x") {
				t.Errorf("after %q: upgraded %v", password, upgraded)
			}
		}
		if _, ok, err := l.Check(ctx, account.Query{Name: "maria"}, "x"); !ok || err != nil {
			t.Errorf("with the new hash: %v, %v", ok, err)
		}
	})
}

func stored(t *testing.T, d *db.DB, id account.ID) (encoded string) {
	t.Helper()
	err := d.View(context.Background(), func(tx *db.Tx) error {
		err := tx.QueryRow(`SELECT password FROM local_account WHERE id = $1`, string(id)).Scan(&encoded)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("no account %s", id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// slow lets a test change the password while a check of the old one runs.
type slow struct {
	fast
	verifying, goOn chan struct{}
}

func (s *slow) Verify(ctx context.Context, encoded, password string) (bool, bool, error) {
	s.verifying <- struct{}{}
	<-s.goOn
	return s.fast.Verify(ctx, encoded, password)
}

func TestAPasswordReplacedWhileItIsCheckedOpensNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		ctx, h := context.Background(), &slow{verifying: make(chan struct{}), goOn: make(chan struct{})}
		l := local.New(local.Options{DB: d, Hasher: h})
		maria := add(t, l, local.Entry{Name: "maria", Password: "old"}).ID
		opened := make(chan bool)
		go func() {
			_, ok, err := l.Check(ctx, account.Query{Name: "maria"}, "old")
			opened <- ok && err == nil
		}()
		<-h.verifying
		if _, err := l.Change(ctx, account.Change{Key: "rec_1", Account: maria, Password: "new"}); err != nil {
			t.Fatal(err)
		}
		h.goOn <- struct{}{}
		if <-opened {
			t.Error("the old password opened an account that already had a new one")
		}
	})
}
