package gpio

import (
	"context"
	"sync"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins"
)

const (
	// permissionTime is how long the system may need to permit the use of a PWM channel that has just
	// been opened, and permissionPause is the time between two attempts.
	permissionTime  = 2 * time.Second
	permissionPause = 50 * time.Millisecond
)

// A signal is what a PWM channel puts out.
type signal struct {
	frequency float64       // in hertz
	duty      float64       // 0 to 1
	high      time.Duration // replaces duty if it is not 0
	on        bool
}

// A channel is an open PWM channel. It outlives the generations of the script: it is a
// luastd.Resource. Any goroutine may call its methods.
type channel struct {
	pwm pins.PWM // fixed

	mu      sync.Mutex // guards the fields below; held during changes
	wanted  signal
	options signal // what the script has asked for when it opened the channel
	opened  time.Time
	ready   bool // a change has been possible
	after   func(time.Duration, func()) clock.Timer
	now     func() time.Time
	timer   clock.Timer // repeats a change that the system has not permitted yet
	stopped bool
}

// openChannel opens a PWM channel.
func openChannel(b pins.Board, chip, number int) (*channel, error) {
	pwm, err := b.PWM(chip, number)
	if err != nil {
		return nil, err
	}
	return &channel{pwm: pwm}, nil
}

// attach sets what belongs to the generation that uses the channel now. The signal changes only if the
// script asks for another one than before.
func (c *channel) attach(now func() time.Time, after func(time.Duration, func()) clock.Timer, s signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.after = now, after
	if c.opened.IsZero() {
		c.opened = now()
	} else if s == c.options {
		return nil
	}
	c.options, c.wanted = s, s
	return c.apply()
}

// change changes the signal.
func (c *channel) change(f func(*signal)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.wanted)
	return c.apply()
}

// apply makes the channel put out the wanted signal. Just after it was opened, the system may not permit
// that yet: then apply returns nil, and tries again later. The caller holds c.mu.
func (c *channel) apply() error {
	if c.stopped {
		return errClosed
	}
	if c.timer != nil {
		return nil // the timer applies it
	}
	period := time.Duration(float64(time.Second) / c.wanted.frequency)
	high := c.wanted.high
	if high == 0 {
		high = time.Duration(c.wanted.duty * float64(period))
	}
	err := c.pwm.Set(period, min(high, period), c.wanted.on)
	if e := asError(err); e == nil || e.Code != "denied" || c.ready || c.now().Sub(c.opened) > permissionTime {
		c.ready = c.ready || err == nil
		return err
	}
	c.timer = c.after(permissionPause, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.timer = nil; !c.stopped {
			c.apply()
		}
	})
	return nil
}

// Stop switches the channel off, and closes it.
func (c *channel) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.pwm.Close()
}

// Close does nothing: Stop has closed the channel.
func (c *channel) Close(context.Context) {}
