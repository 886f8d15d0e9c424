package account

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func with(id ID, emails ...string) Account {
	a := Account{ID: id, Name: string(id)}
	for _, email := range emails {
		a.Addresses = append(a.Addresses, Address{Email: email})
	}
	return a
}

func TestMailGoesOnlyToTheAddressThatWasAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		typed   string
		found   []Account
		want    []ID
		mailbox string
	}{
		"the stored bytes, not the typed ones": {"MARIA@EXAMPLE.COM", []Account{with("a", "Maria@example.com")}, []ID{"a"}, "Maria@example.com"},
		"another's account is dropped": {
			"maria@example.com", []Account{with("evil", "evil@example.org"), with("a", "maria@example.com"), with("none")}, []ID{"a"}, "maria@example.com",
		},
		"only strangers":             {"maria@example.com", []Account{with("evil", "evil@example.org")}, nil, ""},
		"a second address":           {"m@example.org", []Account{with("a", "maria@example.com", "m@example.org")}, []ID{"a"}, "m@example.org"},
		"a shared mailbox":           {"o@example.com", []Account{with("a", "o@example.com"), with("b", "x@example.com", "o@example.com")}, []ID{"a", "b"}, "o@example.com"},
		"a domain has no case":       {"o@example.com", []Account{with("a", "o@Example.com"), with("b", "o@example.com")}, []ID{"a", "b"}, "o@Example.com"},
		"twins, one typed":           {"Robin@example.com", []Account{with("a", "robin@example.com"), with("b", "Robin@example.com")}, []ID{"b"}, "Robin@example.com"},
		"twins, neither typed":       {"ROBIN@example.com", []Account{with("a", "robin@example.com"), with("b", "Robin@example.com")}, nil, ""},
		"twins in one account":       {"ROBIN@example.com", []Account{with("a", "robin@example.com", "Robin@example.com")}, nil, ""},
		"the same account twice":     {"o@example.com", []Account{with("a", "o@example.com"), with("a", "o@example.com")}, []ID{"a"}, "o@example.com"},
		"two ways to write a letter": {"jos\u0065\u0301@example.com", []Account{with("a", "josé@example.com")}, []ID{"a"}, "josé@example.com"},
		"an accent is a letter":      {"jose@example.com", []Account{with("a", "josé@example.com")}, nil, ""},
		"an address with a tail":     {"maria@example.com", []Account{with("a", "maria@example.com\r\nBcc: evil@example.org"), with("b", "maria@example.com,evil@example.org")}, nil, ""},
		"what is no address":         {"maria@example.com,evil@example.org", []Account{with("a", "maria@example.com")}, nil, ""},
	} {
		check(t, name, Query{Address: c.typed}, c.found, c.want, c.mailbox)
	}
}

func TestANameNamesOneAccount(t *testing.T) {
	maria, shout := with("maria", "m@example.com"), with("MARIA", "big@example.com")
	for name, c := range map[string]struct {
		typed   string
		found   []Account
		want    []ID
		mailbox string
	}{
		"in any case":        {"Maria", []Account{maria}, []ID{"maria"}, "m@example.com"},
		"exact bytes win":    {"MARIA", []Account{maria, shout}, []ID{"MARIA"}, "big@example.com"},
		"neither is typed":   {"Maria", []Account{maria, shout}, nil, ""},
		"another's account":  {"maria", []Account{with("evil", "e@example.com")}, nil, ""},
		"without an address": {"x", []Account{with("x")}, []ID{"x"}, ""},
		"a broken address":   {"x", []Account{with("x", "a@b.com,c@d.com", "x@example.com")}, []ID{"x"}, "x@example.com"},
		"a look-alike":       {"\u212Aim", []Account{with("kim", "k@example.com")}, nil, ""},
	} {
		check(t, name, Query{Name: c.typed}, c.found, c.want, c.mailbox)
	}
	check(t, "an id", Query{ID: "MARIA"}, []Account{maria, shout}, []ID{"MARIA"}, "big@example.com")
	check(t, "nothing asked", Query{}, []Account{maria}, nil, "")
}

func check(t *testing.T, name string, q Query, found []Account, want []ID, mailbox string) {
	t.Helper()
	kept, to := Match(q, found)
	var got []ID
	for _, a := range kept {
		got = append(got, a.ID)
	}
	if !slices.Equal(got, want) || to != mailbox {
		t.Errorf("%s: %q by a letter to %q, want %q by %q", name, got, to, want, mailbox)
	}
}

// Whatever a directory answers, every account kept has the mailbox written to, and
// that mailbox answers to what was typed.
func TestNoAnswerOfADirectoryMovesALetter(t *testing.T) {
	emails := []string{"a@x.com", "A@x.com", "a@X.com", "b@x.com", "a@x.com,b@x.com", "\u0430@x.com", "", "a@x.com "}
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.SampledFrom(emails).Draw(t, "typed")
		var found []Account
		for i, list := range rapid.SliceOf(rapid.SliceOfN(rapid.SampledFrom(emails), 0, 3)).Draw(t, "found") {
			found = append(found, with(ID(fmt.Sprint(i)), list...))
		}
		kept, mailbox := Match(Query{Address: typed}, found)
		if (len(kept) == 0) != (mailbox == "") || len(kept) > MaxFound {
			t.Fatalf("%d accounts by a letter to %q", len(kept), mailbox)
		}
		if mailbox == "" {
			return
		}
		asked, _ := parseMailbox(typed)
		to, ok := parseMailbox(mailbox)
		if !ok || to.canonical() != asked.canonical() {
			t.Fatalf("asked for %q, wrote to %q", typed, mailbox)
		}
		for _, a := range kept {
			if !slices.ContainsFunc(a.Addresses, func(s Address) bool { m, ok := parseMailbox(s.Email); return ok && m.same(to) }) {
				t.Fatalf("%q is told of account %v", mailbox, a)
			}
		}
	})
}
