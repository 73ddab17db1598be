package pulse

import (
	"math"
	"time"

	"moonlark/audio"
)

// A clock knows which sample of a stream is in the air. It is set now and then
// by what the server says, and runs by itself in between.
type clock struct {
	heard   float64   // the sample that was in the air
	when    time.Time // then
	running bool      // whether the device plays or records
	ran     bool      // whether it ever has
}

// begin sets the clock to the start of a stream on a device of that latency.
func (c *clock) begin(latency time.Duration) {
	*c = clock{heard: -latency.Seconds() * audio.Rate}
}

// again says that another device has to begin.
func (c *clock) again() { c.ran = false }

// fresh is whether the device has not begun yet.
func (c *clock) fresh() bool { return !c.ran }

// set sets the clock: at when, the device had taken the samples up to taken and
// would need latency to play the last of them.
func (c *clock) set(taken int64, latency time.Duration, when time.Time, running bool) {
	c.heard = float64(taken) - latency.Seconds()*audio.Rate
	c.when = when
	c.running = running
	c.ran = c.ran || running
}

// at is which sample is in the air at now.
func (c *clock) at(now time.Time) int64 {
	heard := c.heard
	if c.running {
		heard += now.Sub(c.when).Seconds() * audio.Rate
	}
	return int64(math.Round(heard))
}

// until is how long it will be until sample n is in the air.
func (c *clock) until(n int64) time.Duration {
	return max(0, audio.Duration(int(n-c.at(time.Now()))))
}
