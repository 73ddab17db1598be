package pattern

import "strings"

// match matches the pattern from index p on with the text from index pos on. It returns where the
// match ends in the text, or -1 if there is no match.
func (m *Matcher) match(pos, p int) int {
	if m.depth == maxDepth {
		m.L.RaiseError("pattern too complex (more than %d nested repetitions)", maxDepth)
	}
	m.depth++
	end := m.matchItems(pos, p)
	m.depth--
	return end
}

// matchItems does what match says, without counting the nested calls. It matches the items of the
// pattern in turn.
func (m *Matcher) matchItems(pos, p int) int {
	for p < len(m.pattern) {
		m.spend(1)
		switch m.pattern[p] {
		case '(':
			return m.openCapture(pos, p+1)
		case ')':
			return m.closeCapture(pos, p+1)
		case '$':
			if p+1 == len(m.pattern) {
				if pos == len(m.text) {
					return pos
				}
				return -1
			}
		case '%':
			if next := m.patternByte(p + 1); next == 'b' || next == 'f' || isDigit(next) {
				if pos, p = m.matchEscape(next, pos, p+2); pos < 0 {
					return -1
				}
				continue
			}
		}
		end := m.itemEnd(p)
		switch m.patternByte(end) {
		case '*':
			return m.matchMost(pos, p, end, 0)
		case '+':
			return m.matchMost(pos, p, end, 1)
		case '-':
			return m.matchFewest(pos, p, end)
		case '?':
			if m.matchByte(pos, p, end) {
				if to := m.match(pos+1, end+1); to >= 0 {
					return to
				}
			}
			p = end + 1
		default:
			if !m.matchByte(pos, p, end) {
				return -1
			}
			pos++
			p = end
		}
	}
	return pos
}

// matchEscape matches %b, %f or a back reference such as %1. letter is the character after the %,
// and p is the index in the pattern after it. It returns the index in the text, or -1 if there is
// no match, and the index in the pattern at which to continue.
func (m *Matcher) matchEscape(letter byte, pos, p int) (int, int) {
	switch letter {
	case 'b':
		return m.matchBalance(pos, p), p + 2
	case 'f':
		return m.matchFrontier(pos, p)
	}
	return m.matchBackReference(pos, letter), p
}

// matchMost matches the item from p to end as many times as possible, and then the rest of the
// pattern. While the rest does not match, matchMost tries one repetition less, but at least
// minCount. It returns where the match ends, or -1 if there is no match.
func (m *Matcher) matchMost(pos, p, end, minCount int) int {
	n := 0
	for m.matchByte(pos+n, p, end) {
		n++
		m.spendBytes(n)
	}
	for ; n >= minCount; n-- {
		m.spend(1)
		if to := m.match(pos+n, end+1); to >= 0 {
			return to
		}
	}
	return -1
}

// matchFewest matches the rest of the pattern. While the rest does not match, matchFewest first
// matches the item from p to end once more. It returns where the match ends, or -1 if there is no
// match.
func (m *Matcher) matchFewest(pos, p, end int) int {
	for {
		m.spend(1)
		if to := m.match(pos, end+1); to >= 0 {
			return to
		}
		if !m.matchByte(pos, p, end) {
			return -1
		}
		pos++
	}
}

// matchBalance matches %bxy: a part of the text from an x to the y that closes it. p is the index
// of x in the pattern. It returns where the part ends, or -1 if there is no match.
func (m *Matcher) matchBalance(pos, p int) int {
	if p+1 >= len(m.pattern) {
		m.L.RaiseError("unbalanced pattern")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if pos == len(m.text) || m.text[pos] != opening {
		return -1
	}
	nested := 1
	for i := pos + 1; i < len(m.text); i++ {
		m.spendBytes(i)
		if m.text[i] == closing {
			if nested--; nested == 0 {
				return i + 1
			}
		} else if m.text[i] == opening {
			nested++
		}
	}
	return -1
}

// matchFrontier matches %f[set]. The byte before index pos must not be in the set, and the byte at
// index pos must be in the set. p is the index of the set in the pattern. It returns pos, or -1 if
// there is no match, and the index in the pattern after the set.
func (m *Matcher) matchFrontier(pos, p int) (int, int) {
	if m.patternByte(p) != '[' {
		m.L.RaiseError("%s", "missing '[' after '%f' in pattern")
	}
	end := m.itemEnd(p)
	var before, after byte // zero if pos is at the beginning or the end of the text
	if pos > 0 {
		before = m.text[pos-1]
	}
	if pos < len(m.text) {
		after = m.text[pos]
	}
	if m.inSet(before, p, end) || !m.inSet(after, p, end) {
		return -1, end
	}
	return pos, end
}

// matchBackReference matches a text that is equal to the capture number digit. It returns where
// that text ends, or -1 if there is no match.
func (m *Matcher) matchBackReference(pos int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].size == unfinished {
		m.L.RaiseError("invalid capture index")
	}
	c := m.captures[i]
	if c.size == position { // Lua 5.1 never matches a position capture
		return -1
	}
	m.spend(c.size / (32 * bytesPerStep)) // HasPrefix compares many bytes in one step
	if !strings.HasPrefix(m.text[pos:], m.text[c.from:c.from+c.size]) {
		return -1
	}
	return pos + c.size
}
