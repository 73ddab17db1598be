package luastd

import "strings"

// match matches the items from next on at a place, and returns where the match
// ends, or -1.
func (m *matcher) match(at, next, depth int) int {
	if depth > deepestMatch {
		m.L.RaiseError("pattern too complex (more than %d repetitions inside each other)", deepestMatch)
	}
	for ; ; next++ {
		m.spend(1)
		it := &m.pat.items[next]
		switch it.op {
		case opEnd:
			return at
		case opText:
			if !strings.HasPrefix(m.text[at:], it.text) {
				return -1
			}
			at += len(it.text)
		case opSet:
			if at == len(m.text) || !it.set.has(m.text[at]) {
				return -1
			}
			at++
		case opMost:
			end := len(m.text)
			if !it.all {
				end = m.run(&it.set, at)
			}
			if end < at+int(it.least) {
				return -1
			}
			if !it.sure {
				return m.most(at+int(it.least), end, next, depth)
			}
			at = end
		case opLeast:
			if !it.sure {
				return m.fewest(at, next, depth)
			}
			at = m.run(&it.set, at)
		case opMaybe:
			if at < len(m.text) && it.set.has(m.text[at]) {
				if it.sure {
					at++
				} else if end := m.match(at+1, next+1, depth+1); end >= 0 {
					return end
				}
			}
		case opOpen, opHere:
			m.captures[it.index].from = at
		case opClose:
			m.captures[it.index].to = at
		case opBack:
			if at = m.back(it.index, at); at < 0 {
				return -1
			}
		case opBalance:
			if at = m.balance(it.text[0], it.text[1], at); at < 0 {
				return -1
			}
		case opFrontier:
			if !m.frontier(&it.set, at) {
				return -1
			}
		case opAtEnd:
			if at != len(m.text) {
				return -1
			}
		case opRaise:
			m.L.RaiseError("%s", it.text)
		}
	}
}

// most tries the rest of the pattern after a repetition that can end anywhere
// between two places, from the last to the first.
func (m *matcher) most(first, last, next, depth int) int {
	need := &m.pat.items[next].next
	for at := last; at >= first; at-- {
		m.spend(1)
		if m.can(need, at) {
			if end := m.match(at, next+1, depth+1); end >= 0 {
				return end
			}
		}
	}
	return -1
}

// fewest tries the rest of the pattern at a place, then one byte of the set
// further on, and so on.
func (m *matcher) fewest(at, next, depth int) int {
	it := &m.pat.items[next]
	for {
		m.spend(1)
		if it.all && it.next.kind == needChar {
			found := strings.IndexByte(m.text[at:], it.next.char)
			if found < 0 {
				m.spend((len(m.text) - at) / fastPerStep)
				return -1
			}
			m.spend(found / fastPerStep)
			at += found
		}
		if m.can(&it.next, at) {
			if end := m.match(at, next+1, depth+1); end >= 0 {
				return end
			}
		}
		if at == len(m.text) || !it.set.has(m.text[at]) {
			return -1
		}
		at++
	}
}

// can says whether what the text goes on with is not against a need. It is not
// asked for needEnd, which makes a repetition sure.
func (m *matcher) can(n *need, at int) bool {
	if n.kind == needChar || n.kind == needSet {
		return at < len(m.text) && n.set.has(m.text[at])
	}
	return true
}

// back passes what a capture holds; -1 if it is not there.
func (m *matcher) back(capture, at int) int {
	if m.pat.positions>>capture&1 != 0 { // no text is the same as a position
		return -1
	}
	c := m.captures[capture]
	m.spend((c.to - c.from) / fastPerStep)
	if !strings.HasPrefix(m.text[at:], m.text[c.from:c.to]) {
		return -1
	}
	return at + c.to - c.from
}

// frontier says whether a set begins at a place. Before and after the text
// there is a zero byte.
func (m *matcher) frontier(set *charset, at int) bool {
	var before, after byte
	if at > 0 {
		before = m.text[at-1]
	}
	if at < len(m.text) {
		after = m.text[at]
	}
	return !set.has(before) && set.has(after)
}

// balance is where the byte that closes what the one at a place opens is
// passed, -1 if it does not open or is not closed.
func (m *matcher) balance(open, closing byte, at int) int {
	if at == len(m.text) || m.text[at] != open {
		return -1
	}
	nested := 1
	for from := at; at+1 < len(m.text); {
		at++
		if m.text[at] == closing {
			if nested--; nested == 0 {
				m.spend((at - from) / bytesPerStep)
				return at + 1
			}
		} else if m.text[at] == open {
			nested++
		}
		if at-from == stretch {
			m.spend(stretch / bytesPerStep)
			from = at
		}
	}
	m.spend(stretch / bytesPerStep)
	return -1
}
