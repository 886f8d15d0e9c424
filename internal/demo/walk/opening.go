package walk

import (
	"net/http"
	"strings"
)

// followLink is step 5: link and code, on any device, for one or several accounts;
// looking and scanning spend nothing; an unlock needs no password.
func followLink(w *walker) (string, string) {
	l := w.letter
	w.must(l.Link != "" && l.Code != "" && l.Stop != "", "the letter lacks link, code or %q", "This wasn't me")
	w.must(strings.Contains(l.HTML, l.Link) && strings.Contains(l.HTML, l.Code), "the letter's two parts differ")
	w.scan(l.Link)
	phone := w.who("phone")
	for range 3 {
		w.page = w.get(phone, l.Link)
	}
	w.must(w.page.Heading() == "Choose a new password", "on another device the link leads to %q", w.page.Heading())
	w.must(!strings.Contains(l.Link, w.page.URL.Path), "the token stays in the address bar: %s", w.page.URL.Path)

	sam := w.who("sam")
	inbox := w.get(sam, w.inbox.URL.String())
	wrong := w.submit(sam, inbox, "code", map[string]string{"code": "00000000"})
	w.must(wrong.Status == http.StatusUnprocessableEntity, "a wrong code is answered with %d", wrong.Status)
	elsewhere := w.saw(NewVisitor().Do(http.MethodPost, inbox.URL.String()+"/code", map[string][]string{"code": {l.Code}}))
	w.must(elsewhere.Status == http.StatusNotFound, "the code works in another browser: %d %q", elsewhere.Status, elsewhere.Heading())
	byCode := w.submit(sam, inbox, "code", map[string]string{"code": l.Code[:4] + " " + l.Code[4:]})
	w.must(byCode.Heading() == "Choose a new password", "the code leads to %q", byCode.Heading())

	w.several()
	w.unlock()
	return "link on any device, code where it was asked for; opening, HEAD and a scanner that posts forms spend nothing; one mail for two accounts; unlocked without a new password", ""
}

// scan does what a mail scanner does: it opens the link again and again, and sends
// every form it finds as it was served.
func (w *walker) scan(link string) {
	if w.err != nil {
		return
	}
	scanner := NewVisitor()
	w.saw(scanner.Do(http.MethodHead, link, nil))
	for range 2 {
		p := w.get(scanner, link)
		for _, f := range p.Forms() {
			got := w.saw(scanner.Send(f, nil))
			w.must(got.Status == http.StatusUnprocessableEntity, "a scanner that sent %q as served got %d %q", f.Words, got.Status, got.Heading())
		}
	}
}

// several are two accounts of one mailbox.
func (w *walker) several() {
	const to = "office@example.com"
	before := w.Sink.Count()
	w.ask(NewVisitor(), to, "password")
	l := w.read(to, before)
	v := NewVisitor()
	choice := w.get(v, l.Link)
	for _, name := range []string{"harbour-cafe", "harbour-bakery"} {
		w.must(strings.Contains(choice.Text(), name) && strings.Contains(l.Text, name), "%s is not offered", name)
	}
	chosen := w.follow(v, choice, "harbour-bakery")
	f, _ := chosen.FormWith("password")
	w.must(f.Fields["username"] == "harbour-bakery", "choosing harbour-bakery leads to %q for %q", chosen.Heading(), f.Fields["username"])
}

// unlock opens an account that ten wrong passwords locked.
func (w *walker) unlock() {
	const to = "priya@example.org"
	priya, before := NewVisitor(), w.Sink.Count()
	w.must(!w.signIn(priya, "priya", firstPassword), "priya's account is not locked")
	w.ask(priya, to, "locked")
	l := w.read(to, before)
	w.scan(l.Link)
	p := w.get(priya, l.Link)
	f, _ := p.FormTo("/unlock")
	w.must(len(f.Boxes) == 1, "the unlock page %q has %d boxes to tick", p.Heading(), len(f.Boxes))
	if w.err == nil {
		done := w.saw(priya.Send(f, f.Boxes))
		w.must(done.Heading() == "Your account is open again", "ticked and sent, it leads to %d %q", done.Status, done.Heading())
	}
	w.must(w.signIn(priya, "priya", firstPassword), "unlocked, priya's password does not work")
}
