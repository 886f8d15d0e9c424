// Package letter writes the mails that Keyback itself sends: a typed struct a
// letter, one sheet that all of them are laid out on, and a MIME message of two
// parts that say the same.
//
// Promises:
//
//   - The text and the HTML of a letter are two renderings of one sheet, so they
//     carry the same words, links, code and facts.
//   - Every link begins with the configured base URL and goes into the letter as
//     it was given; a letter with any other link is an error and no letter. There
//     are no pictures, no scripts, nothing from elsewhere, nothing that counts
//     who reads.
//   - Text that a stranger may have chosen (an account's name, a browser, a place)
//     is cut, freed of line breaks and of characters that turn the reading
//     direction, and shown so that no mail program makes a link of it. It never
//     enters a subject or another header.
//   - Recover and NoAccount are neutral: same sender, same subject, and the same
//     number of bytes on the wire whatever they say (Size), dots that SMTP doubles
//     included.
//   - A letter is for one recipient, marked as automatic (RFC 3834), and at most
//     20 kB, 120 words of ours and 3 links.
//
// The package keeps nothing and does no I/O. Neither the letter nor the errors it
// returns may be logged or stored: they hold a token.
package letter

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Letter is one of the letters of this package: Recover, NoAccount, Changed,
// Unlocked, Stopped, Locked.
type Letter interface {
	// Kind is the letter's name in rows, trails and policy: "recover", "changed"…
	Kind() string
	// neutral letters are all of one size.
	neutral() bool
	// subject is the catalogue's key of the subject.
	subject() string
	// write puts the letter on the sheet.
	write(*writer)
}

// Header is what the message needs beside its letter.
type Header struct {
	To        string    // the recipient: the stored bytes of a confirmed address
	MessageID string    // without angle brackets, the same for all attempts
	Date      time.Time // of composing
}

// Letters writes letters for one brand. It is read-only and safe for concurrent
// use.
type Letters struct {
	brand   Brand
	base    string // of every link, ends in a slash
	from    string // the From header's value
	zone    *time.Location
	hush    bool
	english *catalogue
	words   map[string]*catalogue
	html    *page
	buffers sync.Pool
}

// Options say whose letters these are.
type Options struct {
	Brand   Brand
	BaseURL string         // where claimants' pages are: "https://account.example.com"; every link begins with it
	Zone    *time.Location // in which times are told; nil is UTC
	// Hush keeps the code out of the line that mail programs show beside the
	// subject, and so off a lock screen.
	Hush bool
}

// New prepares the letters of all languages. It fails where the options could
// not make a letter, the longest one included.
func New(o Options) (*Letters, error) {
	words, err := loadWords()
	if err != nil {
		return nil, err
	}
	return newLetters(o, words)
}

func newLetters(o Options, words map[string]*catalogue) (*Letters, error) {
	base, err := baseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	brand, err := o.Brand.checked()
	if err != nil {
		return nil, err
	}
	html, err := newPage(brand.Accent)
	if err != nil {
		return nil, err
	}
	l := &Letters{
		brand: brand, base: base, from: brand.from(), zone: o.Zone, hush: o.Hush,
		english: words["en"], words: words, html: html,
	}
	if l.zone == nil {
		l.zone = time.UTC
	}
	l.buffers.New = func() any { return new(bytes.Buffer) }
	return l, l.fits()
}

// Languages are the tags that letters are written in, sorted.
func (l *Letters) Languages() []string {
	return slices.Sorted(maps.Keys(l.words))
}

// Sender is the address that letters come from: the envelope's too, unless
// delivery has a return path of its own.
func (l *Letters) Sender() string { return l.brand.Sender }

// Subject is the subject that Recover and NoAccount share, for the page that says
// what to look for.
func (l *Letters) Subject(lang string, want Want) string {
	return l.in(lang).say(want.pick("recover.subject", "unlock.subject"), "brand", l.brand.Name)
}

// Build writes the letter in a language (a BCP 47 tag; English where we have no
// such language) as a MIME message with CRLF line ends. An error is a mistake of
// the caller or of the configuration and says which.
func (l *Letters) Build(lang string, letter Letter, h Header) ([]byte, error) {
	w := l.in(lang)
	s, err := l.sheet(w, letter, h.To)
	if err != nil {
		return nil, fmt.Errorf("letter %s: %w", letter.Kind(), err)
	}
	raw, err := l.message(s, h, letter.neutral())
	if err != nil {
		return nil, fmt.Errorf("letter %s: %w", letter.Kind(), err)
	}
	return raw, nil
}

func (l *Letters) sheet(w *catalogue, letter Letter, to string) (*sheet, error) {
	p := &writer{letters: l, words: w, to: to}
	p.sheet = sheet{
		Lang: w.lang, Dir: w.dir, Brand: l.brand.Name,
		Subject: p.say(letter.subject(), "brand", l.brand.Name),
	}
	letter.write(p)
	p.sheet.Footer = append(p.sheet.Footer, p.say("footer.automatic"))
	return &p.sheet, p.err
}
