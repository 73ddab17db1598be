package screen

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// A PageInfo describes an open page.
type PageInfo struct {
	Width, Height int  // in CSS pixels; 0 if the page has not said it
	Touch         bool // the device has a touch screen
	Sound         bool // the page carries the agent's sound at the moment: see Screen.SetSound

	// ID is a word with which the page has identified itself; empty if it has not.
	ID string
}

// A Page is an open page.
type Page struct {
	screen *Screen
	info   PageInfo
	came   time.Time
	notice chan struct{}
}

// ErrTooManyPages is the error of Open if 16 pages are open.
var ErrTooManyPages = errors.New("too many pages are open")

// Open adds a page that has been opened. The caller must call Close when the page has gone.
func (s *Screen) Open(info PageInfo) (*Page, error) {
	s.mu.Lock()
	if len(s.pages) >= maxPages {
		s.mu.Unlock()
		return nil, ErrTooManyPages
	}
	info.Sound = s.hasSound(info.ID)
	p := &Page{screen: s, info: info, came: s.clock.Now(), notice: make(chan struct{}, 1)}
	s.pages[p] = struct{}{}
	emit := s.emit(Event{Kind: PageCame, Page: info})
	s.mu.Unlock()
	emit()
	return p, nil
}

// Changed returns the channel that has a value when the document has changed since the last value was
// taken.
func (p *Page) Changed() <-chan struct{} { return p.notice }

// wake puts a value into the channel of Changed, unless it has one.
func (p *Page) wake() {
	select {
	case p.notice <- struct{}{}:
	default:
	}
}

// Close removes the page. It may be called more than once.
func (p *Page) Close() {
	s := p.screen
	s.mu.Lock()
	_, open := s.pages[p]
	delete(s.pages, p)
	if open && len(s.pages) == 0 && !s.missing.IsZero() {
		s.missing = s.clock.Now()
	}
	info := p.info
	info.Sound = s.hasSound(info.ID)
	emit := s.emit(Event{Kind: PageWent, Page: info})
	s.mu.Unlock()
	if open {
		emit()
	}
}

// Pages returns the open pages, the oldest first.
func (s *Screen) Pages() []PageInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pages []*Page
	for p := range s.pages {
		pages = append(pages, p)
	}
	slices.SortFunc(pages, func(a, b *Page) int { return cmp.Or(a.came.Compare(b.came), cmp.Compare(a.info.Width, b.info.Width)) })
	infos := make([]PageInfo, len(pages))
	for i, p := range pages {
		infos[i] = p.info
		infos[i].Sound = s.hasSound(p.info.ID)
	}
	return infos
}

// SetSound notes that the page with this ID has begun or ceased to carry the agent's sound: to play what the agent
// says and to record the user, if the program does that in a page. The page may be opened later.
func (s *Screen) SetSound(id string, carries bool) {
	if id == "" {
		return
	}
	s.mu.Lock()
	kind := SoundOff
	if carries {
		s.sounds[id] = struct{}{}
		kind = SoundOn
	} else {
		delete(s.sounds, id)
	}
	emit := func() {}
	for p := range s.pages {
		if p.info.ID == id {
			info := p.info
			info.Sound = carries
			emit = s.emit(Event{Kind: kind, Page: info})
		}
	}
	s.mu.Unlock()
	emit()
}

// hasSound reports whether the page with this ID carries the agent's sound. The caller holds s.mu.
func (s *Screen) hasSound(id string) bool {
	_, has := s.sounds[id]
	return has
}

// ExpectPages makes Missing count the time in which no page is open, from now on.
func (s *Screen) ExpectPages() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing = s.clock.Now()
}

// Missing returns how long no page has been open. It returns 0 if a page is open, or if none is expected.
func (s *Screen) Missing() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missing.IsZero() || len(s.pages) > 0 {
		return 0
	}
	return s.clock.Now().Sub(s.missing)
}
