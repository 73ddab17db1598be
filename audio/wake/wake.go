// Package wake listens for wake words, by a recogniser outside of this program:
// a Wyoming server, or a command.
//
// The microphone's goroutine puts sound into a [Listener], which copies it into a
// ring and returns; Run takes it out on a goroutine of its own. So a recogniser
// that is slow, stuck or gone holds up nothing: what it does not take in two
// seconds it does not hear, and that is counted.
package wake

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// format is how a recogniser has its sound.
var format = pcm.Format{Encoding: pcm.S16, Rate: 16000}

const (
	piece = 40 * time.Millisecond // of sound, that goes out at a time

	firstPause = 500 * time.Millisecond // before a recogniser that was lost is tried again
	mostPause  = 30 * time.Second
	steady     = 10 * time.Second // of work, and the next pause is the first again
)

// A Detection is a wake word that somebody has said.
type Detection struct {
	Word  string  // as the recogniser calls it; empty when it does not say
	Score float64 // how sure it is, from 0 to 1; 0 when it does not say
}

// Options are the settings of a [Listener]. Zero values work.
type Options struct {
	// Refractory is for how long after a detection there is no other: one word
	// is often recognised more than once. Zero means 2 s.
	Refractory time.Duration

	// Counts get sound that the recogniser was too slow for. Nil counts nothing.
	Counts *audio.Counts

	// Log gets what a command says on standard error, and what a server
	// complains of. Nil drops it.
	Log *slog.Logger
}

// A recogniser is one way to reach what recognises wake words.
type recogniser interface {
	// listen gives sound to the recogniser until ctx is done or it is lost, and
	// says why it is. It leaves nothing running. works is called, once or more,
	// when it is seen to work, heard for each detection; both may be called on
	// another goroutine, but not after listen has returned.
	listen(ctx context.Context, sound *feed, works func(), heard func(Detection)) error

	// String is what a person would call it.
	String() string
}

// A Listener hears what the microphone hears and knows when a wake word is said.
type Listener struct {
	recogniser recogniser // fixed
	opts       Options    // fixed
	feed       *feed
}

// New makes a listener of what a person wrote:
//
//	wyoming:HOST[:PORT][,NAME...]   a Wyoming server, which is to listen for these words, or for all it knows
//	exec:COMMAND                    a command that reads sound, and prints a line for each detection
//
// The error is a mistake in it.
func New(spec string, opts Options) (*Listener, error) {
	if opts.Counts == nil {
		opts.Counts = new(audio.Counts)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	r, err := parse(spec, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	return &Listener{recogniser: r, opts: opts, feed: newFeed(opts.Counts)}, nil
}

func (l *Listener) String() string { return l.recogniser.String() }

// Hear is the recorder's: see audio.Tap.
func (l *Listener) Hear(sound []float32) { l.feed.hear(sound) }

var _ audio.Tap = (*Listener)(nil)

// Run listens until ctx is done, and leaves nothing running. A recogniser that is
// lost, or cannot be reached, is tried again after a pause, which doubles up to
// half a minute. heard is told of detections; report when the recogniser works,
// has stopped to, and works again. Neither may block; both are called on
// goroutines of Run's.
func (l *Listener) Run(ctx context.Context, heard func(Detection), report func(audio.Health)) {
	h := hearing{refractory: cmp.Or(l.opts.Refractory, 2*time.Second), heard: heard}
	broken, pause := false, firstPause
	for {
		var began time.Time
		works := sync.OnceFunc(func() {
			began, broken = time.Now(), false
			report(audio.Health{Device: l.String()})
		})
		err := l.recogniser.listen(ctx, l.feed, works, h.note)
		l.feed.close()
		if ctx.Err() != nil {
			return
		}
		if !broken {
			broken = true
			report(audio.Health{Device: l.String(), Err: err})
		}
		if !began.IsZero() && time.Since(began) > steady {
			pause = firstPause
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, mostPause)
	}
}

// A hearing tells of detections, unless they are the same one again. One
// goroutine at a time notes them.
type hearing struct {
	refractory time.Duration
	heard      func(Detection)
	last       time.Time // that one was told of
}

func (h *hearing) note(d Detection) {
	if now := time.Now(); h.last.IsZero() || now.Sub(h.last) >= h.refractory {
		h.last = now
		h.heard(d)
	}
}
