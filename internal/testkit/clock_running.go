package testkit

import (
	"sync/atomic"
	"time"
)

// Running is a clock that runs, and can be moved on: for whole servers, whose
// tickers and time-outs are real.
type Running struct{ ahead atomic.Int64 }

// Now is the time, moved.
func (c *Running) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance moves the clock on.
func (c *Running) Advance(d time.Duration) { c.ahead.Add(int64(d)) }
