// Package audio plays what an agent says and records what it is told. It knows
// neither Lua nor the wire.
//
// All sound in it is mono, Rate samples a second, as numbers from -1 to 1; how
// else a device or the wire has it is converted at the edge. A device is reached
// through a carrier, a [Speaker] or a [Microphone], which moves sound on one
// goroutine of its own: what it calls copies and returns, and neither allocates
// nor waits.
package audio

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Rate is how many samples a second of sound has, everywhere in this package.
const Rate = 48000

// Duration is how long n samples take.
func Duration(n int) time.Duration {
	return time.Duration(n/Rate)*time.Second + time.Duration(n%Rate)*time.Second/Rate // all at once, 53 hours would be too much
}

// Samples is how many samples d has.
func Samples(d time.Duration) int {
	return int(d/time.Second*Rate + d%time.Second*Rate/time.Second)
}

// A Source is where a speaker takes its sound. The speaker calls it from one
// goroutine at a time.
type Source interface {
	// Fill fills sound with what is to be heard next. delay is how long it
	// will be until the first sample of it is, as far as the device says.
	Fill(sound []float32, delay time.Duration)

	// Lost says that the last n samples that Fill gave will not be heard after
	// all, since a flush has thrown them away. What Fill gives next takes their
	// place.
	Lost(n int)
}

// A Sink is where a microphone puts its sound. The microphone calls it from one
// goroutine at a time.
type Sink interface {
	// Take takes what was heard. It must not keep sound. age is how long ago
	// the last sample of it was in the air, as far as the device says.
	Take(sound []float32, age time.Duration)
}

// A Speaker plays sound on one kind of device.
type Speaker interface {
	// Play opens the device and plays what source gives, silence included, until
	// ctx is done; it returns nil then, and otherwise why the device could not be
	// opened or is lost. It can be called again, but not twice at a time, and
	// leaves nothing running. An error that is ErrForGood will not go away.
	Play(ctx context.Context, source Source) error

	// Flush throws away what has been taken from the source and not been heard
	// yet, tells the source how much that was, be it nothing, and takes anew. It
	// does not wait for any of it. Any goroutine may call it at any time.
	Flush()

	// String is what a person would call it: the carrier, and the device if known.
	String() string
}

// A Microphone records sound from one kind of device.
type Microphone interface {
	// Record opens the device and gives what it hears to sink, some 10 to 20 ms
	// at a time, until ctx is done; it returns nil then, and otherwise why the
	// device could not be opened or is lost. It can be called again, but not twice at a
	// time, and leaves nothing running.
	Record(ctx context.Context, sink Sink) error

	// String is what a person would call it: the carrier, and the device if known.
	String() string
}

// ErrForGood is in the chain of an error after which a device cannot be opened
// again by this process.
var ErrForGood = errors.New("not before the program is started again")

// Counts are what went wrong with the sound since the program started. Any
// goroutine may use them.
type Counts struct {
	Underruns atomic.Int64 // the speaker had nothing to play, since we were late
	Overruns  atomic.Int64 // the microphone lost sound, since we were late
	Gaps      atomic.Int64 // the agent's sound paused in the middle, since the network was late
	Dropped   atomic.Int64 // chunks for the agent that were dropped, since the network was slow
	Late      atomic.Int64 // times that a carrier's goroutine woke more than 10 ms late

	WakeDropped atomic.Int64 // pieces that a wake word's recogniser did not hear, since it was slow
}
