// Package directorytest is what every directory must do, as one suite that each
// of them runs. Only tests import it.
package directorytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyback/internal/account"
	"keyback/internal/fault"
	"keyback/internal/policy"
	"keyback/internal/testkit"
)

// Account is one that a directory is filled with. Its password is Password.
type Account struct {
	Name        string
	Emails      []string
	Unconfirmed []string
	Protection  policy.Protection
	Locked      bool // by an operator
	Language    string
}

// Password opens every account to begin with.
const Password = "a lantern in the orchard"

// Directory is what the suite needs.
type Directory interface {
	account.Directory
	account.PasswordChecker
}

// Open fills a fresh directory that lives by a clock.
type Open func(t *testing.T, c *testkit.Clock, accounts []Account) Directory

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, *subject){
		"AnAccountIsFoundByAddressNameAndId":               found,
		"WhatNobodyConfirmedFindsNobody":                   unconfirmed,
		"AccountsThatShareAMailboxAreFoundTogether":        shared,
		"TwinsAreToldApartByTheBytesTyped":                 twins,
		"ALetterNeverOffersMoreThanEight":                  atMostEight,
		"LookAlikesFindNobody":                             lookAlikes,
		"APasswordOpensItsAccountAlone":                    passwords,
		"TenWrongPasswordsInARowLock":                      tenWrong,
		"ARightPasswordForgivesTheWrongOnesBefore":         forgiven,
		"AnUnlockLeavesAnOperatorsLockAlone":               operatorsLock,
		"AFrozenAccountOpensForNobodyUntilItThaws":         frozen,
		"AChangeIsAppliedOnceForItsKey":                    once,
		"AKeyAskedForByManyAtOnceIsAppliedOnce":            atOnce,
		"AKeyBelongsToOneAccount":                          anothersKey,
		"AChangeToNobodyIsRefusedForGood":                  nobody,
		"ANewPasswordReplacesTheOld":                       newPassword,
		"GuessesMadeAtTheSameMomentAreCountedOneByOne":     atTheSameMoment,
		"AnAddressIsYoungForAWeek":                         young,
		"WhatADirectoryKnowsOfAnAccountComesWithTheAnswer": described,
	} {
		t.Run(name, func(t *testing.T) {
			c := testkit.NewClock()
			test(t, &subject{t: t, Directory: open(t, c, accounts()), clock: c})
		})
	}
}

func accounts() []Account {
	all := []Account{
		{Name: "maria", Emails: []string{"Maria@example.com", "m.lind@example.org"}, Language: "de"},
		{Name: "cafe", Emails: []string{"office@example.com"}},
		{Name: "bakery", Emails: []string{"office@example.com"}, Protection: policy.Protected},
		{Name: "twin-one", Emails: []string{"robin@example.org"}},
		{Name: "twin-two", Emails: []string{"Robin@example.org"}},
		{Name: "grace", Emails: []string{"grace@example.com"}, Unconfirmed: []string{"new@example.org"}},
		{Name: "oscar", Emails: []string{"oscar@example.com"}, Locked: true},
		{Name: "kim", Emails: []string{"kim@example.com"}, Protection: policy.Guarded},
	}
	for i := range 10 {
		all = append(all, Account{Name: fmt.Sprintf("crowd-%d", i), Emails: []string{"crowd@example.com"}})
	}
	return all
}

// subject is a directory under test, with sentences to ask of it.
type subject struct {
	Directory
	t     *testing.T
	clock *testkit.Clock
}

func (s *subject) find(q account.Query) []account.Account {
	s.t.Helper()
	found, err := s.Find(context.Background(), q)
	if err != nil {
		s.t.Fatalf("find %+v: %v", q, err)
	}
	return found
}

// finds checks which accounts a letter to a typed address would offer.
func (s *subject) finds(address string, want ...string) {
	s.t.Helper()
	q := account.Query{Address: address}
	kept, mailbox := account.Match(q, s.find(q))
	var names []string
	for _, a := range kept {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) || (len(want) > 0) != (mailbox != "") {
		s.t.Errorf("%q offers %q by a letter to %q, want %q", address, names, mailbox, want)
	}
}

func (s *subject) named(name string) account.Account {
	s.t.Helper()
	found := s.find(account.Query{Name: name})
	if len(found) != 1 {
		s.t.Fatalf("%d accounts are called %s", len(found), name)
	}
	return found[0]
}

// opens checks whether a password opens an account; login is read as on a page.
func (s *subject) opens(login, password string, want bool) {
	s.t.Helper()
	q := account.Query{Name: login}
	if strings.Contains(login, "@") {
		q = account.Query{Address: login}
	}
	a, ok, err := s.Check(context.Background(), q, password)
	if err != nil || ok != want || !ok && a.ID != "" {
		s.t.Errorf("%s with %q: %v, %v (account %q); want %v", login, password, ok, err, a.ID, want)
	}
}

