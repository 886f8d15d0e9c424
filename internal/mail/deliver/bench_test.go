package deliver

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyback/internal/mail"
	"keyback/internal/smtpsink"
)

// BenchmarkDeliver hands a letter of 8 kB over kept connections to a sink in the
// same process. cpu-µs/op is what both ends cost together, system time included.
func BenchmarkDeliver(b *testing.B) {
	config, roots, err := smtpsink.SelfSigned()
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(letterText + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 110))
	for name, query := range map[string]string{"clear": "?tls=never", "tls": "?tls=required"} {
		for _, workers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				s := sink(b, smtpsink.Options{CountOnly: true, STARTTLS: config})
				c := client(b, Options{Relay: "smtp://" + s.Addr() + query, Roots: roots})
				m := &mail.Composed{From: "bounces@kb.example", To: "b@x.example", Raw: raw}
				b.SetParallelism(workers) // times GOMAXPROCS
				b.SetBytes(int64(len(raw)))
				b.ReportAllocs()
				before := cpu()
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if o := c.Deliver(b.Context(), m); o.Class != mail.Accepted {
							b.Errorf("%+v", o)
						}
					}
				})
				b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
				if s.Count() != int64(b.N) {
					b.Errorf("%d of %d arrived", s.Count(), b.N)
				}
			})
		}
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong first argument alone
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
