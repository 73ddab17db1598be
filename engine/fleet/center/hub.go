// Package center is the operator's side of a fleet: it publishes bundles in waves, watches how the devices
// fare, and commands them. It knows no transport: a [Hub] has the connection. All that it knows is on the
// hub, so that any terminal can go on with a rollout that another one has begun.
package center

import (
	"context"
	"errors"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// ErrChanged is the error of Hub.SetWish when somebody else has changed the wish.
var ErrChanged = errors.New("somebody else has changed the wish in the meantime")

// ErrNobody is the error of Hub.Command when the device is not connected.
var ErrNobody = errors.New("the device is not connected")

// A Hub is the connection of an operator with the hub of the fleet. Outside tests it is a *nats.Center. Its
// methods can be called from any goroutine.
type Hub interface {
	// Fleet returns the name of the fleet.
	Fleet() string

	// Now returns the time by the clock of the hub. Compare Report.Received with it: the clock of this machine may differ.
	Now(ctx context.Context) (time.Time, error)

	// Wish returns the wish under a key of message with its revision. Without one, it returns the zero Wish
	// and revision 0.
	Wish(ctx context.Context, key string) (w message.Wish, revision uint64, err error)
	// Wishes returns all wishes by key.
	Wishes(ctx context.Context) (map[string]message.Wish, error)
	// History returns the wishes that have been under a key, the newest first, as far as the hub still has
	// them. The first one is the present one.
	History(ctx context.Context, key string) ([]message.Wish, error)
	// SetWish writes a wish if its revision is still the given one; 0 means that there must be none. The
	// error wraps ErrChanged if it is not.
	SetWish(ctx context.Context, key string, w message.Wish, revision uint64) error

	// Keys returns the newest set of keys that the hub has for the devices, or nil if it has none.
	Keys(ctx context.Context) (*bundle.KeySet, error)

	// PutFile stores a file for the devices, in chunks. It does nothing for chunks that the hub has.
	PutFile(ctx context.Context, sha256 string, content []byte) error

	// States returns the last state of each device that has ever reported one.
	States(ctx context.Context) ([]Report, error)
	// WatchStates calls f for each state that arrives, until ctx is done.
	WatchStates(ctx context.Context, f func(Report)) error

	// Events calls f for the stored events of a device, or of all if the name is empty, beginning with
	// those since the given time, and, if follow is set, for those that arrive, until ctx is done.
	Events(ctx context.Context, device string, kinds []message.Kind, since time.Time, follow bool, f func(message.Kind, message.Event)) error

	// Metrics calls f for the newest metrics of each device that has handed in some, on the goroutine of the
	// caller. The name of the device is right, but the text can be anything.
	Metrics(ctx context.Context, f func(message.Metrics)) error

	// Command sends a command to a device and returns its answer. The error is ErrNobody if the device is
	// not connected.
	Command(ctx context.Context, device, verb string, body []byte) (message.Answer, error)
}

// A Report is a state with the time when the hub received it, by the clock of the hub.
type Report struct {
	message.State
	Received time.Time
}
