//go:build !nohub

package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"time"
)

// handshakes limits how many TLS handshakes with clients are made at the same time. When a hub with thousands of
// devices restarts, all of them come back at once. If all handshakes were made at the same time, each would last
// longer than the hub and the devices wait, and all would be in vain, again and again.
type handshakes struct {
	max  int           // handshakes at a time
	wait time.Duration // how long a client waits until its handshake begins; then it must try again later
	// hold is after how long a handshake counts no more, so that clients that stop in the middle of it do not keep
	// out the others.
	hold time.Duration
}

// usualHandshakes returns the limits of a hub. With the default of Options.AuthTimeout, a client has at least five
// seconds for the handshake itself.
func usualHandshakes() handshakes {
	return handshakes{max: 256, wait: 5 * time.Second, hold: 2 * time.Second}
}

var errBusy = errors.New("too many clients connect at the same time")

// limit returns a configuration with the limits. It returns nil if config is nil.
func (h handshakes) limit(config *tls.Config) *tls.Config {
	if config == nil {
		return nil
	}
	limited, before := config.Clone(), config.GetConfigForClient
	going := make(chan struct{}, h.max) // has a value for each handshake
	// The server calls this function when it has read the first message of a client, on a goroutine of the
	// connection, before it computes anything.
	limited.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		timeout := time.NewTimer(h.wait)
		defer timeout.Stop()
		select {
		case going <- struct{}{}:
		case <-timeout.C:
			return nil, errBusy
		}
		end := sync.OnceFunc(func() { <-going })
		tooLong := time.AfterFunc(h.hold, end)
		context.AfterFunc(hello.Context(), func() { // when the handshake has ended
			tooLong.Stop()
			end()
		})
		if before == nil {
			return nil, nil
		}
		return before(hello)
	}
	return limited
}
