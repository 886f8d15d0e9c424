package demo

import (
	"sync/atomic"
	"time"
)

// clock runs, and can be moved on: the walk skips waits by it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) skip(d time.Duration) { c.ahead.Add(int64(d)) }
