package credential

import (
	"context"
	"unicode/utf8"

	"keyback/internal/credential/breach"
	"keyback/internal/fault"
)

// The lengths of NIST SP 800-63B-4 §3.1.1.2: in characters (code points of the
// NFC form) at the lower end, in bytes at the upper.
const (
	LeastAlone  = 15  // characters, where the password is all there is
	LeastBeside = 8   // characters, beside a second step
	MostBytes   = 256 // bytes
)

// Why a password is refused: keys of the catalogue, and the public text of the
// fault that Check returns.
const (
	ReasonShort      = "password.short"
	ReasonLong       = "password.long"
	ReasonUnreadable = "password.unreadable" // not UTF-8: it could never be typed again
	ReasonCommon     = "password.common"     // on the list of common passwords, or guessed as fast
	ReasonBreached   = "password.breached"
	ReasonAboutYou   = "password.about-you" // little but the account's name, address or service
)

// Check says whether a password may be set: nil, or fault.Invalid whose public
// text is one of the reasons. about is what is known of the account: its name, its
// addresses, the service's name. besideFactor is true where the account has a
// second step. breached may be nil; the common passwords are refused in any case.
//
// An error of breached is fault.Unavailable here. Give it breach.All, which lets a
// password pass when a breach service is down: a service elsewhere must not lock
// everybody out of recovering.
func Check(ctx context.Context, password string, about []string, besideFactor bool, breached breach.Checker) error {
	least := LeastAlone
	if besideFactor {
		least = LeastBeside
	}
	if reason := assess(password, about, least).Reason; reason != "" {
		return fault.New(fault.Invalid, reason)
	}
	if breached == nil {
		return nil
	}
	hit, err := breached.Breached(ctx, Normal(password))
	if err != nil {
		return fault.New(fault.Unavailable, "We cannot check this password just now. Nothing is lost: try again in a moment.").Because(err)
	}
	if hit {
		return fault.New(fault.Invalid, ReasonBreached)
	}
	return nil
}

// refuse gives the reason for which a password in its normal form cannot be set,
// of those that need no estimate.
func refuse(password string, least int) string {
	switch {
	case len(password) > MostBytes:
		return ReasonLong
	case !utf8.ValidString(password):
		return ReasonUnreadable
	case utf8.RuneCountInString(password) < least:
		return ReasonShort
	case breach.IsCommon(password):
		return ReasonCommon
	}
	return ""
}
