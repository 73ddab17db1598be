package browser

import (
	"context"
	"errors"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

const (
	// pieceSamples is the number of samples that are moved at a time: 20 ms.
	pieceSamples = audio.Rate / 50
	// lead is how much sound is sent beyond what the page has probably played.
	lead = 250 * time.Millisecond
	// maxGuess is how long, after its last report, the page is assumed to go on playing. So the sound that was
	// sent exceeds the last report by at most lead + maxGuess + 20 ms.
	maxGuess = 200 * time.Millisecond
	// tick is the interval at which fill is called.
	tick = 10 * time.Millisecond
	// flushTimeout is how long the page may take to flush.
	flushTimeout = 3 * time.Second
)

var (
	errNoFlush  = errors.New("the page does not answer")
	errRegained = errors.New("the page has opened its microphone again")
)

// A speaker is the speaker of the page.
type speaker struct{ device *Device }

var _ audio.Speaker = speaker{}

// String returns "browser".
func (speaker) String() string { return "browser" }

// Flush implements [audio.Speaker].
func (s speaker) Flush() {
	select {
	case s.device.flush <- struct{}{}:
	default: // an earlier request for a flush is still pending
	}
}

// Play sends the sound of source to the page, on the caller's goroutine. It returns an error at once if no page is
// connected, and when the page goes away.
func (s speaker) Play(ctx context.Context, source audio.Source) error {
	p := s.device.current()
	if p == nil {
		return errNoPage
	}
	f := &feed{
		page: p, source: source, resampler: pcm.NewResampler(audio.Rate, p.rate),
		sound: make([]float32, pieceSamples),
	}
	err := f.run(ctx, s.device.flush)
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, errNoFlush):
		p.close(websocket.ClosePolicyViolation, err)
	case p.reason() != nil: // it is better than that of a write to a closed connection
		return p.reason()
	}
	return err
}

// A feed sends sound to a page. Only the goroutine of Play uses it.
type feed struct {
	page      *page
	source    audio.Source
	resampler *pcm.Resampler
	sound     []float32 // a piece from the source
	resampled []float32 // the piece at the rate of the page
	wire      []byte

	// number of samples since the last flush: those that the source has returned, and those that were sent
	filled, sent int64
	discards     bool             // the flush in progress discards the sound of an earlier feed
	timeout      <-chan time.Time // nil while no flush is in progress
}

// run sends sound until ctx is done or the page has gone.
func (f *feed) run(ctx context.Context, flush <-chan struct{}) error {
	select {
	case <-flush: // before this call
	default:
	}
	// The page may have sound of an earlier feed.
	f.discards = true
	if err := f.beginFlush(); err != nil {
		return err
	}
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		if f.timeout == nil {
			if err := f.fill(); err != nil {
				return err
			}
		}
		requests := flush
		if f.timeout != nil {
			requests = nil // a request during a flush is carried out after it
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.page.gone:
			return f.page.reason()
		case <-requests:
			if err := f.beginFlush(); err != nil {
				return err
			}
		case answer := <-f.page.flushed:
			f.endFlush(answer.Lost)
		case <-f.timeout:
			return errNoFlush
		case <-ticks.C:
		}
	}
}

// fill sends pieces of sound until the page is far enough ahead.
func (f *feed) fill() error {
	for {
		ahead, delay := f.page.ahead(time.Now())
		if ahead >= lead {
			return nil
		}
		f.source.Fill(f.sound, ahead+delay+f.resampler.Delay())
		f.filled += int64(len(f.sound))
		f.resampled = f.resampler.Append(f.resampled[:0], f.sound)
		f.wire = f.page.format().Append(f.wire[:0], f.resampled)
		f.sent += int64(len(f.resampled))
		if err := f.page.sendSound(f.wire, len(f.resampled)); err != nil {
			return err
		}
	}
}

// ahead returns the length of the sound that was sent and probably not played at a moment, and the delay of the
// page's sound output.
func (p *page) ahead(now time.Time) (ahead, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	unplayed := time.Duration(p.sent-p.lost-p.played) * time.Second / time.Duration(p.rate)
	return unplayed - min(now.Sub(p.playedAt), maxGuess, unplayed), p.delay
}

// beginFlush asks the page to discard the sound that it has not played.
func (f *feed) beginFlush() error {
	p := f.page
	p.mu.Lock()
	if p.flushing != 0 { // by an earlier feed, which has not waited for the answer
		p.mu.Unlock()
		f.timeout = time.After(flushTimeout)
		return nil
	}
	select {
	case <-p.flushed:
	default:
	}
	p.flushes++
	p.flushing = p.flushes
	number := int(p.flushes)
	p.mu.Unlock()
	f.timeout = time.After(flushTimeout)
	return p.send(map[string]int{"flush": number})
}

// endFlush ends a flush in which the page has discarded the last samples that were sent. It tells the source.
func (f *feed) endFlush(discarded int64) {
	f.timeout = nil
	lost := f.filled - max(f.sent-discarded, 0)*audio.Rate/int64(f.page.rate)
	f.filled, f.sent = 0, 0
	f.resampler.Reset()
	if f.discards {
		f.discards = false
		return
	}
	f.source.Lost(int(max(lost, 0)))
}
