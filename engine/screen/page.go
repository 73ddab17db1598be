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
	Sound         bool // the page plays or records sound
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
	emit := s.emit(Event{Kind: PageWent, Page: p.info})
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
	}
	return infos
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
