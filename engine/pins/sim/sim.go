// Package sim is a simulated GPIO chip. It behaves as a chip of Linux does: lines can be opened once at
// a time, inputs have a pull and are debounced, and changes are numbered. A test, or a person who has
// no such chip, drives the inputs and looks at the outputs.
//
// All methods may be called on any goroutine. The chip has no goroutine of its own: it calls
// Request.Event on the goroutine that changes the line, or on that of the clock.
package sim

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins"
)

const (
	chipName  = "gpiochip0"
	chipLabel = "simulated"
	header    = 28 // number of lines called GPIO0, GPIO1 and so on, as on a Raspberry Pi
	// maxChanges is how many changes of an output are kept.
	maxChanges = 1000
)

// A Chip is a simulated GPIO chip with PWM channels. It is a pins.Board.
type Chip struct {
	clock clock.Clock // fixed

	mu    sync.Mutex // guards the fields below, and the lines
	lines []*line
	pwms  [channels]*pwm // nil where the channel is not open
	gone  bool           // the chip has been taken away
}

// A line is a line of the chip.
type line struct {
	name   string
	driven level // what is connected to the line from outside
	level  bool  // the present level; true is high

	request *request // nil if nobody has opened the line
	index   int      // the index in the request
	value   bool     // of an output: the value that was set
	seq     uint32   // the number of the last change of an input
	skip    int      // number of the next changes that are lost
	// stable is the level of an input that counts, and settle the timer that makes another one count.
	stable  bool
	settle  clock.Timer
	changes []Change
}

// A level is what drives a line from outside.
type level string

const (
	floating level = "" // nothing does
	low      level = "low"
	high     level = "high"
)

// A Change is a value that an output has taken.
type Change struct {
	Value bool
	Time  time.Time
}

// New returns a chip with the lines GPIO0 to GPIO27, and more lines with the given names.
func New(c clock.Clock, names ...string) *Chip {
	chip := &Chip{clock: c}
	for i := range header {
		chip.lines = append(chip.lines, &line{name: "GPIO" + strconv.Itoa(i)})
	}
	for _, name := range names {
		chip.lines = append(chip.lines, &line{name: name})
	}
	return chip
}

// Chips implements pins.Board.
func (c *Chip) Chips() ([]pins.Chip, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil, nil
	}
	chip := pins.Chip{Name: chipName, Label: chipLabel}
	for i, l := range c.lines {
		info := pins.Line{Offset: i, Name: l.name}
		if l.request != nil {
			info.Used, info.Consumer, info.Output = true, pins.Consumer, l.request.Output
		}
		chip.Lines = append(chip.Lines, info)
	}
	return []pins.Chip{chip}, nil
}

// Request implements pins.Board.
func (c *Chip) Request(r pins.Request) (pins.Lines, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || r.Chip != chipName {
		return nil, &pins.Error{Code: "not_found", Text: "there is no GPIO chip " + r.Chip}
	}
	for _, offset := range r.Offsets {
		switch {
		case offset < 0 || offset >= len(c.lines):
			return nil, &pins.Error{Code: "not_found", Text: fmt.Sprintf("%s has no line %d", chipName, offset)}
		case c.lines[offset].request != nil:
			return nil, &pins.Error{Code: "busy", Text: fmt.Sprintf("%s is used by %s", c.lines[offset].name, pins.Consumer), Consumer: pins.Consumer}
		}
	}
	q := &request{Request: r, chip: c}
	for i, offset := range r.Offsets {
		l := c.lines[offset]
		l.request, l.index, l.seq, l.skip, l.changes = q, i, 0, 0, nil
		if q.lines = append(q.lines, l); r.Output {
			c.setOutput(l, r.Values[i])
		}
		l.level = l.present()
		l.stable = l.level
	}
	return q, nil
}

// present returns the level of the line as it results from what drives it. The caller holds c.mu.
func (l *line) present() bool {
	q := l.request
	if q != nil && q.Output {
		out := l.value != q.ActiveLow
		if q.Drive == pins.OpenDrain && out || q.Drive == pins.OpenSource && !out {
			// A resistor outside of the chip makes the other level, unless something else drives it.
			return l.driven == high || l.driven == floating && out
		}
		return out
	}
	switch {
	case l.driven != floating:
		return l.driven == high
	case q != nil && q.Pull == pins.PullUp:
		return true
	}
	return false
}

// setOutput sets an output. The caller holds c.mu.
func (c *Chip) setOutput(l *line, v bool) {
	if l.value = v; len(l.changes) == 0 || l.changes[len(l.changes)-1].Value != v {
		if len(l.changes) == maxChanges {
			l.changes = l.changes[1:]
		}
		l.changes = append(l.changes, Change{v, c.clock.Now()})
	}
	l.level = l.present()
}

// update gives the line the level that results from what drives it. The caller holds c.mu.
func (c *Chip) update(l *line) {
	if l.level = l.present(); l.request == nil || l.request.Output {
		return
	}
	if l.settle != nil {
		l.settle.Stop()
		l.settle = nil
	}
	if l.request.Debounce == 0 {
		c.settled(l)
		return
	}
	if l.level == l.stable {
		return
	}
	var timer clock.Timer
	timer = c.clock.AfterFunc(l.request.Debounce, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.settle == timer {
			l.settle = nil
			c.settled(l)
		}
	})
	l.settle = timer
}

// settled makes the present level of an input count. The caller holds c.mu.
func (c *Chip) settled(l *line) {
	if l.level == l.stable {
		return
	}
	l.stable = l.level
	l.seq++
	switch {
	case l.skip > 0:
		l.skip--
	case l.request.Event != nil:
		l.request.Event(pins.Event{Value: l.stable != l.request.ActiveLow, Time: c.clock.Now(), Seq: l.seq})
	}
}

// A request is a pins.Lines. The mutex of the chip guards closed and lost.
type request struct {
	pins.Request
	chip   *Chip
	lines  []*line
	closed bool
	lost   bool // the chip was taken away
}

// check returns an error if the lines cannot be used any more. The caller holds the mutex.
func (q *request) check() error {
	switch {
	case q.closed:
		return &pins.Error{Code: "io", Text: "the line has been closed"}
	case q.lost:
		return errGone()
	}
	return nil
}

func errGone() *pins.Error {
	return &pins.Error{Code: "lost", Text: "the GPIO chip has been taken away"}
}

// Values implements pins.Lines.
func (q *request) Values() ([]bool, error) {
	q.chip.mu.Lock()
	defer q.chip.mu.Unlock()
	if err := q.check(); err != nil {
		return nil, err
	}
	var values []bool
	for _, l := range q.lines {
		level := l.level
		if !q.Output {
			level = l.stable
		}
		values = append(values, level != q.ActiveLow)
	}
	return values, nil
}

// Set implements pins.Lines.
func (q *request) Set(values []bool) error {
	q.chip.mu.Lock()
	defer q.chip.mu.Unlock()
	if err := q.check(); err != nil {
		return err
	}
	for i, l := range q.lines {
		q.chip.setOutput(l, values[i])
	}
	return nil
}

// Close implements pins.Lines. The lines become inputs that nothing pulls.
func (q *request) Close() {
	q.chip.mu.Lock()
	defer q.chip.mu.Unlock()
	if q.closed {
		return
	}
	q.closed = true
	for _, l := range q.lines {
		if l.settle != nil {
			l.settle.Stop()
			l.settle = nil
		}
		if l.request == q {
			l.request, l.value = nil, false
			l.level = l.present()
		}
	}
}
