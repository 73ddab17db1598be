package re

import (
	"io"
	"strings"
	"unicode/utf8"
)

// A search finds the matches of a pattern in a text, one after the other. It may be copied. Package
// regexp can only find all matches at once, which could take much time and memory.
type search struct {
	p    *program
	text string
	at   int // index in text at which the next match may begin; more than len(text) at the end
	last int // end of the last match; -1 if there is none
}

func newSearch(p *program, text string) search { return search{p: p, text: text, last: -1} }

// next returns the positions of the next match, as regexp.FindStringSubmatchIndex does, or nil if
// there are no more matches. The matches are those of FindAllStringSubmatchIndex: an empty match
// does not count directly after another match. poll is described at program.find.
func (s *search) next(poll func() bool) []int {
	for s.at <= len(s.text) {
		loc := s.p.find(s.text, s.at, poll)
		if loc == nil {
			break
		}
		counts := loc[1] > s.at || loc[0] != s.last
		if loc[1] > s.at {
			s.at = loc[1]
		} else {
			_, width := utf8.DecodeRuneInString(s.text[s.at:])
			s.at += max(width, 1)
		}
		s.last = loc[1]
		if counts {
			return loc
		}
	}
	s.at = len(s.text) + 1
	return nil
}

// find returns the positions of the first match in text that does not begin before the index at, or
// nil. If poll is not nil, find calls it regularly, and gives up when poll returns false.
func (p *program) find(text string, at int, poll func() bool) []int {
	if p.prefix != "" {
		i := strings.Index(text[at:], p.prefix)
		if i < 0 {
			return nil
		}
		at += i
	}
	re, from := p.re, at // re searches in text[from:]
	if at > 0 && p.after != nil {
		_, width := utf8.DecodeLastRuneInString(text[:at])
		re, from = p.after, at-width
	}
	var loc []int
	if poll == nil {
		loc = re.FindStringSubmatchIndex(text[from:])
	} else {
		loc = re.FindReaderSubmatchIndex(newReader(text[from:], p.states, poll))
	}
	if loc != nil && re == p.after {
		loc = loc[2:]
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += from
		}
	}
	return loc
}

// workPerPoll is how much work a search does between two calls of poll, as the number of states
// multiplied by the number of characters. A slow machine needs a few milliseconds for it.
const workPerPoll = 100_000

// A reader reads the characters of a text, and makes a search in it interruptible: it pretends that
// the text ends when poll returns false.
type reader struct {
	rest     string
	interval int // number of characters between two calls of poll
	left     int // number of characters until the next call of poll
	poll     func() bool
}

func newReader(text string, states int, poll func() bool) *reader {
	interval := max(1, workPerPoll/states)
	return &reader{text, interval, interval, poll}
}

// ReadRune implements io.RuneReader.
func (r *reader) ReadRune() (c rune, size int, err error) {
	if r.left--; r.left < 0 {
		r.left = r.interval
		if !r.poll() {
			r.rest = ""
		}
	}
	if r.rest == "" {
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRuneInString(r.rest)
	r.rest = r.rest[size:]
	return c, size, nil
}
