package sim

import (
	"fmt"
	"time"

	"moonlark/engine/pins"
)

// channels is the number of PWM channels of the chip 0.
const channels = 2

// A PWMState is the state of a PWM channel.
type PWMState struct {
	Period, High time.Duration
	On           bool
}

// A pwm is a pins.PWM. The mutex of the chip guards state.
type pwm struct {
	chip    *Chip
	channel int
	state   PWMState
}

// PWM implements pins.Board.
func (c *Chip) PWM(chip, channel int) (pins.PWM, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case chip != 0 || channel >= channels:
		return nil, &pins.Error{Code: "not_found", Text: fmt.Sprintf("there is no PWM channel %d of chip %d", channel, chip)}
	case c.pwms[channel] != nil:
		return nil, &pins.Error{Code: "busy", Text: fmt.Sprintf("the PWM channel %d of chip %d is in use", channel, chip)}
	}
	c.pwms[channel] = &pwm{chip: c, channel: channel}
	return c.pwms[channel], nil
}

// PWMState returns the state of a channel of the chip 0. ok is false if it is not open.
func (c *Chip) PWMState(channel int) (s PWMState, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pwms[channel]; p != nil {
		return p.state, true
	}
	return PWMState{}, false
}

// Set implements pins.PWM.
func (p *pwm) Set(period, high time.Duration, on bool) error {
	p.chip.mu.Lock()
	defer p.chip.mu.Unlock()
	if high > period {
		return &pins.Error{Code: "invalid", Text: "the high part is longer than the period"}
	}
	p.state = PWMState{period, high, on}
	return nil
}

// Close implements pins.PWM.
func (p *pwm) Close() {
	p.chip.mu.Lock()
	defer p.chip.mu.Unlock()
	if p.chip.pwms[p.channel] == p {
		p.chip.pwms[p.channel] = nil
	}
}
