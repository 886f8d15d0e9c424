package walk

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// enterAddress is step 3: the answer is the same for everybody, and what is not an
// address or a name is sent back.
func enterAddress(w *walker) (string, string) {
	known := []string{"maria@example.com", "priya@example.org", "oscar@example.com", "ines@example.org", "office@example.com", "tom"}
	for _, login := range known {
		w.alike(login, stranger(login))
	}
	for _, bad := range []string{
		"", "@", "maria@", "maria@example.com,tom@example.com", "maria@example.com\r\nBcc: evil@example.net", "maria@exa mple.com",
		"Maria <maria@example.com>", "maria@example.com(x)", "a@b@example.com", strings.Repeat("a", 400) + "@example.com",
	} {
		v := NewVisitor()
		p := w.submit(v, w.get(v, w.Keyback+"/recover"), "login", map[string]string{"login": bad})
		w.must(p.Status == http.StatusUnprocessableEntity, "%.60q was answered with %d %q", bad, p.Status, p.Heading())
	}
	twice := w.saw(NewVisitor().Do(http.MethodPost, w.Keyback+"/recover", url.Values{"login": {"maria@example.com", "evil@example.net"}}))
	w.must(twice.Status == http.StatusUnprocessableEntity, "two addresses at once were answered with %d", twice.Status)
	return "known, locked, protected and unknown get the same status, headers and bytes; 11 that are no address are sent back", ""
}

// alike asks for somebody known and somebody unknown and compares all that comes
// back. Pages are live, so on a busy machine one of the two may be a second further;
// what differs by who it is differs three times.
func (w *walker) alike(known, unknown string) {
	var a, b string
	for range 3 {
		a, b = blot(w.ask(NewVisitor(), known, "password"), known), blot(w.ask(NewVisitor(), unknown, "password"), unknown)
		if a == b {
			return
		}
	}
	w.must(false, "%s and somebody unknown are answered differently: %s", known, differ(a, b))
}

// stranger is a login of the same length that nobody has.
func stranger(login string) string {
	local, domain, mail := strings.Cut(login, "@")
	if local = strings.Repeat("q", len(local)); mail {
		return local + "@" + domain
	}
	return local
}

const handed = "handed the mail over"

// checkEmail is step 4: what to look for, where, how far it is, and an honest timer.
func checkEmail(w *walker) (string, string) {
	const to, other = "sam@example.org", "qqq@example.org"
	// Sam is signed in elsewhere, as people are; later that must be over.
	for _, name := range []string{"sam's desk", "sam's tablet"} {
		w.must(w.signIn(w.who(name), "sam", firstPassword), "sam cannot sign in with the password that is not lost yet")
	}
	w.must(w.enter(w.who("sam's desk"), "sam", firstPassword), "sam cannot sign in at Keyback")

	sam, before := w.who("sam"), w.Sink.Count()
	w.page = w.ask(sam, to, "password")
	live := w.live(sam, w.page, func(p *Page) bool { return p.reached(handed) })
	w.letter = w.read(to, before)
	w.page = w.get(sam, w.page.URL.String())
	for _, words := range []string{to, "account@acme.example", w.letter.Subject} {
		w.must(strings.Contains(w.page.Text(), words), "the inbox page does not say %q", words)
	}
	box := w.follow(sam, live, "Open your mailbox")
	w.must(box.Status == 200 && strings.Contains(box.Text(), w.letter.Subject), "the mailbox does not show %q", w.letter.Subject)

	// Before its time a new mail is refused; by then the letter of somebody else,
	// asked for later, is there.
	early := w.press(sam, w.page, "/resend")
	w.must(early.Status == 200 && early.Attr("data-before") != "", "pressed early, the page does not say when a new mail may go")
	stranger := NewVisitor()
	theirs := w.live(stranger, w.ask(stranger, other, "password"), func(p *Page) bool { return p.reached(handed) })
	none := w.read(other, before)
	w.must(none.Link == "" && none.Code == "", "somebody without an account got a way in")
	a, b := blot(live, to), blot(theirs, other)
	w.must(a == b, "the live page tells known from unknown: %s", differ(a, b))
	w.must(len(w.mails(to, before)) == 1, "%d mails came where one was asked for", len(w.mails(to, before)))

	old, before := w.letter, w.Sink.Count()
	w.Skip(time.Minute + time.Second)
	w.inbox = w.press(sam, w.get(sam, w.page.URL.String()), "/resend")
	w.letter = w.read(to, before)
	w.must(w.letter.Link != old.Link && w.letter.Code != old.Code, "the new mail has the old link or code")
	dead := w.get(NewVisitor(), old.Link)
	w.must(strings.Contains(dead.Text(), "newer mail"), "the older link leads to %q", dead.Heading())
	return "live until handed over, the same for unknown; sender, subject and mailbox named; a new mail at its time, and the older link is dead", live.Thread()
}
