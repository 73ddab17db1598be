//go:build nohub

package hub

import (
	"errors"
	"net"
)

// errAbsent is the error of Start.
var errAbsent = errors.New("this moonlark was built without the hub: run nats-server (https://docs.nats.io/running-a-nats-service) in its place")

// A Hub is a running NATS server. In this build there is none.
type Hub struct{}

// Start returns an error, because this build has no hub.
func Start(Options) (*Hub, error) { return nil, errAbsent }

// Close does nothing.
func (*Hub) Close() {}

// Wait returns at once.
func (*Hub) Wait() {}

// URL returns an empty text.
func (*Hub) URL() string { return "" }

// Connect returns an error.
func (*Hub) Connect() (net.Conn, error) { return nil, errAbsent }

// SetAccount returns an error.
func (*Hub) SetAccount(string) error { return errAbsent }
