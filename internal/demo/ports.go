package demo

import (
	"context"
	"errors"
	"net"
	"strconv"

	"keyback/internal/fault"
)

// tries is how many ports above the preferred one are looked at.
const tries = 200

// listen takes a port of this machine alone: the preferred one, or the next that
// is free. A preferred port of 0 is any free one.
//
// Everything is at 127.0.0.1, not localhost: some systems turn that name into ::1
// first, where nobody listens, and a link in a mail must work at once. Cookies know
// hosts and no ports, so front page, Keyback and Acme share one jar; their names
// differ (kb_..., acme_session), and none of them sends another's on.
func listen(ctx context.Context, preferred int) (net.Listener, error) {
	for port := preferred; ; port++ {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if preferred == 0 || port == preferred+tries || errors.Is(ctx.Err(), context.Canceled) {
			return nil, fault.New(fault.Unavailable, "no port is free on this machine").Because(err).Hint("end what listens there, or start with --port")
		}
	}
}

// after is the port to prefer for the next listener.
func after(l net.Listener, preferred int) int {
	if preferred == 0 {
		return 0
	}
	return l.Addr().(*net.TCPAddr).Port + 1
}

func address(l net.Listener) string { return "http://" + l.Addr().String() }
