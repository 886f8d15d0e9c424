package browser

import (
	"testing"

	"keyback/internal/testkit/stage"
)

func TestSomebodyGetsBackInByLinkAndByCodeAtEverySizeLightAndDark(t *testing.T) {
	play(t, "way.mjs", stage.Options{Acme: true})
}
