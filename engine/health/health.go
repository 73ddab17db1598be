// Package health has the words in which the parts of a running agent say how
// they are: what is asked of it from outside is answered from a Report. They
// are plain values.
package health

import (
	"time"

	"moonlark/engine/event"
)

// A Report is how an agent is at one moment. Nothing in it had to be waited for.
type Report struct {
	Status string    // "waiting", "connecting", "connected", "reconnecting" or "ended"; empty before the scripts are loaded
	Since  time.Time // when it became that
	Reason string    // why, where there is a reason

	// Stuck says why the conversation is not carried any more though it is
	// there; empty, as it should be.
	Stuck string

	Scripts     []Script
	Speaker     *Device            // nil without one
	Microphone  *Device            // likewise
	Sound       *event.SoundCounts // nil without sound
	Showing     int                // events that wait to be shown
	Writing     int                // messages that wait to be written to the network
	MemoryLimit uint64             // of all scripts together, in bytes
}

// A Script is how one script is.
type Script struct {
	Name   string        // its file, without the folder
	Tools  int           // it offers
	Failed string        // why the last load of it failed: the one before it goes on; empty, as it should be
	Rests  string        // why it cannot be used for now, after a crash
	CPU    time.Duration // that Lua has run
	Lost   int           // events that its handlers were too slow for
	Calls  int           // that wait for their turn, as the next two
	Events int
	Starts int // functions
}

// A Device is how a speaker or a microphone is.
type Device struct {
	Name string
	Err  string // why it does not work; empty when it does
}
