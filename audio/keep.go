package audio

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	retry    = 300 * time.Millisecond // between two tries to open a device
	lifeless = 3 * time.Second        // a device that has moved no sound for that long is lost
	steady   = time.Second            // of sound moved, and one that was lost works again
	stubborn = 3 * time.Second        // that a device may take to end when it is told to
)

// A Health is what became of a device.
type Health struct {
	Device string // what a person would call it
	Err    error  // why it does not work; nil when it works (again)
	Final  bool   // it will not be tried again
}

// KeepPlaying plays what source gives until ctx is done, and leaves nothing
// running. A speaker that is lost, or cannot be opened, is opened again a moment
// later, and so on; meanwhile sound passes unheard. report is told when it
// works, when it has stopped to, and when it works again, on a goroutine of
// KeepPlaying's or the speaker's; it must not block.
//
// A speaker that does not end when it is told to is left to itself: its
// goroutine stays, source never hears of it again, and it is not tried again.
func KeepPlaying(ctx context.Context, speaker Speaker, source Source, report func(Health)) {
	unheard := NewNone()
	keep(ctx, report, speaker.String, func(ctx context.Context, w *watch) error {
		return speaker.Play(ctx, &watchedSource{source, w})
	}, func(ctx context.Context) { unheard.Play(ctx, source) })
}

// KeepRecording gives what a microphone hears to sink, as KeepPlaying plays.
// While there is no microphone, sink gets nothing.
func KeepRecording(ctx context.Context, microphone Microphone, sink Sink, report func(Health)) {
	keep(ctx, report, microphone.String, func(ctx context.Context, w *watch) error {
		return microphone.Record(ctx, &watchedSink{sink, w})
	}, func(ctx context.Context) { <-ctx.Done() })
}

// keep runs a device again and again. without is what runs while there is none.
func keep(ctx context.Context, report func(Health), name func() string, run func(context.Context, *watch) error, without func(context.Context)) {
	var broken atomic.Bool // and reported as such
	for ctx.Err() == nil {
		w := &watch{works: func(since time.Duration) bool {
			if broken.Load() && since < steady {
				return false // or one that dies again and again would be reported as often
			}
			broken.Store(false)
			report(Health{Device: name()})
			return true
		}}
		err := w.run(ctx, run)
		if ctx.Err() != nil {
			return
		}
		final := errors.Is(err, ErrForGood)
		if !broken.Swap(true) || final {
			report(Health{Device: name(), Err: err, Final: final})
		}
		pause, cancel := ctx, func() {}
		if !final {
			pause, cancel = context.WithTimeout(ctx, retry)
		}
		without(pause)
		cancel()
	}
}

// A watch watches one run of a device.
type watch struct {
	works func(since time.Duration) bool // reports that it works, unless it is too early to say so
	moves atomic.Int64                   // times that sound has moved

	mu    sync.Mutex // guards what follows; held while sound moves
	left  bool       // to itself: nothing that it moves counts any more
	first time.Time  // that sound moved
	told  bool       // that it works
}

// run runs a device, and ends it when it moves nothing any more: the usual way
// for one to die raises no error.
func (w *watch) run(ctx context.Context, run func(context.Context, *watch) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, w) }()
	tick := time.NewTicker(lifeless / 3)
	defer tick.Stop()
	last, idle := int64(0), 0
	told := ctx.Done()
	var enough <-chan time.Time
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = context.Cause(ctx)
			}
			if err == nil {
				err = errors.New("it has ended")
			}
			return err
		case <-tick.C:
			if idle++; w.moves.Load() != last {
				last, idle = w.moves.Load(), 0
			}
			if idle >= 3 {
				cancel(fmt.Errorf("no sound has moved for %v", lifeless))
			}
		case <-told:
			told, enough = nil, time.After(stubborn)
		case <-enough:
			w.mu.Lock()
			w.left = true
			w.mu.Unlock()
			return fmt.Errorf("%w, and it does not let go: %w", context.Cause(ctx), ErrForGood)
		}
	}
}

// move lets a device move sound, unless nobody wants that any more.
func (w *watch) move(move func()) (wanted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left {
		return false
	}
	w.moves.Add(1)
	if !w.told {
		if w.first.IsZero() {
			w.first = time.Now()
		}
		w.told = w.works(time.Since(w.first))
	}
	move()
	return true
}

type watchedSource struct {
	source Source
	watch  *watch
}

func (s *watchedSource) Fill(sound []float32, delay time.Duration) {
	if !s.watch.move(func() { s.source.Fill(sound, delay) }) {
		clear(sound)
	}
}

func (s *watchedSource) Lost(n int) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	if !s.watch.left {
		s.source.Lost(n)
	}
}

type watchedSink struct {
	sink  Sink
	watch *watch
}

func (s *watchedSink) Take(sound []float32, age time.Duration) {
	s.watch.move(func() { s.sink.Take(sound, age) })
}
