package serial

import (
	"context"
	"io"
	"time"
)

// maxDrain is how long Close waits until all has been sent.
const maxDrain = 500 * time.Millisecond

// A wire is an open serial port. Any goroutine may call its methods.
type wire interface {
	io.Reader
	// Write sends data. It returns how many bytes the system has taken, with an error if these are
	// not all when ctx is done. Writes happen one after the other. A write that waits for others has
	// no copy of its data.
	Write(ctx context.Context, data string) (n int, err error)
	// Release lets others open the port, and ends Read and Write. It does not block.
	Release()
	// Close closes the port. It waits a moment until all has been sent. It is called once, when
	// Read has returned an error.
	Close() error
	// Discard drops what the system has received.
	Discard() error
	SetDTR(level bool) error
	SetRTS(level bool) error
	// Break holds the line at the break level for d.
	Break(d time.Duration) error
}
