package db

import (
	"context"

	"moonlark/luastd/sqlite"
)

// A request is a use of the connection for a task.
type request struct {
	ctx  context.Context // done when the task has been killed, or waits no longer
	do   func(context.Context, *connection) error
	done func(error) // called once, on any goroutine; it must not block
	kind kind
	t    *transaction // the transaction that the request begins; nil: none
	of   *iteration   // the loop that the request continues; nil: none
}

// A kind is a kind of request.
type kind uint8

const (
	statement kind = iota
	begin          // begins the transaction t
	end            // commits the transaction t
)

// End calls done.
func (r *request) End(err error) { r.done(err) }

// A queue has the requests for a lane, or for a transaction.
type queue = sqlite.Queue[*request]
