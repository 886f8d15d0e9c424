package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"keyback/internal/server"
	"keyback/internal/testkit/stage"
)

var updatePicture = flag.Bool("update-picture", false, "write the README's pictures anew")

// The picture is taken from the running server each time, so that it can be; the one
// in docs is from the last -update-picture.
func TestThePictureOfTheREADMEIsTakenFromTheRunningServer(t *testing.T) {
	t.Parallel()
	const docs, name = "../../docs", "http://account.acme.example"
	out := t.TempDir()
	if *updatePicture {
		out = docs
	}
	out, err := filepath.Abs(out)
	if err != nil {
		t.Fatal(err)
	}
	play(t, "picture.mjs", stage.Options{Change: func(o *server.Options) { o.BaseURL = name }}, "NAME="+name, "OUT="+out)
	for _, colours := range []string{"light", "dark"} {
		kept, err := os.ReadFile(filepath.Join(docs, "picture-"+colours+".png"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(bytes.NewReader(kept))
		if err != nil || c.Width != 1600 || c.Height != 1000 || len(kept) > 250_000 {
			t.Errorf("picture-%s.png is %d by %d and weighs %d bytes, %v", colours, c.Width, c.Height, len(kept), err)
		}
	}
}
