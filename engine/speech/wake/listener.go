// Package wake listens for wake words. The recogniser is another program: a Wyoming server or a
// command.
//
// The microphone's goroutine calls [Listener.Hear], which copies the sound into a ring buffer and
// returns at once. [Listener.Run] passes the sound to the recogniser, on other goroutines.
// Therefore a slow, stuck or broken recogniser does not block the microphone. Sound that the
// recogniser does not read within two seconds is dropped and counted.
package wake

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/engine/backoff"
	"moonlark/engine/speech"
)

const (
	// delay before a recogniser that has failed is started again
	firstDelay = 500 * time.Millisecond
	maxDelay   = 30 * time.Second

	// stableTime is how long a recogniser has to work until the next delay is firstDelay again.
	// After maxShortRuns runs in a row that were shorter, a recogniser counts as working only after
	// stableTime.
	stableTime   = 10 * time.Second
	maxShortRuns = 3

	// refractoryPeriod is how long after a detection all other detections are ignored. Recognisers
	// often report the same spoken word more than once.
	refractoryPeriod = 2 * time.Second
)

// Options are the settings of a [Listener]. The zero value is valid.
type Options struct {
	// Counts gets the number of chunks of sound that were dropped because the recogniser was too
	// slow. Nil means that nothing is counted.
	Counts *audio.Counts

	// Log receives what a command writes to its standard error, and the error messages of a server.
	// Nil means that they are dropped.
	Log *slog.Logger
}

// A Listener gets the sound of the microphone and reports the wake words in it.
type Listener struct {
	recogniser speech.WakeRecogniser // never changes
	opts       Options               // never changes
	sound      *buffer
}

// New returns a listener that uses the recogniser described by text:
//
//	wyoming:HOST[:PORT][,NAME...]   a Wyoming server, which recognises these words, or all it knows
//	exec:COMMAND                    a command that reads sound, and prints a line for each detection
//
// The error says what is wrong with text. New does not start or connect to anything.
func New(text string, opts Options) (*Listener, error) {
	if opts.Counts == nil {
		opts.Counts = new(audio.Counts)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	r, err := parse(text, opts.Log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	return &Listener{recogniser: r, opts: opts, sound: newBuffer(opts.Counts)}, nil
}

// String returns a name for the recogniser that users understand.
func (l *Listener) String() string { return l.recogniser.String() }

// Hear implements [audio.Tap]. The microphone's goroutine calls it with each piece of sound.
func (l *Listener) Hear(sound []float32) { l.sound.hear(sound) }

var _ audio.Tap = (*Listener)(nil)

// Run listens for wake words until ctx is done. Before it returns, it stops everything that it has
// started. If the recogniser fails or cannot be reached, Run starts it again after a delay. The
// delay doubles with each failure, up to half a minute.
//
// Run calls detected for each detection. It calls report when the recogniser begins to work, when
// it fails, and when it works again. These calls are made one at a time, on any goroutine. detected
// and report must not block.
func (l *Listener) Run(ctx context.Context, detected func(speech.Detection), report func(audio.Health)) {
	filter := refractoryFilter{period: refractoryPeriod, detected: detected}
	delay := backoff.Backoff{First: firstDelay, Max: maxDelay}
	lost := false  // a failure was reported, and the recogniser has not worked since then
	shortRuns := 0 // number of runs in a row that have worked for less than stableTime
	for {
		var began time.Time
		var reporting sync.Mutex // held during calls of report
		ended := false
		works := func() {
			reporting.Lock()
			defer reporting.Unlock()
			if !ended {
				lost = false
				report(audio.Health{Device: l.String()})
			}
		}
		// A recogniser that fails again and again counts as working only after stableTime, so that
		// it does not fill the log.
		steady := time.AfterFunc(time.Hour, works)
		steady.Stop()
		working := sync.OnceFunc(func() {
			began = time.Now()
			if lost && shortRuns >= maxShortRuns {
				steady.Reset(stableTime)
			} else {
				works()
			}
		})
		err := l.recogniser.Recognise(ctx, l.sound.read, working, filter.handle)
		steady.Stop()
		reporting.Lock()
		ended = true
		reporting.Unlock()
		l.sound.close()
		if ctx.Err() != nil {
			return
		}
		if !lost {
			lost = true
			report(audio.Health{Device: l.String(), Err: err})
		}
		switch {
		case began.IsZero():
		case time.Since(began) > stableTime:
			delay.Reset()
			shortRuns = 0
		default:
			shortRuns++
		}
		select {
		case <-time.After(delay.Next()):
		case <-ctx.Done():
			return
		}
	}
}

// A refractoryFilter drops each detection that comes too soon after another detection. It must not
// be used by two goroutines at the same time.
type refractoryFilter struct {
	period   time.Duration
	detected func(speech.Detection)
	last     time.Time // time of the last call of detected
}

func (f *refractoryFilter) handle(d speech.Detection) {
	if now := time.Now(); f.last.IsZero() || now.Sub(f.last) >= f.period {
		f.last = now
		f.detected(d)
	}
}
