package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A State is what can be seen of a line from outside.
type State struct {
	Line      int      `json:"line"`
	Name      string   `json:"name"`
	Direction string   `json:"direction,omitempty"` // "input" or "output"; "" if no script uses the line
	Value     bool     `json:"value"`               // true: active, such as a pressed button or a lamp that is on
	Level     string   `json:"level"`               // "high" or "low"
	Debounce  float64  `json:"debounce,omitempty"`  // of an input, in seconds
	Changes   []Change `json:"-"`                   // of an output since it was opened, the last 1,000
}

// ErrUnused is the error for a line that no script uses in the way that is needed.
var ErrUnused = errors.New("no script uses it as an input")

// Find returns the number of a line. text is the name of the line, or its number.
func (c *Chip) Find(text string) (offset int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.lines, func(l *line) bool { return l.name == text }); i >= 0 {
		return i, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(c.lines) {
		return n, nil
	}
	return 0, fmt.Errorf("the simulated chip has no line %s: it has 0 to %d, which are called %s to %s", text, len(c.lines)-1, c.lines[0].name, c.lines[len(c.lines)-1].name)
}

// Add returns the number of the line with this name or number. If there is none, it adds a line with
// this name.
func (c *Chip) Add(name string) (offset int, err error) {
	if offset, err = c.Find(name); err == nil {
		return offset, nil
	}
	if _, number := strconv.Atoi(name); number == nil || name == "" {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, &line{name: name})
	return len(c.lines) - 1, nil
}

// SetValue drives an input from outside, so that its value becomes v: true means that a button is
// pressed. The error is ErrUnused if no script has opened the line as an input.
func (c *Chip) SetValue(offset int, v bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lines[offset]
	if l.request == nil || l.request.Output {
		return fmt.Errorf("%s: %w", l.name, ErrUnused)
	}
	l.driven = low
	if v != l.request.ActiveLow {
		l.driven = high
	}
	c.update(l)
	return nil
}

// SetLevel connects the line to the high or the low level from outside.
func (c *Chip) SetLevel(offset int, isHigh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines[offset].driven = low
	if isHigh {
		c.lines[offset].driven = high
	}
	c.update(c.lines[offset])
}

// Float makes nothing drive the line from outside.
func (c *Chip) Float(offset int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines[offset].driven = floating
	c.update(c.lines[offset])
}

// LoseEvents makes the next n changes of an input be lost, as they are when the queue of the kernel is
// full.
func (c *Chip) LoseEvents(offset, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines[offset].skip = n
}

// State returns the state of a line.
func (c *Chip) State(offset int) State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state(offset)
}

// States returns the states of all lines.
func (c *Chip) States() []State {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]State, len(c.lines))
	for i := range c.lines {
		all[i] = c.state(i)
	}
	return all
}

// state returns the state of a line. The caller holds c.mu.
func (c *Chip) state(offset int) State {
	l := c.lines[offset]
	s := State{Line: offset, Name: l.name, Value: l.level, Level: string(low), Changes: slices.Clone(l.changes)}
	if l.level {
		s.Level = string(high)
	}
	if q := l.request; q != nil {
		s.Direction, s.Debounce = "input", q.Debounce.Seconds()
		s.Value = l.stable != q.ActiveLow
		if q.Output {
			s.Direction, s.Value = "output", l.value
		}
	}
	return s
}

// Debounce returns how long the input must be stable before its value counts; 0 if the line is not an
// input that is debounced.
func (c *Chip) Debounce(offset int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.lines[offset].request; q != nil {
		return q.Debounce
	}
	return 0
}

// Unplug takes the chip away, as when a USB adapter is pulled out.
func (c *Chip) Unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	for _, l := range c.lines {
		if q := l.request; q != nil {
			if l.request, q.lost = nil, true; q.Lost != nil && l == q.lines[0] {
				q.Lost(errGone())
			}
		}
	}
}

// Plug puts the chip back.
func (c *Chip) Plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = false
}
