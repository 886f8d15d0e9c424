package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// How long a request may take. Pages that stay live have deadlines of their own.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 15 * time.Second
	maxHeader     = 16 << 10
)

// Serve answers on the listeners and runs queue, sequencer and timers until ctx
// ends; then it takes nothing new, lets what is in hand finish, and closes the
// database. ops may be nil. It returns nil after a stop that was asked for.
func (s *Server) Serve(ctx context.Context, pages, ops net.Listener) error {
	// What works behind the pages ends after them: the last request still leaves mail.
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	failed := make(chan error, 4)
	report := func(run func() error) {
		workers.Go(func() {
			if err := run(); err != nil {
				failed <- err
			}
		})
	}
	report(func() error { return s.Queue.Run(behind) })
	report(func() error { return s.Record.Run(behind) })
	report(func() error { s.timers(behind); return nil })

	servers := []*http.Server{s.http(pages, s.pages, failed)}
	if ops != nil {
		servers = append(servers, s.http(ops, s.ops, failed))
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, server := range servers {
		if server.Shutdown(ending) != nil {
			err = errors.Join(err, server.Close())
		}
	}
	stop()
	workers.Wait()
	return errors.Join(err, s.Close())
}

func (s *Server) http(l net.Listener, h http.Handler, failed chan<- error) *http.Server {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(s.streams.End) // so that a stop need not wait for live pages
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return server
}

// timers moves recoveries whose time has come, and sweeps what nobody needs.
func (s *Server) timers(ctx context.Context) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	go s.sweep(ctx)
	s.Recovery.Run(ctx, second.C)
}
