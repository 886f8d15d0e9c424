package record_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"keyback/internal/db"
	"keyback/internal/fault"
	"keyback/internal/record"
	"keyback/internal/record/tree"
	"keyback/internal/testkit"
)

func TestACheckpointHoldsWhatWasCommittedBeforeIt(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, c *testkit.Clock) {
		l := open(t, d)
		for _, n := range []int{0, 1, 255, 256, 257, 600} {
			before, err := l.Latest(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			fill(t, d, l, n)
			at := checkpoint(t, l)
			if at.Size != before.Size+int64(n) {
				t.Fatalf("after %d leaves on %d the checkpoint has %d", n, before.Size, at.Size)
			}
			if again := checkpoint(t, l); again.Note != at.Note {
				t.Error("asked again, it is another one")
			}
			if newest, err := l.Latest(context.Background()); err != nil || newest.Note != at.Note || !newest.Signed.Equal(at.Signed) {
				t.Errorf("the newest is %q, %v", newest.Note, err)
			}
			found, err := l.Sealed(context.Background(), strings.ToLower(at.Seal()))
			if err != nil || len(found) != 1 || found[0].Note != at.Note {
				t.Errorf("by its seal %s one finds %v, %v", at.Seal(), found, err)
			}
			if _, proof, err := l.ProveSince(context.Background(), before.Checkpoint); err != nil || at.CheckExtends(before.Checkpoint, proof) != nil {
				t.Errorf("it cannot be proved to extend the one before: %v", err)
			}
		}
	})
}

func TestEveryLeafCanBeProved(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		l := open(t, d)
		fill(t, d, l, 700)
		checkpoint(t, l)
		for _, party := range []string{record.Claimant, record.Holder} {
			for _, leaf := range leaves(t, l, "rec_2", party) {
				c, proofs, err := l.Prove(context.Background(), leaf.Position)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.CheckLeaf(leaf.Position, leaf.Bytes, proofs[0]); err != nil {
					t.Error(err)
				}
			}
		}
		if _, _, err := l.Prove(context.Background(), 700); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a leaf that is not there: %v", err)
		}
	})
}

func TestASealNobodyWasShownIsNotFound(t *testing.T) {
	d, _ := testkit.SQLite(t)
	l := open(t, d)
	if _, err := l.Sealed(context.Background(), "KF3A-9C1E"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := l.Sealed(context.Background(), "what?"); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestTheSigningKeyLivesInAFileOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.key")
	made, err := record.CreateSigner(path, origin)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := record.LoadSigner(path)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tree.Sign(tree.Checkpoint{Origin: origin}, made)
	if err != nil {
		t.Fatal(err)
	}
	public, err := note.NewVerifier(loaded.Public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Open(signed, note.VerifierList(public)); err != nil {
		t.Errorf("what the new key signed, the public half of the loaded one does not open: %v", err)
	}
	if _, err := record.CreateSigner(path, origin); err == nil {
		t.Error("it was overwritten")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := record.LoadSigner(path); fault.KindOf(err) != fault.Refused {
		t.Errorf("readable by others: %v", err)
	}
	if _, err := record.LoadSigner(path + "x"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("missing: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad.key")
	for _, text := range []string{"", "PRIVATE+KEY+", "PRIVATE+KEY+a+00000000+AAAA", "keyback-key-1:AAAA"} {
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := record.LoadSigner(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := record.CreateSigner(filepath.Join(t.TempDir(), "k"), "two words"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a name with a blank: %v", err)
	}
}

func TestANewSigningKeyGoesOnOnlyWhereTheOlderIsNamed(t *testing.T) {
	testkit.Each(t, func(t *testing.T, d *db.DB, _ *testkit.Clock) {
		old, fresh := newKeys(t), newKeys(t)
		fill(t, d, old.log(d), 30)
		before := checkpoint(t, old.log(d))

		alone := record.New(record.Options{DB: d, Signer: fresh.signer, Wrap: old.wrap})
		fill(t, d, alone, 1)
		if _, err := alone.Checkpoint(context.Background()); !errors.Is(err, record.ErrAltered) {
			t.Fatalf("without the older key: %v", err)
		}
		l := record.New(record.Options{DB: d, Signer: fresh.signer, Older: []note.Verifier{old.signer.Verifier}, Wrap: old.wrap})
		after := checkpoint(t, l)
		if _, err := tree.Open([]byte(after.Note), note.VerifierList(fresh.signer.Verifier)); err != nil {
			t.Error(err)
		}
		verify(t, l, 31, before.Checkpoint)
	})
}
