package attacks

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keyback/internal/account/local"
	"keyback/internal/demo/walk"
	"keyback/internal/testkit"
	"keyback/internal/testkit/stage"
)

var anyLink = regexp.MustCompile(`https?://[^\s<>"']+`)

// fetch does what scanners without a browser were seen to do with every link of a
// letter: HEAD, GET, redirects followed, then every form of the page sent as served,
// and every link of it followed once.
func fetch(t *testing.T, s *stage.Stage, v *stage.Visitor, links []string) {
	t.Helper()
	seen := map[string]bool{}
	for depth := range 3 {
		var further []string
		for _, link := range links {
			if seen[link] || !strings.HasPrefix(link, s.URL) {
				continue
			}
			seen[link] = true
			do(t, v, "HEAD", link, nil)
			p := do(t, v, "GET", link, nil)
			for _, f := range p.Forms() {
				if _, err := v.Send(f, nil); err != nil {
					t.Fatal(err)
				}
				do(t, v, "POST", f.Action, url.Values{})
				do(t, v, "POST", link, url.Values{})
			}
			for further0 := range p.Links() {
				further = append(further, further0)
			}
		}
		if depth == 0 && len(seen) < 3 {
			t.Errorf("the scanner found only %d links", len(seen))
		}
		links = further
	}
}

// untouched fails the test where a scan did more than look; then the holder, who
// comes after it, still gets in.
func untouched(t *testing.T, s *stage.Stage, l walk.Letter) {
	t.Helper()
	for what, query := range map[string]string{
		"recoveries not open any more": `SELECT count(*) FROM recovery WHERE state <> 'open'`,
		"changes":                      `SELECT count(*) FROM local_change`,
		"frozen accounts":              `SELECT count(*) FROM account_freeze`,
		"dead links":                   `SELECT count(*) FROM recovery WHERE counter > 1`,
	} {
		if n := count(t, s, query); n != 0 {
			t.Errorf("after the scan there are %d %s", n, what)
		}
	}
	holder := s.Visitor()
	if p := holder.Open(l.Link); !opens(p) {
		t.Fatalf("the holder finds %s: %s", p.URL.Path, p.Heading())
	}
	if p := set(t, s, holder, ""); !isSet(p) {
		t.Errorf("the holder cannot set a password: %s", p.Text())
	}
}

func TestAScannerThatFetchesAndPostsSpendsNothing(t *testing.T) {
	stage.Each(t, testkit.InCheckAll, stage.Options{Loose: true}, func(t *testing.T, s *stage.Stage) {
		s.Account("victim", "victim@example.com")
		s.Visitor().Ask("victim@example.com", "password")
		l := s.Letter("victim@example.com", "get back into", 1)
		links := append(anyLink.FindAllString(l.Text, -1), l.Link, l.Stop, s.URL+"/recover")
		fetch(t, s, s.Visitor(), links)
		for range 3 { // Outlook asks again and again, from elsewhere
			fetch(t, s, s.Visitor(), links)
		}
		untouched(t, s, l)
	})
}

func TestAScannerUnlocksNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	for range local.MostMisses {
		s.Visitor().SignIn("victim", "wrong")
	}
	s.Visitor().Ask("victim@example.com", "locked")
	l := s.Letter("victim@example.com", "", 1)
	fetch(t, s, s.Visitor(), append(anyLink.FindAllString(l.Text, -1), s.URL+"/recover"))
	if _, ok := s.Visitor().SignIn("victim", stage.Password); ok {
		t.Error("a scanner opened the account")
	}
	holder := s.Visitor()
	if p := holder.Fill(holder.Open(l.Link), "yes", map[string]string{"yes": "yes"}); p.URL.Path != "/recover/done" {
		t.Errorf("the holder finds %s: %s", p.URL.Path, p.Heading())
	}
	unchanged(t, s, "victim")
}

func TestAScannerWithABrowserThatClicksEverythingSpendsNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	s.Visitor().Ask("victim@example.com", "password")
	l := s.Letter("victim@example.com", "get back into", 1)
	testkit.Node(t, "scanner.mjs", "LINKS="+strings.Join([]string{l.Link, l.Stop}, "\n"))
	untouched(t, s, l)
}

func TestAScannerThatReadsTheNoticeStopsNothing(t *testing.T) {
	s := stage.Open(t, stage.Options{Loose: true})
	s.Account("victim", "victim@example.com")
	s.Visitor().Ask("victim@example.com", "password")
	holder := s.Visitor()
	holder.Open(s.Letter("victim@example.com", "get back into", 1).Link)
	set(t, s, holder, "")
	notice := s.Letter("victim@example.com", "password was changed", 1)
	fetch(t, s, s.Visitor(), append(anyLink.FindAllString(notice.Text, -1), notice.Stop, s.URL+"/stop", s.URL+"/help"))
	if n := count(t, s, `SELECT count(*) FROM account_freeze`); n != 0 {
		t.Error("a scanner froze the account")
	}
	if _, ok := s.Visitor().SignIn("victim", fresh); !ok {
		t.Error("the new password does not work")
	}
}
