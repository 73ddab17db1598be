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
	reopenDelay = 300 * time.Millisecond // pause before a device is opened again
	// a device that moves no sound for this long counts as lost
	soundTimeout = 3 * time.Second
	// after a failure, a device counts as working when it has moved sound for this long
	stableTime = time.Second
	// after maxShortRuns runs in a row that were shorter than steadyTime, a device counts as working
	// only when it has moved sound for steadyTime
	steadyTime   = 10 * time.Second
	maxShortRuns = 3
	closeTimeout = 3 * time.Second // maximum time that a device may take to close
)

// A Health describes whether a device works. KeepPlaying and KeepRecording report one whenever that
// changes.
type Health struct {
	Device string // name to show to users
	Err    error  // why the device does not work; nil when it works
	Final  bool   // the device will not be opened again
}

// KeepPlaying plays source on speaker until ctx is done. When the speaker cannot be opened or is
// lost, KeepPlaying opens it again after a short delay, as often as necessary. While the speaker
// does not work, KeepPlaying takes sound from source in real time and discards the sound. After
// KeepPlaying has returned, none of its goroutines is running, with the exception described below.
//
// KeepPlaying calls report when the speaker works for the first time, when it stops working, and
// when it works again. It reports another reason for a failure at most every 10 s. report runs on a
// goroutine of KeepPlaying or of the speaker and must not block.
//
// If Play does not return within 3 s after its context is done, KeepPlaying abandons the call: its
// goroutine remains but cannot use source any more, and the speaker is not opened again.
func KeepPlaying(ctx context.Context, speaker Speaker, source Source, report func(Health)) {
	null := NewNullSpeaker()
	keepRunning(ctx, report, speaker.String, func(ctx context.Context, r *deviceRun) error {
		return speaker.Play(ctx, &monitoredSource{source, r})
	}, func(ctx context.Context) { null.Play(ctx, source) })
}

// KeepRecording records with microphone into sink until ctx is done. Like [KeepPlaying], it opens
// the microphone again after a failure and calls report. While the microphone does not work, sink
// gets no sound.
func KeepRecording(ctx context.Context, microphone Microphone, sink Sink, report func(Health)) {
	keepRunning(ctx, report, microphone.String, func(ctx context.Context, r *deviceRun) error {
		return microphone.Record(ctx, &monitoredSink{sink, r})
	}, func(ctx context.Context) { <-ctx.Done() })
}

// keepRunning calls run again and again until ctx is done. Between two calls it calls substitute
// with a context that is done after reopenDelay. After an error that wraps ErrPermanent,
// keepRunning calls substitute with ctx instead. name returns the device's name for the reports.
func keepRunning(ctx context.Context, report func(Health), name func() string, run func(context.Context, *deviceRun) error, substitute func(context.Context)) {
	var failed atomic.Bool // a failure was reported, and the device has not worked since then
	var reported string    // the failure that was reported last
	var reportedAt time.Time
	shortRuns := 0 // number of runs in a row that have worked for less than steadyTime
	for ctx.Err() == nil {
		// After a failure, report that the device works only once it has moved sound for some time.
		// So a device that soon fails again is never reported as working, and one that fails again
		// and again does not fill the log.
		needed := stableTime
		if shortRuns >= maxShortRuns {
			needed = steadyTime
		}
		var worked atomic.Bool // it has been reported in this run that the device works
		r := &deviceRun{moved: func(since time.Duration) bool {
			if failed.Load() && since < needed {
				return false
			}
			failed.Store(false)
			worked.Store(true)
			report(Health{Device: name()})
			return true
		}}
		began := time.Now()
		err := r.run(ctx, run)
		if ctx.Err() != nil {
			return
		}
		switch {
		case time.Since(began) >= steadyTime+stableTime:
			shortRuns = 0
		case worked.Load():
			shortRuns++
		}
		final := errors.Is(err, ErrPermanent)
		// The reason may change, for example because the device is there now but may not be used.
		isNews := err.Error() != reported && time.Since(reportedAt) >= steadyTime
		if !failed.Swap(true) || final || isNews {
			reported, reportedAt = err.Error(), time.Now()
			report(Health{Device: name(), Err: err, Final: final})
		}
		pause, cancel := ctx, func() {}
		if !final {
			pause, cancel = context.WithTimeout(ctx, reopenDelay)
		}
		substitute(pause)
		cancel()
	}
}

// A deviceRun monitors one call of a device's Play or Record.
type deviceRun struct {
	// moved is called whenever the device moves sound, until moved has returned true once. since is
	// the time since the device first moved sound.
	moved func(since time.Duration) bool
	moves atomic.Int64 // number of calls of Fill or Take

	mu        sync.Mutex // guards the fields below; held while the source or the sink is called
	abandoned bool       // Play or Record did not return in time and must not move sound any more
	firstMove time.Time  // when the device first moved sound
	works     bool       // moved has returned true
}

// run calls f, which calls Play or Record, and returns its error, which is never nil. It cancels
// f's context when the device has moved no sound for soundTimeout, since a device that stops
// working often returns no error. If f does not return within closeTimeout after its context is
// done, run returns an error that wraps ErrPermanent.
func (r *deviceRun) run(ctx context.Context, f func(context.Context, *deviceRun) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	returned := make(chan error, 1)
	go func() { returned <- f(ctx, r) }()
	tick := time.NewTicker(soundTimeout / 3)
	defer tick.Stop()
	moves, idleTicks := int64(0), 0
	cancelled := ctx.Done()
	var timeout <-chan time.Time
	for {
		select {
		case err := <-returned:
			if err == nil {
				err = context.Cause(ctx)
			}
			if err == nil {
				err = errors.New("the device stopped")
			}
			return err
		case <-tick.C:
			if idleTicks++; r.moves.Load() != moves {
				moves, idleTicks = r.moves.Load(), 0
			}
			if idleTicks >= 3 {
				cancel(fmt.Errorf("the device has moved no sound for %v", soundTimeout))
			}
		case <-cancelled:
			cancelled, timeout = nil, time.After(closeTimeout)
		case <-timeout:
			r.mu.Lock()
			r.abandoned = true
			r.mu.Unlock()
			return fmt.Errorf("%w, and did not close: %w", context.Cause(ctx), ErrPermanent)
		}
	}
}

// move calls f, which moves sound, and returns true. If the run is abandoned, move does not call f
// and returns false.
func (r *deviceRun) move(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.abandoned {
		return false
	}
	r.moves.Add(1)
	if !r.works {
		if r.firstMove.IsZero() {
			r.firstMove = time.Now()
		}
		r.works = r.moved(time.Since(r.firstMove))
	}
	f()
	return true
}

// A monitoredSource is the source that KeepPlaying passes to a speaker. It notes each call in a
// deviceRun.
type monitoredSource struct {
	source Source
	run    *deviceRun
}

func (s *monitoredSource) Fill(sound []float32, delay time.Duration) {
	if !s.run.move(func() { s.source.Fill(sound, delay) }) {
		clear(sound)
	}
}

func (s *monitoredSource) Lost(n int) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if !s.run.abandoned {
		s.source.Lost(n)
	}
}

// A monitoredSink is the sink that KeepRecording passes to a microphone. It notes each call in a
// deviceRun.
type monitoredSink struct {
	sink Sink
	run  *deviceRun
}

func (s *monitoredSink) Take(sound []float32, age time.Duration) {
	s.run.move(func() { s.sink.Take(sound, age) })
}
