// Package screen has what the screen of a kiosk shows: a document of typed blocks with a revision. Scripts
// change it, pages show it and send touches.
//
// The document lives here and not in the pages. After each change, a page gets the whole document, so a page
// that has just come, was reloaded or was asleep needs nothing else. The package knows neither Lua nor HTTP.
//
// Every script that uses the screen is a [Client]. The blocks belong to the client that has shown some last;
// settings and the idle page belong to whoever has set them last. No goroutine of its own runs here: timers
// run on goroutines of the clock.
package screen

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"moonlark/engine/clock"
)

const (
	// changeInterval is the minimal time between two notices of a change. Changes in between are one change
	// for the pages.
	changeInterval = 100 * time.Millisecond
	// maxPages is the maximal number of pages that are open at the same time.
	maxPages = 16
)

// A Screen is what pages show. Any goroutine may call its methods, which do not block.
type Screen struct {
	clock clock.Clock
	boot  string // the prefix of each key, so that the touches of a page of an earlier process match no button of this one

	mu          sync.Mutex // guards the fields below
	observer    func(Event)
	keys        int // number of keys so far
	generations int // number of generations so far
	revision    int

	settings Settings
	idle     *IdleContent
	owner    *Client // whose content is shown; nil if there is none
	content  *Content
	shown    time.Time // when the content was shown or changed
	previous map[string]*Image
	note     *note
	ask      *question

	pages     map[*Page]struct{}
	sounds    map[string]struct{} // the IDs of the pages that carry the agent's sound
	missing   time.Time           // when the last page went, or pages were expected; zero if none are
	notified  time.Time           // when the pages were notified last
	pending   bool                // a timer will notify the pages
	touches   int                 // number of touches since touchTime
	touchTime time.Time           // when a second began in which touches are counted
}

// An Event is something that has happened to the screen.
type Event struct {
	Kind EventKind // what has happened
	// Revision is the revision of the document. It is set for Changed.
	Revision int
	Owner    string   // the script whose blocks are shown
	Touch    Touched  // set for TouchDone
	Page     PageInfo // set for PageCame, PageWent, SoundOn and SoundOff
	Pages    int      // number of open pages
}

// An EventKind is a kind of event.
type EventKind int

// The kinds of events.
const (
	Changed   EventKind = iota // the document has changed
	TouchDone                  // somebody has touched a button or the idle page
	PageCame                   // a page has been opened
	PageWent                   // a page has been closed
	SoundOn                    // a page has begun to carry the agent's sound
	SoundOff                   // a page has ceased to carry it, for example because it has lost its microphone
)

// New returns a screen that shows nothing. A nil clock is that of the machine.
func New(c clock.Clock) *Screen {
	if c == nil {
		c = clock.Machine{}
	}
	boot := make([]byte, 4)
	rand.Read(boot)
	return &Screen{clock: c, boot: hex.EncodeToString(boot), settings: DefaultSettings(), idle: &IdleContent{}, pages: make(map[*Page]struct{}), sounds: make(map[string]struct{})}
}

// Observe sets the function that gets the events. The function is called on any goroutine, and must not block or call
// a method of the screen.
func (s *Screen) Observe(f func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observer = f
}

// Maker returns a Maker for parts of this screen, whose buttons have unique keys.
func (s *Screen) Maker(image func(name string) (*Image, error)) Maker {
	return Maker{Image: image, Key: func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys++
		return fmt.Sprintf("%s-%d", s.boot, s.keys)
	}}
}

// NewGeneration returns a number for a generation of a script, which no other generation has.
func (s *Screen) NewGeneration() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations++
	return s.generations
}

// Boot returns a text that distinguishes this screen from that of another process.
func (s *Screen) Boot() string { return s.boot }

// emit returns a function that passes an event to the observer. The caller holds s.mu, and calls the
// function without it.
func (s *Screen) emit(e Event) func() {
	f := s.observer
	if f == nil {
		return func() {}
	}
	e.Pages = len(s.pages)
	if s.owner != nil {
		e.Owner = s.owner.script
	}
	return func() { f(e) }
}

