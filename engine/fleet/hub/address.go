//go:build !nohub

package hub

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"moonlark/engine/loopback"
)

// withDefaults returns the options with the default in place of each zero value that has one.
func (o Options) withDefaults() Options {
	setDefault(&o.Listen, DefaultListen)
	setDefault(&o.MaxPayload, 1<<20)
	setDefault(&o.MaxMemory, 64<<20)
	setDefault(&o.MaxDisk, 4<<30)
	setDefault(&o.MaxConnections, 10_000)
	setDefault(&o.AuthTimeout, 10*time.Second)
	return o
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// checkAddresses returns an error if Listen or Monitor is wrong or not safe.
func (o Options) checkAddresses() error {
	host, _, err := splitAddress(o.Listen)
	if err != nil {
		return err
	}
	if o.TLS == nil && !loopback.Host(host) {
		return fmt.Errorf("listen on %s: other machines can reach this address, so the hub needs TLS: give it a certificate, or listen on 127.0.0.1", o.Listen)
	}
	if o.Monitor == "" {
		return nil
	}
	if host, _, err = splitAddress(o.Monitor); err != nil {
		return err
	}
	if !loopback.Host(host) {
		return fmt.Errorf("monitor %s: not a loopback address such as 127.0.0.1:8222: the monitor shows all clients to whoever asks", o.Monitor)
	}
	return nil
}

// splitAddress returns the host and the port of an address as server.Options have them: a free port is
// server.RANDOM_PORT. Without a host, it is 127.0.0.1.
func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%.200q is not an address such as %s", address, DefaultListen)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%.200q: the port is not a number between 0 and 65535", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if number == 0 {
		return host, server.RANDOM_PORT, nil
	}
	return host, int(number), nil
}
