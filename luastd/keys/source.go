package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/sockets"
)

// An input is an open device. Any goroutine may call its methods.
type input interface {
	io.Reader // reads events as Linux sends them
	io.Closer // also ends Read
	// Pressed returns the keys that are pressed now.
	Pressed() ([]uint16, error)
	// Grab keeps the events from other programs.
	Grab() error
}

// An opener opens a device. It may block. The error is a *permit.Denied if b does not permit the
// device.
type opener func(b *permit.Broker, d info) (input, error)

// A source reads from the devices that a selector selects, and looks for them. It stays open when
// the script is loaded again: it is a luastd.Resource. Any goroutine may call its methods.
type source struct {
	broker   *permit.Broker
	selector selector
	open     opener
	done     chan struct{} // closed by Stop
	tried    chan struct{} // closed when the source has looked for devices once
	ended    chan struct{} // closed when all goroutines have ended
	lost     chan struct{} // has a value when a device has gone
	readers  sync.WaitGroup
	changed  callbacks.Signal

	mu      sync.Mutex // guards the fields below
	user    *consumer  // gets the events; nil between two generations
	stopped bool
	devices map[string]*device // the open devices, by path
	failure *sockets.Failure   // why there is no device
	queue   []event
	presses int            // number of presses so far
	down    map[uint16]int // the keys that are pressed, with the number of the press
}

// A device is an open device of a source. The mutex of the source guards its fields.
type device struct {
	info
	input   input
	down    map[uint16]bool
	grabbed bool
	skip    bool // the kernel has dropped events; all events up to the next SYN_REPORT are ignored
}

const (
	pollMissing = time.Second     // how often a source looks for a device that is not there
	pollMore    = 5 * time.Second // how often a source looks for more devices
)

func newSource(b *permit.Broker, s selector, open opener) *source {
	src := makeSource(b, s, open)
	go src.run()
	return src
}

// makeSource returns a source without its goroutine.
func makeSource(b *permit.Broker, s selector, open opener) *source {
	return &source{
		broker: b, selector: s, open: open,
		done: make(chan struct{}), tried: make(chan struct{}), ended: make(chan struct{}), lost: make(chan struct{}, 1),
		devices: make(map[string]*device), down: make(map[uint16]int),
	}
}

// run looks for devices until the source is stopped.
func (s *source) run() {
	defer close(s.ended)
	for first := true; ; first = false {
		count := s.look()
		if first {
			close(s.tried)
		}
		poll, folder := pollMissing, s.broker.FollowedFolder("/dev/input")
		switch {
		case count >= s.selector.max():
			poll, folder = time.Hour, ""
		case count > 0 || s.selector.all:
			poll = pollMore
		}
		select {
		case <-s.done:
			s.readers.Wait()
			return
		default:
			callbacks.AwaitDevice(folder, poll, s.done, s.lost)
		}
	}
}

// look opens the devices that are there. It returns the number of open devices.
func (s *source) look() int {
	var failure *sockets.Failure
	for _, d := range listDevices(s.broker) {
		if !s.selector.matches(d) || !s.broker.HasDevice(permit.Keys, d.names()...) || s.isTaken(d.path) {
			continue
		}
		in, err := s.open(s.broker, d)
		if err != nil {
			failure = explain(err, d)
			continue
		}
		s.add(d, in)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure == nil && len(s.devices) == 0 {
		failure = s.notFound()
	}
	s.fail(failure)
	return len(s.devices)
}

// notFound returns the failure if there is no device.
func (s *source) notFound() *sockets.Failure {
	return sockets.Fail("not_found", "there is no %s", s.selector)
}

// isTaken reports whether the device at path is not to be opened, because it is open or because
// there are enough.
func (s *source) isTaken(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devices[path] != nil || len(s.devices) >= s.selector.max()
}

// fail records why a device could not be opened. The log gets each new reason. The caller holds
// s.mu.
func (s *source) fail(f *sockets.Failure) {
	before := s.failure
	s.failure = f
	if f == nil || before != nil && before.Error() == f.Error() || s.selector.all && f.Code == "not_found" {
		return
	}
	if s.user != nil && !s.user.quiet {
		s.user.m.rt.Log(slog.LevelWarn, "keys: "+f.Error())
	}
}

// add adds an open device, and starts its goroutine.
func (s *source) add(info info, in input) {
	d := &device{info: info, input: in, down: make(map[uint16]bool)}
	codes, _ := in.Pressed()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		in.Close()
		return
	}
	for _, code := range codes {
		s.press(d, code)
	}
	s.devices[info.path] = d
	s.grab(d)
	s.readers.Go(func() { s.read(d) })
	s.changed.Send()
}

