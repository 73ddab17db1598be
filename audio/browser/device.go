// Package browser plays and records sound in a page of a browser. The page is connected by a
// WebSocket, over which both sides send pieces of sound. Text messages, which are JSON objects, say
// how much was played; docs/http.md describes them.
//
// One [Device] has the sound of a program. Its [Device.Speaker] and its [Device.Microphone] move sound
// while a page is connected, and are lost while none is. At most one page has the sound: a page that
// connects takes it from the page before.
//
// A page has one goroutine, that of [Device.Serve], which reads its messages and passes the sound of
// its microphone to the sink. The goroutine of Play takes sound from the source and sends it.
package browser

import (
	"context"
	"errors"
	"sync"

	"github.com/gorilla/websocket"

	"moonlark/audio"
)

// errNoPage is why the devices do not work while no page is connected.
var errNoPage = errors.New("no page in a browser has the sound: open the page, and allow it to use the sound")

// A Use says what the pages are used for. The JSON names are those that the pages read.
type Use struct {
	Microphone bool `json:"microphone"` // the pages record the user
	Speaker    bool `json:"speaker"`    // the pages play what the agent says
}

// A Device is the sound of a program in a page. Any goroutine may call its methods.
type Device struct {
	use   Use           // does not change after New
	flush chan struct{} // contains a value while the speaker has been asked to flush and has not begun to

	mu       sync.Mutex // guards the fields below
	page     *page      // the page that has the sound; nil if there is none
	counts   *audio.Counts
	observer func(id string, carries bool) // the function of Observe; nil if there is none

	// observeMu is held while observer runs, so that observer runs once at a time. It also guards observed.
	observeMu sync.Mutex
	observed  carrying // the page that, according to the latest call of observer, carries the sound

	// sinkMu guards sink. It is also held while sound is passed to the sink.
	sinkMu sync.Mutex
	sink   audio.Sink // receives the sound of the microphone; nil while nobody records
}

// A carrying says which page carries the sound.
type carrying struct {
	is bool   // there is a page that carries the sound
	id string // the id of that page, as in Serve
}

// New returns a Device whose pages are used for what use says.
func New(use Use) *Device {
	return &Device{use: use, flush: make(chan struct{}, 1), counts: new(audio.Counts)}
}

// Use returns what the pages are used for.
func (d *Device) Use() Use { return d.use }

// Observe sets a function that is called when a page with this id begins or ceases to carry the sound: when it
// connects or has gone, when another page takes the sound, and, if the microphone is used, when the
// page loses or regains its microphone. If another page takes the sound, the function is called for the
// page before and then for the new one; not if both have the same id, as after a lost connection. The function
// is called on the goroutine of a page, one call at a time, and must not block. Call Observe before the
// first Serve.
func (d *Device) Observe(f func(id string, carries bool)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observer = f
}

// countIn makes the Device count problems in counts, unless counts is nil.
func (d *Device) countIn(counts *audio.Counts) {
	if counts == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts = counts
}

// Speaker returns the speaker of the page. Problems are counted in counts, which may be nil.
func (d *Device) Speaker(counts *audio.Counts) audio.Speaker {
	d.countIn(counts)
	return speaker{d}
}

// Microphone returns the microphone of the page. Problems are counted in counts, which may be nil.
func (d *Device) Microphone(counts *audio.Counts) audio.Microphone {
	d.countIn(counts)
	return microphone{d}
}

// Serve carries the sound of the page at the other end of conn until the page goes away, another page takes
// the sound, or ctx is done. Then it closes conn and returns the reason. id is a word with which the page
// has identified itself; it may be empty. A page that breaks the rules of the protocol is told why when the
// connection is closed.
func (d *Device) Serve(ctx context.Context, conn *websocket.Conn, id string) error {
	p := newPage(d, conn, id)
	defer context.AfterFunc(ctx, func() { p.close(websocket.CloseGoingAway, errors.New("the agent has ended")) })()
	err := p.run()
	p.close(closeCode(err), err)
	d.remove(p)
	return p.reason()
}

// current returns the page that has the sound, or nil.
func (d *Device) current() *page {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.page
}

// add gives the sound to a page that has connected, and takes it from the page before.
func (d *Device) add(p *page) {
	d.mu.Lock()
	old := d.page
	d.page = p
	d.mu.Unlock()
	if old != nil {
		old.send(map[string]int{"taken": 1})
		old.close(websocket.CloseNormalClosure, errTaken)
	}
	d.observe()
}

// remove removes a page that has gone.
func (d *Device) remove(p *page) {
	d.mu.Lock()
	if d.page == p {
		d.page = nil
	}
	d.mu.Unlock()
	d.observe()
}

// observe calls the observer if the page that carries the sound has changed since the latest call, or if
// there is none any more.
func (d *Device) observe() {
	d.observeMu.Lock()
	defer d.observeMu.Unlock()
	d.mu.Lock()
	p, f := d.page, d.observer
	d.mu.Unlock()
	before, now := d.observed, carrying{}
	if p != nil && p.carries() {
		now = carrying{true, p.id}
	}
	if now == before {
		return
	}
	d.observed = now
	if f != nil && before.is {
		f(before.id, false)
	}
	if f != nil && now.is {
		f(now.id, true)
	}
}

// count calls f with the counters.
func (d *Device) count(f func(*audio.Counts)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d.counts)
}