func (s *subject) change(c account.Change, want account.Result) {
	s.t.Helper()
	got, err := s.Change(context.Background(), c)
	if err != nil || got != want {
		s.t.Errorf("change %s: %v, %v; want %v", c.Key, got, err, want)
	}
}

func (s *subject) applied(key string, want account.Result) {
	s.t.Helper()
	got, err := s.Applied(context.Background(), key)
	if err != nil || got != want {
		s.t.Errorf("applied %s: %v, %v; want %v", key, got, err, want)
	}
}

func (s *subject) lock(name string, want account.Lock) {
	s.t.Helper()
	if got := s.named(name).Lock; got != want {
		s.t.Errorf("%s has lock %v, want %v", name, got, want)
	}
}

func (s *subject) miss(name string, times int) {
	s.t.Helper()
	for range times {
		s.opens(name, "not this one", false)
	}
}

func found(t *testing.T, s *subject) {
	maria := s.named("MARIA")
	if byID := s.find(account.Query{ID: maria.ID}); len(byID) != 1 || byID[0].Name != "maria" {
		t.Errorf("by id: %+v", byID)
	}
	for _, address := range []string{"maria@example.com", "MARIA@EXAMPLE.COM", "m.lind@Example.org"} {
		s.finds(address, "maria")
	}
	s.finds("nobody@example.com")
	if n := len(s.find(account.Query{Name: "nobody"})) + len(s.find(account.Query{ID: "acc_nobody"})); n != 0 {
		t.Errorf("%d accounts found for nobody", n)
	}
}

func unconfirmed(t *testing.T, s *subject) {
	s.finds("new@example.org")
	s.opens("new@example.org", Password, false)
	if got := s.named("grace").Addresses; len(got) != 1 || got[0].Email != "grace@example.com" {
		t.Errorf("confirmed addresses: %+v", got)
	}
}

func shared(_ *testing.T, s *subject) { s.finds("office@example.com", "cafe", "bakery") }

func twins(_ *testing.T, s *subject) {
	s.finds("robin@example.org", "twin-one")
	s.finds("Robin@EXAMPLE.org", "twin-two")
	s.finds("ROBIN@example.org")
}

func atMostEight(t *testing.T, s *subject) {
	if n := len(s.find(account.Query{Address: "crowd@example.com"})); n != account.MaxFound {
		t.Errorf("%d accounts offered", n)
	}
}

func lookAlikes(t *testing.T, s *subject) {
	for _, address := range []string{
		"\u212Aim@example.com", "k\u0131m@example.com", "ｋim@example.com", "kím@example.com", "ki\u0301m@example.com",
		"kim@ｅxample.com", "kim@exampIe.com", "kim@example.com\n", "kim@example.com,maria@example.com", "kim@example.com%00", "' OR 1=1 --@example.com",
	} {
		s.finds(address)
	}
	for _, name := range []string{"\u212Aim", "k\u0131m", "ｋim", "kím", "kim\x00", "k%", "' OR ''='"} {
		if found := s.find(account.Query{Name: name}); len(found) != 0 {
			t.Errorf("%q finds %s", name, found[0].Name)
		}
	}
}

func passwords(_ *testing.T, s *subject) {
	s.opens("maria", Password, true)
	s.opens("Maria", Password, true)
	s.opens("maria@example.com", Password, true)
	s.opens("maria", Password+" ", false)
	s.opens("maria", strings.ToUpper(Password), false)
	s.opens("maria", "", false)
	s.opens("nobody", Password, false)
	s.opens("nobody@example.com", Password, false)
	s.opens("office@example.com", Password, false) // whose?
	s.opens("oscar", Password, false)
}

func tenWrong(_ *testing.T, s *subject) {
	s.miss("maria", 9)
	s.lock("maria", account.NotLocked)
	s.miss("maria@example.com", 1)
	s.lock("maria", account.LockedByFailures)
	s.opens("maria", Password, false)
	s.clock.Advance(365 * 24 * time.Hour)
	s.opens("maria", Password, false)
	s.change(account.Change{Key: "rec_1", Account: s.named("maria").ID, Unlock: true}, account.Done)
	s.lock("maria", account.NotLocked)
	s.opens("maria", Password, true)
	s.lock("cafe", account.NotLocked)
}

func forgiven(_ *testing.T, s *subject) {
	for range 3 {
		s.miss("maria", 9)
		s.opens("maria", Password, true)
	}
	s.lock("maria", account.NotLocked)
}

