package db

import (
	"errors"
	"time"

	"moonlark/luastd"
)

const (
	// maxTransaction is how long a transaction may take, because the statements of all other tasks
	// wait for its end.
	maxTransaction = 10 * time.Second
)

var (
	errClosed = errors.New("the database is closed")
	errEnded  = errors.New("the transaction has ended")
	errCall   = errors.New("the statement did not end before the tool call must be answered")
	errLate   = errors.New("the transaction took longer than 10 s and was taken back")
)

// A database is a database that a generation of a script has opened. Its fields belong to the
// executor's goroutine.
type database struct {
	name         string
	settings     settings
	connections  *connections         // nil while the script loads
	transactions map[any]*transaction // by task
	lease        luastd.Lease
	release      func() // undoes Runtime.Own; nil while the script loads
	hide         func() // undoes Runtime.ShowContents; nil while the script loads, and for a database in memory
	closed       bool
}

// A transaction is the transaction of a task. Its fields belong to the executor's goroutine.
type transaction struct {
	requests *queue
	aborted  chan struct{} // closed when the task has ended, or has left the transaction
	depth    int           // number of nested transactions
}

// String returns the text of tostring.
func (d *database) String() string {
	if d.closed {
		return "database " + d.name + " (closed)"
	}
	return "database " + d.name
}
