package luastd

import "slices"

// A compiler makes the items of a pattern from its text.
type compiler struct {
	text string
	at   int // text[:at] has been read
	pat  *pattern
	open []int  // the captures that are open, innermost last
	lits []byte // what all opText items stand for, one after the other
}

// compile makes a pattern. A ^ at its beginning is an anchor, unless caret says
// that it is a character, as it is for gmatch.
func compile(text string, caret bool) *pattern {
	p := &pattern{items: make([]item, 0, 8)}
	c := &compiler{text: text, pat: p}
	if !caret && text != "" && text[0] == '^' {
		p.anchored = true
		c.at = 1
	}
	for c.at < len(text) && c.item() {
	}
	for _, k := range c.open {
		p.unfinished |= 1 << k
	}
	if n := len(p.items); n == 0 || p.items[n-1].op != opRaise {
		p.items = append(p.items, item{op: opEnd})
	}
	c.setTexts()
	p.first = p.foresee()
	p.findTexts()
	return p
}

// item reads the next item and says whether to go on.
func (c *compiler) item() bool {
	rest := c.text[c.at:]
	switch {
	case rest[0] == '(':
		return c.capture()
	case rest[0] == ')':
		if len(c.open) == 0 {
			return c.raise("invalid pattern capture")
		}
		c.put(item{op: opClose, index: c.open[len(c.open)-1]}, 1)
		c.open = c.open[:len(c.open)-1]
	case rest == "$":
		c.put(item{op: opAtEnd}, 1)
	case len(rest) > 1 && rest[0] == '%' && rest[1] == 'b':
		if len(rest) < 4 {
			return c.raise("unbalanced pattern")
		}
		c.put(item{op: opBalance, text: rest[2:4]}, 4)
	case len(rest) > 1 && rest[0] == '%' && rest[1] == 'f':
		c.at += 2
		if len(rest) < 3 || rest[2] != '[' {
			return c.raise("missing '[' after '%f' in pattern")
		}
		set, _, wrong := c.single()
		if wrong != "" {
			return c.raise(wrong)
		}
		c.put(item{op: opFrontier, set: set}, 0)
	case len(rest) > 1 && rest[0] == '%' && rest[1] >= '0' && rest[1] <= '9':
		k := int(rest[1]) - '1'
		if k < 0 || k >= c.pat.captures || slices.Contains(c.open, k) {
			return c.raise("invalid capture index")
		}
		c.put(item{op: opBack, index: k}, 2)
	default:
		return c.repeated()
	}
	return true
}

func (c *compiler) put(it item, size int) {
	c.pat.items = append(c.pat.items, it)
	c.at += size
}

func (c *compiler) raise(wrong string) bool {
	c.put(item{op: opRaise, text: wrong}, 0)
	return false
}

func (c *compiler) capture() bool {
	k := c.pat.captures
	if k == mostCaptures {
		return c.raise("too many captures")
	}
	c.pat.captures++
	if c.at+1 < len(c.text) && c.text[c.at+1] == ')' {
		c.pat.positions |= 1 << k
		c.put(item{op: opHere, index: k}, 2)
	} else {
		c.open = append(c.open, k)
		c.put(item{op: opOpen, index: k}, 1)
	}
	return true
}

// repeated reads what stands for one byte and the * + - ? after it.
func (c *compiler) repeated() bool {
	set, char, wrong := c.single()
	if wrong != "" {
		return c.raise(wrong)
	}
	it := item{op: opSet, set: set, all: set == charset{}.inverted()}
	if c.at < len(c.text) {
		switch c.text[c.at] {
		case '*':
			it.op = opMost
		case '+':
			it.op, it.least = opMost, 1
		case '-':
			it.op = opLeast
		case '?':
			it.op = opMaybe
		}
	}
	switch {
	case it.op != opSet:
		c.put(it, 1)
	case char < 0:
		c.put(it, 0)
	default:
		c.literal(byte(char))
	}
	return true
}

// literal adds a byte to the text that the pattern goes on with.
func (c *compiler) literal(char byte) {
	if n := len(c.pat.items); n == 0 || c.pat.items[n-1].op != opText {
		c.put(item{op: opText, index: len(c.lits)}, 0)
	}
	c.lits = append(c.lits, char)
}

// setTexts gives each opText item, of which index is where it begins, its text.
func (c *compiler) setTexts() {
	all := string(c.lits)
	for i := len(c.pat.items) - 1; i >= 0; i-- {
		if it := &c.pat.items[i]; it.op == opText {
			it.text = all[it.index:]
			all = all[:it.index]
		}
	}
}

// single reads what stands for one byte: the set, and the byte when it can be
// no other, -1 if it can.
func (c *compiler) single() (set charset, char int, wrong string) {
	b := c.text[c.at]
	c.at++
	switch b {
	case '.':
		return charset{}.inverted(), -1, ""
	case '[':
		set, wrong = c.bracket()
		return set, -1, wrong
	case '%':
		if c.at == len(c.text) {
			return set, -1, "malformed pattern (ends with '%')"
		}
		b = c.text[c.at]
		c.at++
		if set, ok := class(b); ok {
			return set, -1, ""
		}
	}
	return only(b), int(b), ""
}

// bracket reads a set from after its [ to after its ].
func (c *compiler) bracket() (set charset, wrong string) {
	from := c.at
	if from < len(c.text) && c.text[from] == '^' {
		from++
	}
	to := from // where the ] is; one that comes first is a member
	for first := true; ; first = false {
		if to >= len(c.text) {
			return set, "malformed pattern (missing ']')"
		}
		if c.text[to] == ']' && !first {
			break
		}
		if c.text[to] == '%' && to+1 < len(c.text) {
			to++
		}
		to++
	}
	inverted := from > c.at
	for at := from; at < to; at++ {
		switch b := c.text[at]; {
		case b == '%':
			at++
			if members, ok := class(c.text[at]); ok {
				set.addSet(members)
			} else {
				set.add(c.text[at])
			}
		case at+2 < to && c.text[at+1] == '-':
			set.addRange(b, c.text[at+2])
			at += 2
		default:
			set.add(b)
		}
	}
	c.at = to + 1
	if inverted {
		set = set.inverted()
	}
	return set, ""
}
