package value

import "strconv"

// number reads a number. It returns an error if the text at the current position is not a number of
// JSON.
func (p *scanner) number() (float64, error) {
	start := p.i
	if p.s[start] == '-' {
		p.i++
	}
	first := p.i
	if p.digits() == 0 {
		return 0, p.expected("a digit")
	}
	if p.i > first+1 && p.s[first] == '0' {
		return 0, p.wrong(first, "a number cannot begin with 0")
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if p.digits() == 0 {
			return 0, p.expected("a digit")
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return 0, p.expected("a digit")
		}
	}
	f, err := strconv.ParseFloat(p.s[start:p.i], 64)
	if err != nil {
		return 0, p.wrong(start, "a number that is too large")
	}
	return f, nil
}

// digits skips digits and returns how many it has skipped.
func (p *scanner) digits() int {
	start := p.i
	for p.i < len(p.s) && isDigit(p.s[p.i]) {
		p.i++
	}
	return p.i - start
}
