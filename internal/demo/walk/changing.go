package walk

import (
	"net/http"
	"slices"
	"strings"

	"keyback/internal/demo/acme"
)

// firstPassword opens every account to begin with.
const firstPassword = acme.Password

// resetPassword is step 6: what is refused, and why; what is offered is taken.
func resetPassword(w *walker) (string, string) {
	w.must(strings.Contains(w.page.Text(), "Save the password"), "the password page has no button")
	phone := w.who("phone")
	for _, c := range []struct{ password, why string }{
		{"short-one", "too short"},
		{"qwertyuiopasdfgh", "easy to guess"},
		{"sam.okafor@example.com", "name or address"},
		{"welcome to acme home goods", "cannot contain the word Acme"},
	} {
		p := w.submit(phone, w.page, "password", map[string]string{"password": c.password})
		w.must(p.Status == http.StatusUnprocessableEntity && strings.Contains(p.Text(), c.why), "%q is answered with %d: %s", c.password, p.Status, p.Text())
	}
	f, _ := w.page.FormWith("password")
	w.must(f.Fields["username"] == "sam", "the page does not name its account for password managers")
	w.password = w.page.Attr("data-phrase")
	w.must(len(w.password) >= 15, "the passphrase offered is %q", w.password)
	// What a click filled in goes out as such; a machine that clicks ticks no box.
	_, box := f.Boxes["kept"]
	clicked := w.submit(phone, w.page, "password", map[string]string{"password": w.password, "filled": "yes"})
	w.must(box && clicked.Status == http.StatusUnprocessableEntity, "a machine that clicks set a password: %d %q", clicked.Status, clicked.Heading())
	before := w.Sink.Count()
	w.page = w.submit(phone, w.page, "password", map[string]string{"password": w.password, "filled": "yes", "kept": f.Boxes["kept"]})
	w.must(w.page.Heading() == "Your password is changed", "the passphrase offered leads to %d %q: %s", w.page.Status, w.page.Heading(), w.page.Text())
	w.before = before
	return "short, common, one's own name and Acme's own rule refused with the reason; the passphrase offered is taken, once somebody says to have kept it", ""
}

// confirmation is step 7: the page says what changed, and every confirmed address
// is told, with a way to say no.
func confirmation(w *walker) (string, string) {
	for _, words := range []string{"one other place", "both your addresses", "Sign in to Acme"} {
		w.must(strings.Contains(w.page.Text(), words), "the page does not say %q: %s", words, w.page.Text())
	}
	for _, to := range []string{"sam.okafor@example.com", "sam@example.org"} {
		l := w.read(to, w.before)
		w.must(l.Stop != "", "the notice to %s has no way to say no", to)
		w.must(l.Link == "" && l.Code == "", "the notice to %s holds a way in", to)
	}
	again := w.get(NewVisitor(), w.letter.Link)
	w.must(again.Heading() == "This link did its work", "the link, used, leads to %q", again.Heading())
	return "the page says what changed; both addresses are told, each with “This wasn’t me”; the link is spent", w.page.Thread()
}

// stopIt is the rest of step 7: one click in a notice ends what somebody else did.
func stopIt(w *walker) (string, string) {
	const to, unconfirmed, stolen = "grace@example.com", "grace.h@example.org", "granite lantern meadow quilt"
	grace, thief, before := w.who("grace"), NewVisitor(), w.Sink.Count()
	w.ask(thief, to, "password")
	way := w.read(to, before)
	before = w.Sink.Count()
	done := w.submit(thief, w.get(thief, way.Link), "password", map[string]string{"password": stolen})
	w.must(done.Heading() == "Your password is changed", "the thief comes to %q", done.Heading())
	w.must(w.signIn(thief, "grace", stolen) && w.enter(thief, "grace", stolen), "the thief cannot sign in")

	notice := w.read(to, before)
	w.scan(notice.Stop)
	w.must(w.isIn(thief), "a scanner stopped it")
	p := w.get(grace, notice.Stop)
	f, _ := p.FormTo("/stop")
	if w.err == nil {
		stopped := w.saw(grace.Send(f, f.Boxes))
		w.must(strings.Contains(stopped.Text(), "frozen until"), "the stop leads to %d %q", stopped.Status, stopped.Heading())
		p = stopped
	}
	w.must(!w.isIn(thief), "the thief is still signed in at Acme")
	w.must(w.get(thief, w.Keyback+"/account").URL.Path == "/signin", "the thief is still signed in at Keyback")
	w.must(!w.signIn(NewVisitor(), "grace", stolen) && !w.enter(NewVisitor(), "grace", stolen), "a frozen account lets somebody in")
	w.must(len(w.mails(unconfirmed, 0)) == 0, "an address that was never confirmed got mail")
	return "“This wasn’t me” froze another account and ended its sign-ins with one ticked click; a scanner could not", p.Thread()
}

// testPassword is step 8: the new password works, everything old is gone.
func testPassword(w *walker) (string, string) {
	phone := w.who("phone")
	w.must(!w.isIn(phone) && w.get(phone, w.Keyback+"/account").URL.Path == "/signin", "the change signed somebody in by itself")
	for _, name := range []string{"sam's desk", "sam's tablet"} {
		w.must(!w.isIn(w.who(name)), "%s is still signed in at Acme", name)
	}
	w.must(w.get(w.who("sam's desk"), w.Keyback+"/account").URL.Path == "/signin", "sam's desk is still signed in at Keyback")
	w.must(!w.signIn(phone, "sam", firstPassword) && !w.enter(phone, "sam", firstPassword), "the old password still works")
	w.must(w.signIn(phone, "sam", w.password), "the new password does not work at Acme")
	w.must(w.enter(phone, "sam", w.password) && w.enter(w.who("sam's desk"), "sam", w.password), "the new password does not work at Keyback")

	places := w.get(phone, w.Keyback+"/account")
	others := slices.DeleteFunc(places.Forms(), func(f Form) bool { return !strings.HasSuffix(f.Action, "/account/end") })
	w.must(len(others) == 1, "two places are signed in, and %d others are listed: %s", len(others), places.Text())
	out := w.press(phone, places, "/account/end-all")
	w.must(out.URL.Path == "/signin", "signing out everywhere leads to %s", out.URL.Path)
	w.must(w.get(w.who("sam's desk"), w.Keyback+"/account").URL.Path == "/signin" && !w.isIn(phone), "somebody is still signed in somewhere")
	return "the new password signs in at Acme and at Keyback, the old one nowhere; all old sign-ins are gone; signed out everywhere", ""
}
