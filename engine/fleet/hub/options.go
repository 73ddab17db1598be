// Package hub is the NATS server that Moonlark carries, for a first fleet: devices and people meet there.
// It accepts only those whom the operator's keys let in, and keeps the streams of the fleet in a folder.
//
// While the disk of the hub is full, clients can read, but what they write is not acknowledged. The hub
// finds out by itself when the disk works again. Then it restarts the server, so that clients must
// connect anew.
//
// The server has goroutines of its own. [Start] starts them and [Hub.Close] ends them. Any goroutine may
// call the methods of a Hub.
//
// The build tag nohub leaves the server out, which makes the program about 10 MB smaller.
package hub

import (
	"crypto/tls"
	"log/slog"
	"time"
)

// DefaultListen is the address of a hub without Options.Listen.
const DefaultListen = "127.0.0.1:4222"

// Options configure a Hub. Store, OperatorJWT, System and Fleet are required.
type Options struct {
	// Listen is the address for clients, as host:port. Without a host, only this machine can connect.
	// Port 0 is a free port. Empty means DefaultListen. An address that other machines can reach
	// requires TLS.
	Listen string
	// TLS has the certificate of the hub: see Certificate. Nil means that clients connect without TLS.
	TLS *tls.Config
	// Monitor is the loopback address of a web server that shows the state of the NATS server. Empty
	// means none.
	Monitor string
	// DontListen opens no port: clients connect with Hub.Connect only. It is for tests.
	DontListen bool

	// Store is the folder of the streams. It is made if it does not exist. Only one hub can use it.
	Store string

	OperatorJWT string  // who signs the accounts
	System      Account // the account in which the server itself works
	Fleet       Account // the account of the fleet, with JetStream

	// Log receives the lines that the server writes. It must not wait, and must not call methods of the
	// Hub. Debug is for what happens in normal operation. A line that is repeated again and again is
	// shown more and more rarely. Nil means no log.
	Log func(level slog.Level, line string)

	MaxPayload     int32         // bytes of a message; zero means 1 MiB
	MaxMemory      int64         // bytes of all streams in memory; zero means 64 MiB
	MaxDisk        int64         // bytes of all streams on the disk; zero means 4 GiB
	MaxConnections int           // zero means 10,000
	AuthTimeout    time.Duration // how long a client may take to say who it is; zero means ten seconds
}

// An Account is a NATS account: its public key, which begins with A, and the JWT that the operator has
// signed.
type Account struct {
	Public string
	JWT    string
}
