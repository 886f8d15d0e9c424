package credential

import (
	"strings"

	"github.com/trustelem/zxcvbn"
)

// Strength is what a page says of a password while it is chosen.
type Strength struct {
	Score  int    // 0 to 4, as zxcvbn counts; 0 where Reason is set
	Words  string // key of the catalogue: Weak, Fair, Good or Strong
	Reason string // why it would be refused, "" if it would not
}

// The words for strength, as keys of the catalogue.
const (
	Weak   = "password.weak"
	Fair   = "password.fair"
	Good   = "password.good"
	Strong = "password.strong"
)

// Assess judges a password that stands alone, without the breached set. It costs
// under 10 ms whatever is typed.
func Assess(password string, about []string) Strength { return assess(password, about, LeastAlone) }

// AssessBeside judges a password that has a second step beside it.
func AssessBeside(password string, about []string) Strength {
	return assess(password, about, LeastBeside)
}

func assess(password string, about []string, least int) Strength {
	if len(password) > 4*MostBytes { // NFC never shortens to less than a third of this
		return Strength{Words: Weak, Reason: ReasonLong}
	}
	password = Normal(password)
	if reason := refuse(password, least); reason != "" {
		return Strength{Words: Weak, Reason: reason}
	}
	known := wordsOf(about)
	if isAbout(password, known) {
		return Strength{Words: Weak, Reason: ReasonAboutYou}
	}
	s := score(password, known)
	if s < 2 { // under a million guesses: the common words and their trivial variants
		return Strength{Words: Weak, Reason: ReasonCommon}
	}
	return Strength{Score: s, Words: [...]string{Weak, Weak, Fair, Good, Strong}[s]}
}

// window is how many bytes of a password zxcvbn gets to see. Its time grows with
// the square of the length, times the ways to read "4" as "a"; 40 bytes that mean
// anything reach its highest score.
const window = 40

// score runs zxcvbn over the head of the password and, where that is weak, over
// the tail: an addition never makes a password weaker.
func score(password string, known []string) int {
	s := zxcvbn.PasswordStrength(plain(head(password)), known).Score
	if s < 4 && len(password) > window {
		s = max(s, zxcvbn.PasswordStrength(plain(tail(password)), known).Score)
	}
	return s
}

func head(s string) string {
	if len(s) <= window {
		return s
	}
	return strings.ToValidUTF8(s[:window], "")
}

func tail(s string) string {
	return strings.ToValidUTF8(s[len(s)-window:], "")
}

// plain takes away most of the choices by which zxcvbn reads signs as letters,
// where a password offers so many that trying them all would take long. A sign
// becomes the digit or sign with the same reading, which costs a guesser nothing.
// Digits stay: they make sequences and dates.
func plain(s string) string {
	seen := 0
	for _, r := range "@({[<!|$+%" {
		if strings.ContainsRune(s, r) {
			seen++
		}
	}
	if seen < 3 {
		return s
	}
	return signs.Replace(s)
}

var signs = strings.NewReplacer("@", "4", "{", "(", "[", "(", "<", "(", "!", "1", "|", "1", "$", "5", "+", "7")
