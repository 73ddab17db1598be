// Package audio plays the agent's sound and records the user's sound. It does not depend on Lua or
// on the ElevenLabs protocol.
//
// All sound in this package is mono, with Rate samples per second, as float32 numbers from -1 to 1.
// Sound in another format is converted where it enters or leaves the package. A backend
// (PulseAudio, ALSA, oto, a program, a WAV file) implements [Speaker] or [Microphone]. Each backend
// moves sound on a goroutine of its own. The functions of this package that run on that goroutine
// only copy samples: they neither allocate nor block.
package audio

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Rate is the number of samples per second of all sound in this package.
const Rate = 48000

// Duration returns how long n samples last.
func Duration(n int) time.Duration {
	// Whole seconds are computed separately, because n*time.Second would overflow after 53 hours of
	// sound.
	return time.Duration(n/Rate)*time.Second + time.Duration(n%Rate)*time.Second/Rate
}

// Samples returns the number of samples in sound of length d.
func Samples(d time.Duration) int {
	return int(d/time.Second*Rate + d%time.Second*Rate/time.Second)
}

// A Source provides the sound that a speaker plays. The speaker calls the methods of its source
// from only one goroutine at a time.
type Source interface {
	// Fill overwrites sound with the next samples to play. delay is the device's estimate of the
	// time until the first of these samples is audible.
	Fill(sound []float32, delay time.Duration)

	// Lost tells the source that a flush has discarded the last n samples that Fill returned:
	// nobody will hear these samples. The next call of Fill returns samples that are played in
	// their place.
	Lost(n int)
}

// A Sink receives the sound that a microphone records. The microphone calls Take from only one
// goroutine at a time.
type Sink interface {
	// Take receives recorded samples. Take must not keep a reference to sound. age is the device's
	// estimate of how long ago the last of these samples reached the microphone.
	Take(sound []float32, age time.Duration)
}

// A Speaker is a backend that plays sound.
type Speaker interface {
	// Play opens the device and plays the sound of source until ctx is done, and then returns nil.
	// If the device cannot be opened or is lost, Play returns the reason. An error that wraps
	// ErrPermanent means that another call cannot succeed either. Play may be called again after it
	// has returned. After it has returned, no goroutine of Play is running.
	Play(ctx context.Context, source Source) error

	// Flush requests a flush and returns at once. In a flush, the speaker discards the samples that
	// it has taken from the source and that are not audible yet. It calls the source's Lost method
	// with the number of these samples, even if the number is 0, and fills its buffer with new
	// samples from the source. Flush may be called from any goroutine at any time.
	Flush()

	// String returns the name to show to users: the backend, and the device if its name is known.
	String() string
}

// A Microphone is a backend that records sound.
type Microphone interface {
	// Record opens the device and passes the recorded sound to sink, 10 to 20 ms at a time, until
	// ctx is done, and then returns nil. If the device cannot be opened or is lost, Record returns
	// the reason. An error that wraps ErrPermanent means that another call cannot succeed either.
	// Record may be called again after it has returned. After it has returned, no goroutine of
	// Record is running.
	Record(ctx context.Context, sink Sink) error

	// String returns the name to show to users: the backend, and the device if its name is known.
	String() string
}

// ErrPermanent means that this process cannot open the device again. Errors of Play and Record may
// wrap ErrPermanent.
var ErrPermanent = errors.New("the device is not tried again until Moonlark is restarted")

// Counts contains counters of problems with the sound since the program started. Any goroutine may
// use a Counts.
type Counts struct {
	Underruns atomic.Int64 // how often the speaker ran out of samples because this process was late
	Overruns  atomic.Int64 // how often recorded sound was lost because this process was late
	// number of pauses within the agent's speech because the network was late
	Gaps atomic.Int64
	// number of recorded chunks that were not sent to the agent because the network was slow
	Dropped atomic.Int64
	Late    atomic.Int64 // times a backend's goroutine woke up more than 10 ms late

	// number of pieces of sound that the wake word recogniser lost because the recogniser was slow
	WakeDropped atomic.Int64
}
