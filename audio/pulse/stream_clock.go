package pulse

import (
	"math"
	"time"

	"moonlark/audio"
)

// A streamClock calculates which sample of a stream is audible (or is being recorded) at a given
// time. The server reports its latency now and then; between two reports, the clock extrapolates.
type streamClock struct {
	sample  float64   // number of the sample that was audible at the last report
	when    time.Time // time of the last report
	running bool      // the device was running at the last report
	started bool      // the device has run since the last call of begin or restart
}

// begin sets the clock for a stream that starts on a device with this latency.
func (c *streamClock) begin(latency time.Duration) {
	*c = streamClock{sample: -latency.Seconds() * audio.Rate}
}

// restart notes that the stream uses another device, which has not started yet.
func (c *streamClock) restart() { c.started = false }

// set sets the clock from a report of the server. processed is the number of samples that the
// device had processed at time t. latency is how long after t the last of these samples is audible.
// In a recording, latency is negative: the last sample was recorded that long before t. running
// reports whether the device was running.
func (c *streamClock) set(processed int64, latency time.Duration, t time.Time, running bool) {
	c.sample = float64(processed) - latency.Seconds()*audio.Rate
	c.when = t
	c.running = running
	c.started = c.started || running
}

// at returns the number of the sample that is audible at time t.
func (c *streamClock) at(t time.Time) int64 {
	sample := c.sample
	if c.running {
		sample += t.Sub(c.when).Seconds() * audio.Rate
	}
	return int64(math.Round(sample))
}

// until returns the time until the sample with the number n is audible, or 0 if that sample has
// been audible already.
func (c *streamClock) until(n int64) time.Duration {
	return max(0, audio.Duration(int(n-c.at(time.Now()))))
}
