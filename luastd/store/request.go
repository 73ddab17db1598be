package store

import (
	"sync/atomic"

	"moonlark/engine/permit"
	"moonlark/luastd/sqlite"
)

// A request is something that the goroutine of a database does for a task.
type request struct {
	resolve resolver // finds the file of a database that is not open
	kind    kind
	// do uses the database. It runs on the goroutine of the database.
	do func(*connection) error
	// set is what do changes, if it only sets a key. It may be nil.
	set *change
	// done is called once, on any goroutine, with the error of do or of the disk. It must not
	// block.
	done func(error)
	// transaction is set for a request of the kind begin.
	transaction *transaction

	abandoned atomic.Bool // the task has been killed, so do need not be called
}

// A resolver returns the place of the file of a store: see permit.Broker.Resolve. change says
// whether it must allow changes. It may block.
type resolver func(change bool) (permit.Place, error)

// A kind is a kind of request.
type kind uint8

const (
	read   kind = iota // do reads one key
	scan               // do reads many keys
	write              // do changes keys; done is called when the changes are on the disk
	lazy               // do changes keys; the changes are written to the disk later
	flush              // writes the lazy changes to the disk; do is nil
	begin              // begins a transaction
	nested             // begins or ends a transaction within a transaction
	end                // ends a transaction; done is called when its changes are on the disk
)

// End calls done.
func (r *request) End(err error) { r.done(err) }

// A queue has the requests for a database, or for a transaction.
type queue = sqlite.Queue[*request]
