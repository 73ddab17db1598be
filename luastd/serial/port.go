package serial

import (
	"context"
	"errors"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/sockets"
)

// A port is a serial port, which is open while its device is there. It stays open when the script
// is loaded again: it is a luastd.Resource. Any goroutine may call its methods.
type port struct {
	settings settings // fixed
	// openWire opens the port of the system. It may block.
	openWire func() (wire, string, error)
	folder   string        // in which the system creates the device; "" if that is not known
	done     chan struct{} // closed by Stop
	tried    chan struct{} // closed when the first attempt to open the port has ended
	ended    chan struct{} // closed when the goroutine has ended
	changed  callbacks.Signal

	mu       sync.Mutex // guards the fields below
	user     *handle    // gets what is received; nil between two generations
	used     bool       // a handle has been attached
	wire     wire       // nil while the port is not open
	path     string     // the path of the device that was opened last; "" if there was none
	failure  *sockets.Failure
	stopped  bool
	received buffer
	ending   string   // the end of a line, as the last user has set it
	events   []string // "connect" and "disconnect" that the script has not got
}

// maxEvents is how many events of a port wait for the script. When there are more, the oldest are
// dropped.
const maxEvents = 16

// newPort returns a port, and starts its goroutine.
func newPort(b *permit.Broker, s settings) *port {
	p := makePort(s)
	if strings.HasPrefix(s.device, "/") {
		p.folder = b.FollowedFolder(path.Dir(s.device))
	} else if runtime.GOOS == "linux" {
		p.folder = b.FollowedFolder("/dev")
	}
	p.openWire = func() (wire, string, error) {
		place, err := locate(b, s.device)
		if err != nil {
			return nil, "", err
		}
		w, err := openWire(b, place, s)
		return w, place.path, err
	}
	go p.run()
	return p
}

func makePort(s settings) *port {
	return &port{
		settings: s, ending: s.ending,
		done: make(chan struct{}), tried: make(chan struct{}), ended: make(chan struct{}),
	}
}

// pollInterval is how often a port that is not there is looked for.
const pollInterval = time.Second

// A device that ends less than minOpen after it was opened, maxShort times one after the other, is
// opened again only after a pause.
const (
	minOpen  = 2 * time.Second
	maxShort = 3
)

// run opens the port and reads from it, again and again, until the port is stopped.
func (p *port) run() {
	defer close(p.ended)
	first, short := true, 0
	for {
		w, opened, err := p.openWire()
		began := time.Now()
		if err == nil {
			err = p.connect(w, opened)
		} else {
			p.fail(explain(err, p.settings.device))
		}
		if first {
			first = false
			close(p.tried)
		}
		if err == nil {
			p.read(w)
			p.disconnect(w)
		}
		if p.isStopped() || !p.settings.reconnect {
			return
		}
		if short++; err != nil || time.Since(began) > minOpen {
			short = 0
		}
		if short < maxShort {
			callbacks.AwaitDevice(p.folder, pollInterval, p.done, nil)
			continue
		}
		select {
		case <-p.done:
		case <-time.After(pollInterval):
		}
	}
}

// connect makes w the open port of the system.
func (p *port) connect(w wire, path string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		w.Release()
		w.Close()
		return errClosed
	}
	if p.path != "" {
		p.received.cut(p.ending)
	}
	p.wire, p.path, p.failure = w, path, nil
	p.happened("connect")
	return nil
}

// read puts what w receives into the buffer until w ends.
func (p *port) read(w wire) {
	chunk := make([]byte, 16<<10)
	for {
		n, err := w.Read(chunk)
		if n > 0 {
			p.receive(chunk[:n])
		}
		if err != nil || n == 0 {
			return
		}
	}
}

// receive puts data into the buffer.
func (p *port) receive(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	if dropped := p.received.add(data); dropped > 0 && p.user != nil {
		p.user.m.rt.CountDropped("serial", "received bytes", dropped)
	}
	p.changed.Send()
}

// disconnect closes w, which has ended.
func (p *port) disconnect(w wire) {
	p.mu.Lock()
	p.wire = nil
	p.failure = sockets.Fail("lost", "%s has been unplugged", p.settings.device)
	p.happened("disconnect")
	p.mu.Unlock()
	w.Close()
}

// happened adds an event. The caller holds p.mu.
func (p *port) happened(event string) {
	p.events = append(p.events, event)
	if more := len(p.events) - maxEvents; more > 0 {
		p.events = slices.Delete(p.events, 0, more)
	}
	p.changed.Send()
}

// fail records why the port could not be opened. The log gets each new reason, since the handle may
// have been made while the script was loading.
func (p *port) fail(f *sockets.Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lost := p.path != ""
	if p.failure != nil && (lost && f.Code == "not_found" || p.failure.Error() == f.Error()) {
		return
	}
	p.failure = f
	if p.user != nil {
		p.user.logFailure(f)
	}
	p.changed.Send()
}

func (p *port) isStopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopped
}

// attach makes h get what is received in place of the handle before, which belongs to an older
// generation.
func (p *port) attach(h *handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.user != nil {
		p.user.replaced = true
	}
	if p.ending != h.settings.ending {
		p.ending, p.received.searched = h.settings.ending, 0
	}
	p.user = h
	if p.used {
		p.events = nil // those of the generation before
	}
	p.used = true
	if p.wire == nil && p.failure != nil {
		h.logFailure(p.failure)
	}
	p.changed.Send()
}

// detach makes the port wait for the next handle, if h has it now.
func (p *port) detach(h *handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.user == h {
		p.user = nil
	}
	h.closed = true
	p.changed.Send()
}

// current returns the open port of the system, or why there is none.
func (p *port) current() (wire, *sockets.Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopped:
		return nil, errClosed
	case p.wire == nil:
		return nil, p.absence()
	}
	return p.wire, nil
}

// absence returns why the port is not open. The caller holds p.mu.
func (p *port) absence() *sockets.Failure {
	switch {
	case p.path != "" && (p.failure == nil || p.failure.Code == "not_found"):
		return sockets.Fail("lost", "%s has been unplugged", p.settings.device)
	case p.failure == nil:
		return sockets.Fail("lost", "%s is not open yet", p.settings.device)
	}
	return p.failure
}

// write sends data. The error is a *sockets.Failure.
func (p *port) write(ctx context.Context, data string) *sockets.Failure {
	w, failure := p.current()
	if failure != nil {
		return failure
	}
	n, err := w.Write(ctx, data)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return sockets.Fail("timeout", "%s has taken only %d of %d bytes", p.settings.device, n, len(data))
	case p.isStopped():
		return errClosed
	}
	return sockets.Fail("lost", "%s has been unplugged", p.settings.device)
}

// Stop lets others open the port, and drops what has been received.
func (p *port) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.received.clear()
	if p.wire != nil {
		p.wire.Release()
	}
	close(p.done)
	p.changed.Send()
}

// Close waits until the port is closed.
func (p *port) Close(context.Context) { <-p.ended }
