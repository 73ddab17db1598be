package host

import (
	"context"
	"errors"
)

// The errors of a Store.
var (
	ErrTaken = errors.New("the key is taken")                   // Create: the key has a value
	ErrLost  = errors.New("the value has another revision now") // Update and Delete: somebody else has changed the key
	ErrNone  = errors.New("the key has no value")               // Read
)

// ErrNobody is the error of a Caller when nobody answers the request.
var ErrNobody = errors.New("nobody answers")

// A Store has a value for each key, with a revision that grows with each change of any key. So of all
// that try to change the same revision, one succeeds. After another error than those above, it is not
// known whether the change was made.
type Store interface {
	Create(ctx context.Context, key string, value []byte) (revision uint64, err error)
	Read(ctx context.Context, key string) (value []byte, revision uint64, err error)
	Update(ctx context.Context, key string, value []byte, revision uint64) (newRevision uint64, err error)
	Delete(ctx context.Context, key string, revision uint64) error
	List(ctx context.Context) (map[string][]byte, error) // all values by key
}

// A Carrier is the connection of a host with the hub of its fleet. Outside tests it is a *nats.Host. Its
// methods can be called from any goroutine. They do not wait for a connection: without one, they return
// an error.
type Carrier interface {
	// Leases is the store of the leases. A key loses its value when it has not changed for Options.TTL.
	Leases() Store
	// Records is the store of the conversations that have not ended, by ID.
	Records() Store
	// WatchFreed calls freed for each key of Leases that loses its value, until ctx is done or the watch
	// breaks. It calls began when it watches. Some may be missed.
	WatchFreed(ctx context.Context, began func(), freed func(key string)) error

	// AppendTurn adds a turn to those of a conversation, of which the last MaxTurns are kept. Turns
	// returns them, the newest one last, and DropTurns deletes them.
	AppendTurn(ctx context.Context, id string, turn []byte) error
	Turns(ctx context.Context, id string) ([][]byte, error)
	DropTurns(ctx context.Context, id string) error

	// ServeStarts joins the group of hosts that are asked to start conversations: each request is given
	// to one of them. answer must not block for long. stop leaves the group; requests that have arrived
	// before are still answered.
	ServeStarts(answer func(request []byte) []byte) (stop func(), err error)
	// ServeTexts calls answer for each text that a user sends to a conversation, until stop is called.
	// answer must not block.
	ServeTexts(id string, answer func(request []byte) []byte) (stop func(), err error)
}

// A Caller is the connection of somebody who starts conversations. Outside tests it is a *nats.Host.
type Caller interface {
	// AskHost sends a request to one of the hosts, and returns its answer. The error wraps ErrNobody if
	// there is none.
	AskHost(ctx context.Context, request []byte) ([]byte, error)
	// AskConversation sends a text to the host of a conversation, and returns its answer. The error wraps
	// ErrNobody if no host has it.
	AskConversation(ctx context.Context, id string, request []byte) ([]byte, error)
	// Leases returns the store of the leases.
	Leases() Store
}
