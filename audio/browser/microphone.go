package browser

import (
	"context"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// A microphone is the microphone of the page.
type microphone struct{ device *Device }

var _ audio.Microphone = microphone{}

// String returns "browser".
func (microphone) String() string { return "browser" }

// Record passes the sound of the page's microphone to sink, 20 ms at a time, on the goroutine of the page. It
// returns an error at once if no page is connected or the page has no microphone, and when the page goes
// away or loses its microphone.
func (m microphone) Record(ctx context.Context, sink audio.Sink) error {
	p := m.device.current()
	if p == nil {
		return errNoPage
	}
	select {
	case <-p.microphoneLost: // before this call
	default:
	}
	if err := p.microphoneProblem(); err != nil {
		return err
	}
	m.device.setSink(sink)
	defer m.device.setSink(nil)
	select {
	case <-ctx.Done():
		return nil
	case <-p.gone:
		return p.reason()
	case <-p.microphoneLost:
		if err := p.microphoneProblem(); err != nil {
			return err
		}
		return errRegained
	}
}

// setSink sets the sink of the sound. When it returns, the sink before gets no more sound.
func (d *Device) setSink(sink audio.Sink) {
	d.sinkMu.Lock()
	defer d.sinkMu.Unlock()
	d.sink = sink
}

// An intake converts the sound of a page's microphone. Only the goroutine of the page uses it.
type intake struct {
	decoder   *pcm.Decoder
	resampler *pcm.Resampler
	raw       []float32 // samples at the rate of the page
	sound     []float32 // samples that are not passed on yet
	allowed   bucket    // in samples
	clock     clock
	rate      int
}

func newIntake(rate int) intake {
	return intake{
		decoder:   pcm.NewDecoder(pcm.Format{Encoding: pcm.S16, Rate: rate}),
		resampler: pcm.NewResampler(rate, audio.Rate),
		allowed:   bucket{perSecond: float64(rate) * maxSpeed, capacity: maxBacklog.Seconds() * float64(rate)},
		rate:      rate,
	}
}

// take passes the complete pieces of sound to sink, which may be nil. delay is that of the page's sound
// output, which is also the best estimate for that of its input. take returns false if more sound has come
// than a microphone can have recorded.
func (i *intake) take(wire []byte, sink audio.Sink, delay time.Duration) bool {
	if !i.allowed.take(float64(len(wire) / 2)) {
		return false
	}
	i.raw = i.decoder.Append(i.raw[:0], wire)
	age := i.clock.age(time.Now(), time.Duration(len(i.raw))*time.Second/time.Duration(i.rate)) + delay
	i.sound = i.resampler.Append(i.sound, i.raw)
	rest := i.sound
	for ; len(rest) >= pieceSamples; rest = rest[pieceSamples:] {
		if sink != nil {
			sink.Take(rest[:pieceSamples], age+audio.Duration(len(rest)-pieceSamples))
		}
	}
	i.sound = i.sound[:copy(i.sound, rest)]
	return true
}

// A clock estimates how late sound arrives, by comparison with the sound that came in the shortest time. The
// zero value begins with the next piece of sound.
type clock struct {
	start time.Time // when the first sample was recorded, as estimated
	sound time.Duration
}

// age returns how long ago the last sample of a piece of this length was recorded, beyond the usual time.
func (c *clock) age(now time.Time, length time.Duration) time.Duration {
	c.sound += length
	start := now.Add(-c.sound)
	switch late := start.Sub(c.start); {
	case c.start.IsZero() || late < 0 || late > maxBacklog: // such a long pause was one of the microphone
		c.start = start
	default:
		// the clock of the sound card may be slower than that of this machine, and the microphone may have paused
		c.start = c.start.Add(min(late, length/20))
	}
	return start.Sub(c.start)
}

// A bucket limits how much of something may come: perSecond on average, and capacity at once. The zero time
// is a full bucket.
type bucket struct {
	perSecond, capacity float64
	used                float64
	at                  time.Time
}

// take notes that n has come. It returns false if that was too much.
func (b *bucket) take(n float64) bool {
	now := time.Now()
	if !b.at.IsZero() {
		b.used = max(0, b.used-now.Sub(b.at).Seconds()*b.perSecond)
	}
	b.at = now
	b.used += n
	return b.used <= b.capacity
}
