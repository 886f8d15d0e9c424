package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// watched is what two pages showed as it happened.
type watched struct {
	pageTook [2]float64 // the page itself, read just after the start, while its mail is written
	pages    [2]string
	took     [2]float64 // from sending the start to the first event
	events   [2]string
}

// watchPair starts a recovery for each of two, one right after the other, reads its
// page, and watches both pages until their first event, at their first tick.
func (s *stand) watchPair(ctx context.Context, two [2]member, networks [2]int) (w watched, err error) {
	var watching sync.WaitGroup
	errs := [2]error{}
	var callers [2]*caller
	defer func() {
		for _, c := range callers {
			if c != nil {
				c.close()
			}
		}
	}()
	for j := range two {
		if callers[j], err = call(ctx, s.server.host); err != nil {
			return w, err
		}
	}
	for j := range two {
		c, m := callers[j], &two[j]
		sent := time.Now()
		a, err := c.do(request{path: "/recover", form: url.Values{"login": {at(m.name)}, "loss": {"password"}}, network: networks[j]}, 303)
		if err != nil {
			return w, err
		}
		m.id, m.browser = recoveryID.FindString(a.header("Location")), a.cookie("kb_browser")
		asked := time.Now()
		if a, err = c.do(request{path: "/recover/" + m.id, cookies: m.browser, network: networks[j]}, 200); err != nil {
			return w, err
		}
		w.pageTook[j], w.pages[j] = ms(time.Since(asked)), blotted(a, *m)
		watching.Go(func() { errs[j] = w.watch(c, *m, networks[j], sent, j) })
	}
	watching.Wait()
	return w, errors.Join(errs[:]...)
}

// watch reads the first event of one page.
func (w *watched) watch(c *caller, m member, network int, sent time.Time, j int) error {
	if err := c.send(request{path: "/recover/" + m.id + "/live", cookies: m.browser, network: network}); err != nil {
		return err
	}
	head, err := c.receiveHead()
	if err != nil {
		return err
	}
	if head.status != 200 || !strings.HasPrefix(head.header("Content-Type"), "text/event-stream") {
		return fmt.Errorf("the live page answered %d:\n%s", head.status, head.head)
	}
	first, err := c.event()
	if err != nil {
		return err
	}
	w.took[j], w.events[j] = ms(time.Since(sent)), blot(string(head.head)+first, m)
	return nil
}

// event reads one server-sent event, up to its blank line.
func (c *caller) event() (string, error) {
	var all strings.Builder
	for !strings.HasSuffix(all.String(), "\n\n") {
		piece, err := c.chunk()
		if err != nil {
			return "", err
		}
		if piece == nil {
			return "", errors.New("the live page ended")
		}
		all.Write(piece)
	}
	return all.String(), nil
}
