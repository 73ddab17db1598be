package luastd

// A charset is a set of bytes.
type charset [8]uint32

func (s *charset) has(c byte) bool { return s[c>>5]>>(c&31)&1 != 0 }
func (s *charset) add(c byte)      { s[c>>5] |= 1 << (c & 31) }

// addRange adds the bytes from one to another; none when they are out of order.
func (s *charset) addRange(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s.add(byte(c))
	}
}

func (s *charset) addSet(o charset) {
	for i := range s {
		s[i] |= o[i]
	}
}

// inverted is the set of all other bytes.
func (s charset) inverted() charset {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

func (s *charset) overlaps(o *charset) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// only is the set of one byte.
func only(c byte) charset {
	var s charset
	s.add(c)
	return s
}

// class is the set that a letter after % stands for, in the C locale. An upper
// case letter stands for all the others.
func class(letter byte) (s charset, ok bool) {
	lower := letter | 0x20
	switch lower {
	case 'a', 'l', 'u', 'w', 'x', 'd':
		if lower == 'a' || lower == 'l' || lower == 'w' {
			s.addRange('a', 'z')
		}
		if lower == 'a' || lower == 'u' || lower == 'w' {
			s.addRange('A', 'Z')
		}
		if lower == 'd' || lower == 'w' || lower == 'x' {
			s.addRange('0', '9')
		}
		if lower == 'x' {
			s.addRange('a', 'f')
			s.addRange('A', 'F')
		}
	case 'c':
		s.addRange(0, 31)
		s.add(127)
	case 'p':
		s.addRange('!', '/')
		s.addRange(':', '@')
		s.addRange('[', '`')
		s.addRange('{', '~')
	case 's':
		s.addRange('\t', '\r')
		s.add(' ')
	case 'z':
		s.add(0)
	default:
		return s, false
	}
	if letter != lower {
		s = s.inverted()
	}
	return s, true
}
