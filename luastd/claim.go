package luastd

import "context"

// A Claimer keeps what a script has open, such as a listener, open when the script is loaded again.
// It belongs to the script and not to one generation: each generation claims what it needs, and
// gets what a generation before it has opened with the same settings.
type Claimer interface {
	// Claim asks for what c describes. If a generation before this one has opened it with equal
	// settings, it changes hands, untouched. Otherwise it is opened. If something else is open with
	// the same Kind and Name, that is stopped before. Two claims of one generation never get the
	// same.
	//
	// While the script loads, Claim only records c. The claims are then met when the script comes
	// into use, before on_start. What no claim has asked for 2 s later is closed. Claim returns an
	// error if the script has too many claims, or has been replaced.
	Claim(c Claim) (Lease, error)
}

// A Claim describes what a script wants to have open.
type Claim struct {
	Kind string // what it is, such as "http server"
	// Name is a name, such as that of a port, with which only one thing of this kind can be open.
	// "" means that there is no such limit.
	Name     string
	Settings string // what distinguishes it from others of this kind and name
	// Files says that the resource opens files with the permissions of the script that opened it. A
	// script at another path, which has permissions of its own, then opens its own resource instead of
	// taking over this one.
	Files bool

	// Open opens it. It is called on the executor's goroutine, so it must not block. What takes
	// long must go on in a goroutine.
	Open func() (Resource, error)
	// Use is called once with the Resource, or with the error of Open, on the executor's goroutine.
	// The Resource must not keep anything that belongs to the generation that has opened it.
	Use func(r Resource, err error)
}

// A Resource is something that stays open when the script is loaded again.
type Resource interface {
	// Stop frees the Name of the claim, so that the same can be opened again. It must not block.
	// Any goroutine may call it, once.
	Stop()
	// Close ends everything else. Work in progress may be finished until ctx is done. Close returns
	// when nothing is left. It is called after Stop, on any goroutine, once.
	Close(ctx context.Context)
}

// A Lease is what a generation has of its claim.
type Lease interface {
	// Release stops and closes the Resource, unless a newer generation has taken it over. Any
	// goroutine may call it, more than once.
	Release()
}
