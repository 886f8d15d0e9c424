package acme

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const cookieName = "acme_session"

// place is a browser in which somebody is signed in.
type place struct {
	ID      string
	account string
	Device  string
	Since   time.Time
	Seen    time.Time
}

// places keeps the sign-ins, by the hash of the secret in the browser's cookie.
type places struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[32]byte]*place
}

func newPlaces(now func() time.Time) *places {
	return &places{now: now, all: map[[32]byte]*place{}}
}

// open signs an account in at a browser and gives it its cookie.
func (p *places) open(w http.ResponseWriter, r *http.Request, account string) {
	secret, now := rand.Text(), p.now()
	p.mu.Lock()
	p.all[sha256.Sum256([]byte(secret))] = &place{ID: rand.Text(), account: account, Device: device(r.UserAgent()), Since: now, Seen: now}
	p.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
}

// at gives the place that a request comes from.
func (p *places) at(r *http.Request) (place, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return place{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.all[sha256.Sum256([]byte(cookie.Value))]
	if found == nil {
		return place{}, false
	}
	found.Seen = p.now()
	return *found, true
}

// of lists an account's places, the newest first.
func (p *places) of(account string) []place {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []place
	for _, one := range p.all {
		if one.account == account {
			list = append(list, *one)
		}
	}
	slices.SortFunc(list, func(a, b place) int {
		if c := b.Since.Compare(a.Since); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// end signs one place of an account out.
func (p *places) end(account, id string) {
	p.remove(func(one *place) bool { return one.account == account && one.ID == id })
}

// endAll signs all places of an account out but one, and says how many.
func (p *places) endAll(account, except string) int {
	return p.remove(func(one *place) bool { return one.account == account && one.ID != except })
}

func (p *places) remove(which func(*place) bool) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, one := range p.all {
		if which(one) {
			delete(p.all, key)
			n++
		}
	}
	return n
}

// device says in two words what a browser calls itself.
func device(agent string) string {
	pick := func(otherwise string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return otherwise
	}
	browser := pick("A browser", "Firefox/", "Firefox", "Edg/", "Edge", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := pick("", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS", "Mac", "Linux", "Linux")
	if system == "" {
		return browser
	}
	return browser + " on " + system
}
