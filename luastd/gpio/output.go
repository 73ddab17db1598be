package gpio

import (
	"context"
	"slices"
	"sync"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins"
)

// An output is one or more open outputs, and what goes on at them. It outlives the generations of the
// script: it is a luastd.Resource. Any goroutine may call its methods.
type output struct {
	board pins.Board   // fixed
	names []pins.Name  // fixed
	first pins.Request // fixed; the request, without the chip and the lines

	mu      sync.Mutex // guards the fields below; held during writes
	lines   pins.Lines
	values  []bool // what was written last
	atClose []bool // what is written before the lines are closed; nil if nothing is
	after   func(time.Duration, func()) clock.Timer
	timer   clock.Timer // of a blink or a pulse; nil if there is none
	effect  int         // the number of the blink or pulse that goes on; changes when another begins
	stopped bool
}

// openOutput opens outputs.
func openOutput(b pins.Board, names []pins.Name, opts outputOptions) (*output, error) {
	o := &output{board: b, names: names, first: opts.request, values: slices.Clone(opts.initial)}
	return o, o.request()
}

// request opens the lines. The caller holds o.mu, or has just made o.
func (o *output) request() error {
	r := o.first
	r.Values = o.values
	if err := resolve(o.board, &r, o.names); err != nil {
		return err
	}
	lines, err := o.board.Request(r)
	if err == nil {
		o.lines = lines
	}
	return err
}

// attach sets what belongs to the generation that uses the outputs now. It opens lines again whose chip
// had been taken away.
func (o *output) attach(after func(time.Duration, func()) clock.Timer, atClose []bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.after, o.atClose = after, atClose
	if _, err := o.lines.Values(); isLost(err) {
		o.lines.Close()
		return o.request()
	}
	return nil
}

// isLost reports whether err says that the chip has been taken away.
func isLost(err error) bool {
	e := asError(err)
	return e != nil && e.Code == "lost"
}

// set writes values. The caller holds o.mu.
func (o *output) set(values []bool) error {
	if o.stopped {
		return errClosed
	}
	err := o.lines.Set(values)
	if err == nil {
		o.values = values
	}
	return err
}

// endEffect ends a blink or a pulse. The caller holds o.mu.
func (o *output) endEffect() {
	o.effect++
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
}

// write ends a blink or a pulse, and writes values.
func (o *output) write(values []bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endEffect()
	return o.set(values)
}

// toggle is like write, with the opposite of the value of a single output. It returns the new value.
func (o *output) toggle() (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endEffect()
	v := !o.values[0]
	return v, o.set([]bool{v})
}

// read returns the present values.
func (o *output) read() ([]bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped {
		return nil, errClosed
	}
	return o.lines.Values()
}

// blink switches a single output on for a time and off for a time, again and again, or as often as times
// says if it is not 0. The first time begins now.
func (o *output) blink(on, off time.Duration, times int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endEffect()
	return o.step(o.effect, true, on, off, times)
}

// step makes a step of a blink, and lets the next one follow. The caller holds o.mu.
func (o *output) step(effect int, v bool, on, off time.Duration, times int) error {
	if effect != o.effect {
		return nil
	}
	o.timer = nil
	if err := o.set([]bool{v}); err != nil {
		return err
	}
	delay := on
	if !v {
		if times--; times == 0 {
			return nil
		}
		delay = off
	}
	o.timer = o.after(delay, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.step(effect, !v, on, off, times) // an error ends the blink: the next write returns it too
	})
	return nil
}

// Stop writes the value of at_close, and closes the lines.
func (o *output) Stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped {
		return
	}
	o.endEffect()
	if o.atClose != nil {
		o.set(o.atClose) // the script has ended, so nobody wants an error
	}
	o.stopped = true
	o.lines.Close()
}

// Close does nothing: Stop has closed the lines.
func (o *output) Close(context.Context) {}
