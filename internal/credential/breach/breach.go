// Package breach says whether a password is known to others already: because many
// people choose it, or because it was found in data stolen elsewhere.
//
// No password leaves the process. The range service sees five hexadecimal digits of
// a SHA-1, which some thousand passwords share, and padded answers hide even from
// the wire how many. SHA-1 is the format of that data, not a protection.
//
// Passwords are taken as they are given; callers normalise.
package breach

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/trustelem/zxcvbn/frequency"
)

// Checker looks a password up in one set.
type Checker interface {
	// Breached says whether the set holds the password. An error means that
	// nobody knows.
	Breached(ctx context.Context, password string) (bool, error)
}

// All asks the checkers in turn and stops at the first that knows the password.
//
// It fails open: where a checker cannot answer, report is told (it may be nil) and
// the next is asked. A service or disk that is down must not lock out everybody who
// is getting back into an account; the checkers that do answer, Common above all,
// still apply. Only a cancelled ctx is an error.
func All(report func(error), checkers ...Checker) Checker {
	return all{report: report, checkers: slices.Clone(checkers)}
}

type all struct {
	report   func(error)
	checkers []Checker
}

func (a all) Breached(ctx context.Context, password string) (bool, error) {
	for _, c := range a.checkers {
		hit, err := c.Breached(ctx, password)
		switch {
		case hit:
			return true, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil && a.report != nil:
			a.report(fmt.Errorf("a password was let through unchecked: %w", err))
		}
	}
	return false, nil
}

// Common is the set of the most common passwords that comes with zxcvbn.
func Common() Checker { return common{} }

// IsCommon says whether Common holds the password, in any case of its letters.
func IsCommon(password string) bool {
	_, found := slices.BinarySearch(commonest(), strings.ToLower(password))
	return found
}

type common struct{}

func (common) Breached(_ context.Context, password string) (bool, error) {
	return IsCommon(password), nil
}

// commonest is the list sorted: half the memory of a map, and read a few times a
// minute at most.
var commonest = sync.OnceValue(func() []string {
	list := slices.Clone(frequency.FrequencyLists["passwords"])
	slices.Sort(list)
	return list
})

// digest is a password's SHA-1 in upper-case hexadecimal, as the sets write it.
func digest(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

const (
	prefixSize = 5
	digestSize = 2 * sha1.Size
)

var errLine = errors.New("not a line of the Pwned Passwords format (HASH:COUNT)")

// counted reads "HASH:COUNT" and says whether the count is more than none: padding
// has counts of zero. size is the hash's number of digits.
func counted(line string, size int) (hash string, some bool, err error) {
	hash, count, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
	if !ok || len(hash) != size || count == "" || strings.Trim(count, "0123456789") != "" || strings.Trim(hash, "0123456789ABCDEFabcdef") != "" {
		return "", false, errLine
	}
	return strings.ToUpper(hash), strings.Trim(count, "0") != "", nil
}
