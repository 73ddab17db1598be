package luastd

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// mostSteps is how many steps one call of a pattern function may take: half
	// a second of a PC. A step is an item tried at a place, or some bytes
	// passed over.
	mostSteps = 100_000_000
	// stepsPerBreath is how many steps pass between two breaths.
	stepsPerBreath = 10_000
	// deepestMatch is how many repetitions inside each other may have a choice left.
	deepestMatch = 1000
	// stretch is how many bytes are passed over without counting them.
	stretch = 1 << 16
	// bytesPerStep and fastPerStep are how many bytes passed over are a step:
	// one by one, and by what the processor does many at a time.
	bytesPerStep, fastPerStep = 4, 128
)

// A matcher matches one pattern against one text, within one call. It lives on
// the Go stack: while a gsub waits for the function it calls, other matchers run.
type matcher struct {
	L        *lua.LState
	lib      *stringLib
	pat      *pattern
	text     string
	fuel     int // steps left until the next breath
	left     int // steps left after that
	must     int // up to here, every place has pat.must at or after it
	captures [mostCaptures]span
}

// A span is a piece of the text, or a position in it: then only from counts.
type span struct{ from, to int }

// begin gets m ready. Its captures need no clearing: a match sets all of them.
func (m *matcher) begin(L *lua.LState, lib *stringLib, p *pattern, text string) {
	m.L, m.lib, m.pat, m.text = L, lib, p, text
	m.fuel, m.left, m.must = stepsPerBreath, lib.steps, -1
}

// spend counts steps.
func (m *matcher) spend(steps int) {
	if m.fuel -= steps; m.fuel <= 0 {
		m.breathe()
	}
}

func (m *matcher) breathe() {
	m.left -= stepsPerBreath - m.fuel
	m.fuel = stepsPerBreath
	if m.left <= 0 {
		m.L.RaiseError("pattern takes too long (more than %d steps)", m.lib.steps)
	}
	m.lib.breather.Breathe(m.L)
}

// find looks for the first match at or after a place. from is -1 if there is none.
func (m *matcher) find(at int) (from, to int) {
	for ; at <= len(m.text); at++ {
		if !m.pat.anchored {
			if at = m.seek(at); at < 0 {
				break
			}
		}
		if m.must < at && !m.mustComes(at) {
			break
		}
		if to := m.match(at, 0, 0); to >= 0 {
			return at, to
		}
		if m.pat.anchored {
			break
		}
	}
	return -1, 0
}

// mustComes says whether the text has, at or after a place, what every match
// has in it, and remembers where. To look first spares trying all the ways there
// are to a match that cannot be.
func (m *matcher) mustComes(at int) bool {
	if m.pat.must == "" {
		m.must = len(m.text)
		return true
	}
	found := strings.Index(m.text[at:], m.pat.must)
	m.must = at + found
	return found >= 0
}

// seek is the first place at or after one where a match can begin, -1 if there
// is none.
func (m *matcher) seek(at int) int {
	var skipped int
	switch p := m.pat; {
	case p.lead != "":
		skipped = strings.Index(m.text[at:], p.lead)
	case p.first.kind == needChar:
		skipped = strings.IndexByte(m.text[at:], p.first.char)
	case p.first.kind == needSet:
		others := p.first.set.inverted()
		if at = m.run(&others, at); at == len(m.text) {
			return -1
		}
		return at
	}
	if skipped < 0 { // the search is over
		return -1
	}
	m.spend(skipped / fastPerStep)
	return at + skipped
}

// run is the first place at or after one where the text has a byte that is not
// in the set.
func (m *matcher) run(set *charset, at int) int {
	text := m.text
	for {
		end := min(len(text), at+stretch)
		from := at
		for at < end && set.has(text[at]) {
			at++
		}
		m.spend((at - from) / bytesPerStep)
		if at < end || at == len(text) {
			return at
		}
	}
}