func operatorsLock(_ *testing.T, s *subject) {
	s.lock("oscar", account.LockedByOperator)
	s.miss("oscar", 12)
	s.change(account.Change{Key: "rec_1", Account: s.named("oscar").ID, Unlock: true, Password: "a new one, long enough"}, account.Done)
	s.lock("oscar", account.LockedByOperator)
	s.opens("oscar", "a new one, long enough", false)
}

func frozen(t *testing.T, s *subject) {
	maria, until := s.named("maria").ID, s.clock.Now().Add(72*time.Hour).Truncate(time.Second)
	s.change(account.Change{Key: "stop_1", Account: maria, Freeze: until}, account.Done)
	if got := s.named("maria").FrozenUntil; !got.Equal(until) {
		t.Errorf("frozen until %v, want %v", got, until)
	}
	s.opens("maria", Password, false)
	s.change(account.Change{Key: "rec_1", Account: maria, Freeze: s.clock.Now().Add(-time.Second)}, account.Done)
	s.opens("maria", Password, true)
	s.change(account.Change{Key: "stop_2", Account: maria, Freeze: until}, account.Done)
	s.opens("maria", Password, false)
	s.clock.Set(until)
	s.opens("maria", Password, true)
}

func once(_ *testing.T, s *subject) {
	maria := s.named("maria").ID
	s.applied("rec_1", account.Unknown)
	s.change(account.Change{Key: "rec_1", Account: maria, Password: "the first of two words"}, account.Done)
	s.change(account.Change{Key: "rec_1", Account: maria, Password: "the second of two words"}, account.Done)
	s.applied("rec_1", account.Done)
	s.opens("maria", "the first of two words", true)
	s.opens("maria", "the second of two words", false)
}

func atOnce(t *testing.T, s *subject) {
	maria := s.named("maria").ID
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			got, err := s.Change(context.Background(), account.Change{Key: "rec_1", Account: maria, Password: fmt.Sprintf("password number %d", i)})
			if err != nil || got != account.Done {
				t.Errorf("change: %v, %v", got, err)
			}
		})
	}
	all.Wait()
	open := 0
	for i := range 8 {
		_, ok, err := s.Check(context.Background(), account.Query{Name: "maria"}, fmt.Sprintf("password number %d", i))
		if err != nil {
			t.Error(err)
		}
		if ok {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d of 8 passwords open the account", open)
	}
}

func anothersKey(t *testing.T, s *subject) {
	s.change(account.Change{Key: "rec_1", Account: s.named("maria").ID, Unlock: true}, account.Done)
	_, err := s.Change(context.Background(), account.Change{Key: "rec_1", Account: s.named("kim").ID, Password: "taken with another's key"})
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("another account's key: %v", err)
	}
	s.opens("kim", Password, true)
}

func nobody(_ *testing.T, s *subject) {
	s.change(account.Change{Key: "rec_1", Account: "acc_gone", Password: "long enough for anybody"}, account.Refused)
	s.change(account.Change{Key: "rec_1", Account: "acc_gone", Password: "long enough for anybody"}, account.Refused)
	s.applied("rec_1", account.Refused)
}

func newPassword(_ *testing.T, s *subject) {
	s.change(account.Change{Key: "rec_1", Account: s.named("maria").ID, Password: "ein Löffel im Fluß ☕", RecoveredUntil: s.clock.Now().Add(7 * 24 * time.Hour)}, account.Done)
	s.opens("maria", Password, false)
	s.opens("maria", "ein Löffel im Fluß ☕", true)
}

func atTheSameMoment(t *testing.T, s *subject) {
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			if _, ok, err := s.Check(context.Background(), account.Query{Name: "maria"}, "not this one"); ok || err != nil {
				t.Errorf("%v, %v", ok, err)
			}
		})
	}
	all.Wait()
	s.lock("maria", account.LockedByFailures)
}

func young(t *testing.T, s *subject) {
	if a := s.named("maria").Addresses[0]; !a.Young || a.Since.IsZero() {
		t.Errorf("on its first day: %+v", a)
	}
	s.clock.Advance(account.YoungFor)
	if a := s.named("maria").Addresses[0]; a.Young {
		t.Errorf("after a week: %+v", a)
	}
}

func described(t *testing.T, s *subject) {
	maria := s.named("maria")
	if maria.Language != "de" || len(maria.Addresses) != 2 || maria.Addresses[0].Email != "Maria@example.com" {
		t.Errorf("maria: %+v", maria)
	}
	for name, want := range map[string]policy.Protection{"maria": policy.Basic, "bakery": policy.Protected, "kim": policy.Guarded} {
		if got := s.named(name).Protection; got != want {
			t.Errorf("%s: protection %v", name, got)
		}
	}
}