// read reads events until the device has gone.
func (s *source) read(d *device) {
	const wordSize = strconv.IntSize
	size := eventSize(wordSize)
	p := make([]byte, 64*size)
	have := 0
	for {
		n, err := d.input.Read(p[have:])
		have += n
		at := 0
		for ; have-at >= size; at += size {
			s.take(d, decode(p[at:], wordSize))
		}
		have = copy(p, p[at:have])
		if err != nil || n == 0 {
			break
		}
	}
	d.input.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for code := range d.down {
		s.release(d, code, time.Now())
	}
	delete(s.devices, d.path)
	s.changed.Send()
	select {
	case s.lost <- struct{}{}:
	default:
	}
}

// take processes an event of a device.
func (s *source) take(d *device, e rawEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.kind == typeSync && e.code == syncDrop:
		d.skip = true
	case e.kind == typeSync && e.code == syncReport:
		if d.skip {
			d.skip = false
			s.compare(d, e.time)
		}
		s.grab(d)
	case d.skip || e.kind != typeKey || e.code > maxCode:
	case e.value == press:
		number := s.press(d, e.code)
		s.queueEvent(d, e.code, "press", e.time, number)
	case e.value == released:
		s.release(d, e.code, e.time)
	case e.value == again:
		s.queueEvent(d, e.code, "repeat", e.time, s.down[e.code])
	}
}

// compare queues the events that the system has lost. The caller holds s.mu.
func (s *source) compare(d *device, at time.Time) {
	codes, err := d.input.Pressed()
	if err != nil {
		return
	}
	now := make(map[uint16]bool)
	for _, code := range codes {
		now[code] = true
		if !d.down[code] {
			s.queueEvent(d, code, "press", at, s.press(d, code))
		}
	}
	for code := range d.down {
		if !now[code] {
			s.release(d, code, at)
		}
	}
}

// press records that a key is pressed. The caller holds s.mu.
func (s *source) press(d *device, code uint16) int {
	s.presses++
	d.down[code] = true
	s.down[code] = s.presses
	return s.presses
}

// release records that a key is not pressed any more, and queues the event. The caller holds s.mu.
func (s *source) release(d *device, code uint16, at time.Time) {
	if !d.down[code] {
		return
	}
	delete(d.down, code)
	number := s.down[code]
	delete(s.down, code)
	s.queueEvent(d, code, "release", at, number)
}

// grab grabs the device if that is wanted and no key is pressed: other programs would never get to
// know that the key has been released. The caller holds s.mu.
func (s *source) grab(d *device) {
	if !s.selector.grab || d.grabbed || len(d.down) > 0 {
		return
	}
	err := d.input.Grab()
	if d.grabbed = err == nil; err != nil {
		s.fail(explain(err, d.info))
	}
}

// queueEvent queues an event, and drops the oldest if there are too many. The caller holds s.mu.
func (s *source) queueEvent(d *device, code uint16, action string, at time.Time, number int) {
	if s.stopped {
		return
	}
	if len(s.queue) >= maxEvents {
		s.queue = s.queue[1:]
		if s.user != nil {
			s.user.m.rt.CountDropped("keys", "events of keys", 1)
		}
	}
	s.queue = append(s.queue, event{code, action, d.name, at, s.modifiers(), number, 0})
	s.changed.Send()
}

// modifiers returns the modifiers that are pressed. The caller holds s.mu.
func (s *source) modifiers() (m modifiers) {
	for code := range s.down {
		m |= modifierKeys[code]
	}
	return m
}

// isPressed reports whether a key with its modifiers is pressed.
func (s *source) isPressed(c combination) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.any {
		return len(s.down) > 0
	}
	return s.down[c.code] != 0 && s.modifiers()&c.modifiers == c.modifiers
}

// absence returns why there is no device, or nil if there is one, or if the devices may come later.
func (s *source) absence() *sockets.Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.devices) > 0 || s.selector.all {
		return nil
	}
	return s.failure
}

// attach makes c get the events in place of the consumer before, which belongs to an older
// generation.
func (s *source) attach(c *consumer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.user != nil {
		s.user.replaced = true
	}
	s.user = c
	s.changed.Send()
}

// detach makes the events wait for the next consumer, if c gets them now.
func (s *source) detach(c *consumer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.user == c {
		s.user = nil
	}
	c.closed = true
	s.changed.Send()
}

// Stop closes the devices.
func (s *source) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.queue = nil
	for _, d := range s.devices {
		d.input.Close()
	}
	close(s.done)
	s.changed.Send()
}

// Close waits until all devices are closed.
func (s *source) Close(context.Context) { <-s.ended }

// explain returns the failure for an error of a device.
func explain(err error, d info) *sockets.Failure {
	var known *sockets.Failure
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrPermission):
		return sockets.Fail("denied", "the system does not allow the use of %s (%s): the user must belong to the group input", d.path, d.name)
	case errors.Is(err, fs.ErrNotExist):
		return sockets.Fail("not_found", "there is no device %s", d.path)
	case isBusy(err):
		return sockets.Fail("busy", "another program has grabbed %s", d.name)
	}
	return sockets.Fail("io", "%s", fmt.Sprintf("%s: %s", d.name, err))
}
