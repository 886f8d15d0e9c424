package walk

import (
	"context"
	"io"
	"time"

	"keyback/internal/smtpsink"
)

type Options struct {
	Keyback, Acme string
	Sink          *smtpsink.Sink
	Skip          func(time.Duration)
	Seal          func(context.Context) (string, error)
	Out           io.Writer
	Patience      time.Duration
}

func Walk(ctx context.Context, o Options) error { return nil }