// change runs f with the lock held. If f returns no error, the document has changed, and the pages are
// notified. f returns an error if it has changed nothing.
func (s *Screen) change(f func() error) error {
	s.mu.Lock()
	err := f()
	notify := func() {}
	if err == nil {
		notify = s.changed()
	}
	s.mu.Unlock()
	notify()
	return err
}

// changed counts a change, and notifies the pages now or soon. The caller holds s.mu, and then calls
// notify without it.
func (s *Screen) changed() (notify func()) {
	s.revision++
	if s.pending {
		return func() {}
	}
	now := s.clock.Now()
	if wait := changeInterval - now.Sub(s.notified); !s.notified.IsZero() && wait > 0 {
		s.pending = true
		s.clock.AfterFunc(wait, func() {
			s.mu.Lock()
			s.pending = false
			notify := s.notify()
			s.mu.Unlock()
			notify()
		})
		return func() {}
	}
	return s.notify()
}

// notify wakes the pages, and returns the function that calls the observer. The caller holds s.mu.
func (s *Screen) notify() func() {
	s.notified = s.clock.Now()
	for p := range s.pages {
		p.wake()
	}
	return s.emit(Event{Kind: Changed, Revision: s.revision})
}

// Document returns what is to be shown now. Nobody may change its slices and maps.
func (s *Screen) Document() Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	d := Document{Revision: s.revision, Settings: s.settings, Blocks: []Block{}, Idle: s.idle.Idle}
	if s.owner != nil {
		d.Owner, d.Age = s.owner.script, now.Sub(s.shown).Seconds()
		d.Blocks = s.mark(s.content.Blocks)
	}
	if s.note != nil {
		d.Note = &Note{s.note.text, max(s.note.until.Sub(now).Seconds(), 0)}
	}
	if q := s.ask; q != nil {
		shown := *q.shown
		if q.timeout > 0 {
			shown.Left = max(q.until.Sub(now).Seconds(), 0.1)
		}
		d.Ask = &shown
	}
	return d
}

// Settings returns the settings of the screen. Nobody may change its map.
func (s *Screen) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// mark returns the blocks with Old set for the buttons whose handlers belong to a generation that has been
// replaced. The caller holds s.mu.
func (s *Screen) mark(blocks []Block) []Block {
	marked := slices.Clone(blocks)
	for i := range marked {
		b := &marked[i]
		if len(b.Buttons) > 0 {
			b.Buttons = slices.Clone(b.Buttons)
			for j := range b.Buttons {
				b.Buttons[j].Old = s.isOld(s.content.bindings[b.Buttons[j].Key])
			}
		}
		if len(b.Items) > 0 && b.Kind == "cards" {
			b.Items = slices.Clone(b.Items)
			for j := range b.Items {
				b.Items[j].Old = s.isOld(s.content.bindings[b.Items[j].Key])
			}
		}
		if len(b.Columns) > 0 {
			b.Columns = slices.Clone(b.Columns)
			for j := range b.Columns {
				b.Columns[j] = s.mark(b.Columns[j])
			}
		}
	}
	return marked
}

// isOld reports whether the handler belongs to a generation that has been replaced. The caller holds
// s.mu.
func (s *Screen) isOld(b binding) bool {
	return b.handler.Number != 0 && b.handler.Generation != s.owner.generation
}

// Image returns the picture with this hash, if the document shows it or has shown it before the last
// change. It returns nil otherwise.
func (s *Screen) Image(hash string) *Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.content != nil {
		if image := s.content.images[hash]; image != nil {
			return image
		}
	}
	return s.previous[hash]
}

// setContent replaces what is shown. A nil owner means that nothing is. The caller holds s.mu.
func (s *Screen) setContent(owner *Client, c *Content) {
	if s.content != nil {
		s.previous = maps.Clone(s.content.images)
	}
	s.owner, s.content, s.shown = owner, c, s.clock.Now()
}
