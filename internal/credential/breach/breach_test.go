package breach

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"keyback/internal/fault"
)

func TestTheMostCommonPasswordsAreKnownInAnyCase(t *testing.T) {
	for password, want := range map[string]bool{"password": true, "PassWord": true, "qwertyuiop": true, "amber-canal-otter-plinth": false, "": false} {
		if got := ask(t, Common(), password); got != want {
			t.Errorf("%q: %v", password, got)
		}
	}
}

func TestAFolderOfPrefixesIsLookedUp(t *testing.T) {
	dir := t.TempDir()
	d := digest("hunter2 hunter2")
	write(t, filepath.Join(dir, d[:5]+".txt"), "0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n"+d[5:]+":17\r\n")
	padded := digest("padded")
	write(t, filepath.Join(dir, padded[:5]+".txt"), padded[5:]+":0\n")
	c, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !ask(t, c, "hunter2 hunter2") {
		t.Error("the password in the folder is not found")
	}
	if ask(t, c, "padded") {
		t.Error("a count of none is taken for a find")
	}
	if _, err := c.Breached(t.Context(), "a prefix that was not downloaded"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file is not told: %v", err)
	}
}

func TestASpoiltFileIsAnErrorAndNotANo(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, digest("x")[:5]+".txt"), "<html>Sign in to the hotel</html>\n")
	c, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Breached(t.Context(), "x"); !errors.Is(err, errLine) {
		t.Error(err)
	}
}

func TestASortedFileIsSearchedByHalves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pwned.txt")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "lines")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		last := rapid.Bool().Draw(t, "last line ends")
		lines := make([]string, n)
		for i := range lines {
			lines[i] = fmt.Sprintf("%s:%d", digest(fmt.Sprint("in ", i)), i%1_000_000*i+1)
		}
		slices.Sort(lines)
		text := strings.Join(lines, end)
		if last {
			text += end
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if hit, err := sorted(path).Breached(context.Background(), fmt.Sprint("in ", i)); !hit || err != nil {
				t.Fatalf("%d is not found: %v", i, err)
			}
			if hit, err := sorted(path).Breached(context.Background(), fmt.Sprint("out ", i)); hit || err != nil {
				t.Fatalf("out %d: %v %v", i, hit, err)
			}
		}
	})
}

func TestAFileThatIsNoListIsRefusedAtStart(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"words": "password\n123456\n", "long": strings.Repeat("A", 1000), "binary": "\x00\x01\x02"} {
		path := filepath.Join(dir, name)
		write(t, path, text)
		if _, err := Folder(path); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Folder(filepath.Join(dir, "nothing")); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestARangeServiceSeesFiveDigitsOnly(t *testing.T) {
	secret := digest("hunter2 hunter2")
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Add-Padding"))
		fmt.Fprintf(w, "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n%s:42", secret[5:])
	})
	if !ask(t, c, "hunter2 hunter2") {
		t.Error("the password is not found")
	}
	if want := []string{"/range/" + secret[:5] + " true"}; !slices.Equal(asked, want) {
		t.Errorf("%v, want %v", asked, want)
	}
}

func TestPaddingIsNoFind(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%s:0\r\n", digest("padded")[5:]) })
	if ask(t, c, "padded") {
		t.Error("a count of none is taken for a find")
	}
}

func TestAServiceThatAnswersBadlyIsAnError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a fault": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") },
		"no end": func(w http.ResponseWriter, _ *http.Request) { endless(w) },
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "900")
			fmt.Fprint(w, digest("x")[5:]+":1")
		},
		"a long line": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("A", 1<<17)) },
	} {
		if hit, err := serve(t, answer).Breached(t.Context(), "y"); hit || err == nil {
			t.Errorf("%s: %v %v", name, hit, err)
		} else if strings.Contains(err.Error(), digest("y")[:5]) {
			t.Errorf("%s: the error tells what was asked: %v", name, err)
		}
	}
}

func TestAServiceThatIsDownIsAnErrorWithoutTheDigitsAsked(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := Range(server.URL+"/range", server.Client())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Breached(t.Context(), "y"); err == nil || strings.Contains(err.Error(), digest("y")[:5]) {
		t.Error(err)
	}
}

func TestOnlyHTTPAddressesAreServices(t *testing.T) {
	for _, base := range []string{"", "api.pwnedpasswords.com/range/", "file:///etc/passwd", "https://", "https://a/range/?x=1", "http://a b/"} {
		if _, err := Range(base, http.DefaultClient); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestAServiceThatIsDownLocksNobodyOut(t *testing.T) {
	down := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	var told []error
	c := All(func(err error) { told = append(told, err) }, down, Common())
	if ask(t, c, "nine purple chairs sing") {
		t.Error("an unknown password is refused")
	}
	if !ask(t, c, "qwertyuiop") {
		t.Error("the common passwords no longer apply")
	}
	if len(told) != 2 || !strings.Contains(told[0].Error(), "502") {
		t.Errorf("the operator was told %v", told)
	}
}

func TestACancelledCallerGetsNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	down := serve(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := All(nil, down).Breached(ctx, "y"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzALineIsReadOrRefused(f *testing.F) {
	f.Add("0018A45C4D1DEF81644B54AB7F969B88D65:10\r")
	f.Add(":")
	f.Fuzz(func(t *testing.T, line string) {
		hash, found, err := counted(line, digestSize-prefixSize)
		if err != nil && (hash != "" || found) || err == nil && len(hash) != digestSize-prefixSize {
			t.Fatalf("%q: %q %v %v", line, hash, found, err)
		}
	})
}

func endless(w http.ResponseWriter) {
	line := []byte(digest("z")[5:] + ":1\r\n")
	for {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

func serve(t *testing.T, answer http.HandlerFunc) Checker {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := Range(server.URL+"/range/", server.Client())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(t *testing.T, c Checker, password string) bool {
	t.Helper()
	hit, err := c.Breached(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hit
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
