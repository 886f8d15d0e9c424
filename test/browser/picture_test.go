package browser

import (
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
		f, err := os.Open(filepath.Join(docs, "picture-"+colours+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if c, err := png.DecodeConfig(f); err != nil || c.Width != 1600 || c.Height != 1000 {
			t.Errorf("picture-%s.png is %d by %d, %v", colours, c.Width, c.Height, err)
		}
		if s, err := f.Stat(); err != nil || s.Size() > 250_000 {
			t.Errorf("picture-%s.png weighs %d bytes, %v", colours, s.Size(), err)
		}
	}
}
