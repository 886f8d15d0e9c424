package seal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAKeyFileIsReadBackAndNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	made, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if made.Derive("token") != loaded.Derive("token") || made.Derive("token") == made.Derive("pepper") {
		t.Error("derived keys must depend on the file and the purpose alone")
	}
	if _, err := Create(path); err == nil {
		t.Error("a key file was overwritten")
	}
}

func TestAKeyFileThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := Create(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoKeyFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "short": header + "AAAA", "other": "-----BEGIN PRIVATE KEY-----"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "not a key file") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "keyback key create") {
		t.Errorf("a missing file: got %v", err)
	}
}

func TestABoxOpensOnlyWhereItBelongs(t *testing.T) {
	k := New()
	box := k.Wrap([]byte("secret"), []byte("row 1"))
	if plain, err := k.Unwrap(box, []byte("row 1")); err != nil || string(plain) != "secret" {
		t.Fatalf("%q %v", plain, err)
	}
	if _, err := k.Unwrap(box, []byte("row 2")); err == nil {
		t.Error("a box moved to another row opened")
	}
	if _, err := New().Unwrap(box, []byte("row 1")); err == nil {
		t.Error("another key opened the box")
	}
	for i := range box {
		bad := append([]byte{}, box...)
		bad[i] ^= 1
		if _, err := k.Unwrap(bad, []byte("row 1")); err == nil {
			t.Errorf("a box changed at byte %d opened", i)
		}
	}
}
