//go:build !nohub

package hub

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// The client library of NATS gives up a connection if it receives a ping before the hub has let it in. By default,
// the server sends the first one after two seconds, also to clients that wait for a busy hub.
func TestTheHubSendsNoEarlyPing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes four seconds")
	}
	t.Parallel()
	f := newFleet()
	h := start(t, f.options(t.TempDir()))
	c := connect(t, h, f.User)
	c.conn.SetDeadline(time.Now().Add(4 * time.Second))
	for {
		line, err := c.in.ReadString('\n')
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil || !strings.HasPrefix(line, "INFO ") {
			t.Fatalf("the hub sends %q, %v", line, err)
		}
	}
}
