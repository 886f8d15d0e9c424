package server

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"keyback/internal/db"
	"keyback/internal/limit"
	"keyback/internal/mail"
)

// stuckAfter is how long nothing may go out before pages say that our mail is
// stuck: shorter trouble mends itself before anybody reads of it.
const stuckAfter = 10 * time.Second

// mailHealth knows whether mail goes out at all. It is the same for everybody, so
// pages may show it.
type mailHealth struct{ failing atomic.Int64 } // since when, UTC microseconds; 0 while it goes out

func (h *mailHealth) note(o mail.Outcome, now time.Time) {
	// No reply at all is trouble of ours or of the relay's. Any reply is an answer.
	if o.Class == mail.Deferred && o.Code == 0 {
		h.failing.CompareAndSwap(0, db.Micros(now))
		return
	}
	h.failing.Store(0)
}

func (h *mailHealth) stuck(now time.Time) bool {
	since := h.failing.Load()
	return since != 0 && now.Sub(db.Time(since)) > stuckAfter
}

func (s *Server) deliver(ctx context.Context, m *mail.Composed) mail.Outcome {
	o := s.client.Deliver(ctx, m)
	o.At = s.o.Now() // by the one clock of the pages, which the demonstration moves
	s.health.note(o, s.o.Now())
	return o
}

// sweep deletes what has ended by itself, every ten minutes.
func (s *Server) sweep(ctx context.Context) {
	every := time.NewTicker(10 * time.Minute)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if _, err := limit.Sweep(tx, tx.Now().Add(-24*time.Hour)); err != nil {
				return err
			}
			_, err := s.places.Sweep(tx)
			return err
		})
		if err == nil && s.Local != nil {
			err = s.Local.Prune(ctx, 24*time.Hour)
		}
		if err != nil && ctx.Err() == nil {
			s.o.Log.Error("sweeping", "error", err)
		}
	}
}

// operations is the handler for machines: is it alive, is it ready, how does it do.
func (s *Server) operations() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("alive\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := s.DB.Ping(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics(), promhttp.HandlerOpts{}))
	return mux
}

func (s *Server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &figures{s})
	return r
}

// figures reads our own figures when they are asked for.
type figures struct{ s *Server }

var (
	descWaiting   = prometheus.NewDesc("keyback_mail_waiting", "Messages not yet ended, by whether their attempt is due.", []string{"due"}, nil)
	descOldest    = prometheus.NewDesc("keyback_mail_oldest_due_seconds", "Age of the oldest message whose attempt is due.", nil, nil)
	descFlight    = prometheus.NewDesc("keyback_mail_in_flight", "Attempts under way on this node.", nil, nil)
	descOutcomes  = prometheus.NewDesc("keyback_mail_outcomes_total", "Outcomes of attempts on this node.", []string{"class"}, nil)
	descHashes    = prometheus.NewDesc("keyback_password_hashes", "Password hashes on this node, running and waiting.", []string{"state"}, nil)
	descRecovered = prometheus.NewDesc("keyback_recoveries", "Recoveries opened in the last 24 hours, by state.", []string{"state"}, nil)
)

func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descWaiting, descOldest, descFlight, descOutcomes, descHashes, descRecovered} {
		out <- d
	}
}

func (f *figures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	running, waiting := f.s.Hasher.Busy()
	gauge(descHashes, float64(running), "running")
	gauge(descHashes, float64(waiting), "waiting")
	states, err := f.s.Recovery.States(ctx, 24*time.Hour)
	if err != nil {
		out <- prometheus.NewInvalidMetric(descRecovered, err)
	}
	for state, n := range states {
		gauge(descRecovered, float64(n), state)
	}
	st, err := f.s.Queue.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(descWaiting, err)
		return
	}
	gauge(descWaiting, float64(st.Due), strconv.FormatBool(true))
	gauge(descWaiting, float64(st.Later), strconv.FormatBool(false))
	gauge(descOldest, st.Oldest.Seconds())
	gauge(descFlight, float64(st.InFlight))
	for class, n := range map[mail.Class]int64{
		mail.Accepted: st.Accepted, mail.Deferred: st.Deferred, mail.Refused: st.Refused, mail.Expired: st.Expired, mail.Dropped: st.Dropped,
	} {
		out <- prometheus.MustNewConstMetric(descOutcomes, prometheus.CounterValue, float64(n), class.String())
	}
}
