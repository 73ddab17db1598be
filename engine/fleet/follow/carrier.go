// Package follow connects a device with its fleet: it reads the wishes of the fleet, fetches the bundle
// that they name into the store of the device, answers commands and reports what the device does. It
// knows no transport: a [Carrier] has the connection. The store and the trials are those of
// engine/fleet.
//
// The goroutine of [Follower.Run] reads the wishes and decides what to do. While it runs, three more
// goroutines send records, report the state, and carry out commands of wishes, and one or more fetch a
// bundle. The Carrier answers live commands on its own goroutines.
package follow

import (
	"context"
	"errors"

	"moonlark/engine/fleet/message"
)

// ErrNone is the error of a Carrier when the hub has no such value.
var ErrNone = errors.New("there is none")

// ErrOffline is the error of a Carrier when there is no connection with the hub.
var ErrOffline = errors.New("no connection with the hub")

// A Carrier is the connection of a device with the hub of its fleet. Outside tests it is a *nats.Device.
// Its methods can be called from any goroutine. They do not wait for a connection: without one, they
// return ErrOffline.
type Carrier interface {
	// Name and Groups are what the credentials of the device say. Fleet is the name of its fleet.
	Name() string
	Groups() []string
	Fleet() string

	// Read returns the newest value under a key of message, and its sequence number, which grows with each
	// value of any key. The error is ErrNone if there is none; the sequence number is then that of its
	// deletion, if the value was deleted.
	Read(ctx context.Context, key string) (value []byte, sequence uint64, err error)

	// Chunk returns the chunk with number n, from 0, of the file with this SHA-256 in hexadecimal. The
	// error is ErrNone if the hub does not have it.
	Chunk(ctx context.Context, sha256 string, n int) ([]byte, error)

	// Notices returns a channel that receives a value each time a connection has been made, and when a wish
	// that concerns the device has changed. Several notices can become one: see Notice.Unite.
	Notices() <-chan Notice

	// Report sends a record, and returns when the hub has acknowledged it. The hub drops a second record
	// with the same id.
	Report(ctx context.Context, kind message.Kind, id string, record []byte) error

	// Serve calls answer for each command that arrives from now on, on a goroutine of its own. It must be
	// called once. The context is cancelled when the Carrier is closed.
	Serve(answer func(ctx context.Context, verb string, body []byte) message.Answer)

	// Link returns the state of the connection.
	Link() Link
}

// A Notice says that something may have changed.
type Notice struct {
	Sequence  uint64 // Read returns at least this sequence number soon; 0 if no wish is known to have changed
	Connected bool   // a connection has been made
}

// Unite returns one notice in place of n and other, for a channel that has room for one.
func (n Notice) Unite(other Notice) Notice {
	return Notice{Sequence: max(n.Sequence, other.Sequence), Connected: n.Connected || other.Connected}
}

// A Link is the state of the connection with the hub.
type Link struct {
	Connected bool
	Reason    string // why there is no connection, for people; empty if there is one, or none was tried
}
