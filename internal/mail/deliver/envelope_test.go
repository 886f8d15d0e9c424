package deliver

import (
	"strings"
	"testing"
)

func TestTheFirstByteBeyondASCIIIsFoundWhereverItStands(t *testing.T) {
	for length := range 40 {
		b := []byte(strings.Repeat("a", length))
		if i := firstBeyondASCII(b); i != -1 {
			t.Fatalf("%d in %d bytes of ASCII", i, length)
		}
		for at := range b {
			b[at] = 0x80
			if i := firstBeyondASCII(b); i != at {
				t.Fatalf("found at %d, stands at %d", i, at)
			}
			b[at] = 'a'
		}
	}
}
