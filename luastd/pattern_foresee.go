package luastd

import "math/bits"

// foresee tells each repetition what has to follow it, and returns what has to
// come first.
func (p *pattern) foresee() need {
	var n need // of what comes after the item
	for i := len(p.items) - 1; i >= 0; i-- {
		it := &p.items[i]
		switch it.op {
		case opEnd:
			n = need{kind: needAny}
		case opAtEnd:
			n = need{kind: needEnd}
		case opText, opBalance:
			n = need{needChar, it.text[0], only(it.text[0])}
		case opSet:
			n = needOf(it.set)
		case opMost, opLeast, opMaybe:
			it.next = n
			apart := (n.kind == needChar || n.kind == needSet) && !it.set.overlaps(&n.set)
			it.sure = apart || n.kind == needEnd || n.kind == needAny && it.op != opLeast
			n = need{}
			if it.least > 0 {
				n = needOf(it.set)
			}
		case opRaise, opBack, opFrontier:
			n = need{}
		}
	}
	return n
}

func needOf(set charset) need {
	n, last := 0, 0
	for i, word := range set {
		if word != 0 {
			n += bits.OnesCount32(word)
			last = i*32 + bits.TrailingZeros32(word)
		}
	}
	if n == 1 {
		return need{needChar, byte(last), set}
	}
	return need{kind: needSet, set: set}
}

// findTexts sets lead and must. A pattern that cannot take long needs no must.
func (p *pattern) findTexts() {
	first, long := true, false
	for i := range p.items {
		it := &p.items[i]
		switch it.op {
		case opOpen, opClose, opHere:
			continue
		case opText:
			if first {
				p.lead = it.text
			} else if len(it.text) > len(p.must) {
				p.must = it.text
			}
		case opMost, opLeast, opBalance:
			long = true
		}
		first = false
	}
	if !long {
		p.must = ""
	}
}
