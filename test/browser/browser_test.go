package browser

import (
	"testing"

	"keyback/internal/testkit/stage"
)

func TestSomebodyGetsBackInByLinkAndByCodeAtEverySizeLightAndDark(t *testing.T) {
	t.Parallel()
	play(t, "way.mjs", stage.Options{Acme: true})
}

func TestTheInboxPageFollowsItsMailWithoutAReload(t *testing.T) {
	t.Parallel()
	play(t, "live.mjs", stage.Options{})
}

func TestEverythingWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	play(t, "plain.mjs", stage.Options{})
}

func TestEverythingWorksByKeyboardAlone(t *testing.T) {
	t.Parallel()
	play(t, "keys.mjs", stage.Options{})
}

func TestFieldsHelpAndLoseNothingTyped(t *testing.T) {
	t.Parallel()
	play(t, "password.mjs", stage.Options{})
}

func TestEveryForkAndEveryEndIsFitForEverybody(t *testing.T) {
	t.Parallel()
	play(t, "states.mjs", stage.Options{})
}

func TestEveryLetterCanBeReadOnAPhoneAndInTheDark(t *testing.T) {
	t.Parallel()
	play(t, "letters.mjs", stage.Options{})
}
