package pattern

// itemEnd returns the index in the pattern after the item that begins at p. An item is a byte, an
// escape such as %a, or a set in brackets. itemEnd raises an error if the item is incomplete.
func (m *Matcher) itemEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p == len(m.pattern) {
			m.L.RaiseError("%s", "malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if m.patternByte(p) == '^' {
			p++
		}
		for { // begins with the second byte of the set: a ] in the first place is a member
			if p >= len(m.pattern) {
				m.L.RaiseError("malformed pattern (missing ']')")
			}
			c := m.pattern[p]
			p++
			if c == '%' && p < len(m.pattern) {
				p++
			}
			if m.patternByte(p) == ']' {
				return p + 1
			}
		}
	}
	return p
}

// matchByte reports whether the byte at index pos of the text matches the item from p to end of the
// pattern. It returns false at the end of the text.
func (m *Matcher) matchByte(pos, p, end int) bool {
	if pos >= len(m.text) {
		return false
	}
	c := m.text[pos]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end)
	}
	return m.pattern[p] == c
}

// inSet reports whether the byte c is in the set from p to end of the pattern. The set begins and
// ends with a bracket.
func (m *Matcher) inSet(c byte, p, end int) bool {
	m.spend((end - p) / bytesPerStep / 2) // a search in a long set counts as several steps
	found := true
	if m.pattern[p+1] == '^' {
		found = false
		p++
	}
	last := end - 1 // the index of the closing bracket
	for p++; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return found
			}
		case m.pattern[p+1] == '-' && p+2 < last:
			p += 2
			if m.pattern[p-2] <= c && c <= m.pattern[p] {
				return found
			}
		case m.pattern[p] == c:
			return found
		}
	}
	return !found
}

// inClass reports whether the byte c is in the class %letter, such as %a for letters. The classes
// are those of the C locale. An upper case letter stands for all bytes outside of the class. Any
// other character after the % stands for itself.
func inClass(c, letter byte) bool {
	var in bool
	switch letter | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < ' ' || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = 'a' <= c && c <= 'z'
	case 'p':
		in = ' ' < c && c < 127 && !isLetter(c) && !isDigit(c)
	case 's':
		in = c == ' ' || '\t' <= c && c <= '\r'
	case 'u':
		in = 'A' <= c && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return c == letter
	}
	if 'A' <= letter && letter <= 'Z' {
		return !in
	}
	return in
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
