package localagent

import (
	"maps"
	"slices"
)

// A chunk is a part of a sentence that stands for itself: "turn on the light",
// "and tell me the time". At most one of its fields besides the piece is set;
// with none it has not been understood.
type chunk struct {
	piece  piece
	intent *intent
	bye    bool
	blank  bool // filler only
}

func (c chunk) understood() bool { return c.intent != nil || c.bye || c.blank }

var connectors = []string{"and", "then", "also", "plus"}

// units are the smallest parts the piece can be split into: at a comma and the
// like, and before "and", "then", "also".
func (p piece) units() []piece {
	var list []piece
	from := 0
	for i := range p.words {
		last := i == len(p.words)-1
		if last || p.words[i].breaks || slices.Contains(connectors, p.words[i+1].fold) {
			list = append(list, p.sub(from, i+1))
			from = i + 1
		}
	}
	return list
}

// The cost of a segmentation: what is not understood counts most, then the
// number of chunks, then how few literal words were heard.
type cost struct{ lost, chunks, literals int }

func (c cost) plus(ch chunk) cost {
	switch {
	case ch.blank:
		return c
	case ch.intent != nil:
		c.literals += ch.intent.phrase.literals
	case !ch.bye:
		c.lost += len(ch.piece.words)
	}
	c.chunks++
	return c
}

func (c cost) less(o cost) bool {
	switch {
	case c.lost != o.lost:
		return c.lost < o.lost
	case c.chunks != o.chunks:
		return c.chunks < o.chunks
	}
	return c.literals > o.literals
}

// mostUnits is where splitting a sentence stops: the work grows with the square.
const mostUnits = 24

// segment splits the piece into the fewest chunks that cover the most of it.
// The parts that are not understood come one unit at a time.
func segment(list []phrase, p piece) []chunk {
	units := p.units()
	n := len(units)
	if n > mostUnits {
		return []chunk{{piece: p}}
	}
	type step struct {
		cost  cost
		from  int
		chunk chunk
	}
	best := make([]step, n+1)
	at := 0
	starts := make([]int, n+1)
	for i, u := range units {
		at += len(u.words)
		starts[i+1] = at
	}
	for j := 1; j <= n; j++ {
		for i := range j {
			ch := understand(list, p.sub(starts[i], starts[j]))
			if !ch.understood() && j-i > 1 {
				continue
			}
			if c := best[i].cost.plus(ch); best[j].chunk.piece.words == nil || c.less(best[j].cost) {
				best[j] = step{c, i, ch}
			}
		}
	}
	var chunks []chunk
	for j := n; j > 0; j = best[j].from {
		chunks = append(chunks, best[j].chunk)
	}
	slices.Reverse(chunks)
	carryOver(chunks)
	return chunks
}

func understand(list []phrase, p piece) chunk {
	ch := chunk{piece: p, intent: find(list, p, true)}
	if ch.intent == nil {
		ch.bye = bye.holds(p)
		ch.blank = !ch.bye && len(p.bare().words) == 0
	}
	return ch
}

// carryOver understands "turn on the hall light and the kitchen light": the
// second half is the end of the phrase before it, and the rest of that is
// still meant.
func carryOver(chunks []chunk) {
	for i := 1; i < len(chunks); i++ {
		if before := chunks[i-1].intent; before != nil && !chunks[i].understood() {
			chunks[i].intent = before.carry(chunks[i].piece)
		}
	}
}

// carry is the intent once more with another ending, nil when p is none.
func (in *intent) carry(p piece) *intent {
	parts := in.phrase.parts
	for k := 1; k < len(parts); k++ {
		slots, anchored := 0, false
		for _, pt := range parts[k:] {
			if pt.slot != "" {
				slots++
			}
			anchored = anchored || pt.slot == "" && !article(pt.literal) || pt.slot != "" && !free(pt.schema)
		}
		if slots == 0 || !anchored {
			return nil
		}
		for _, cut := range p.cuts() {
			if next, _ := in.phrase.match(parts[k:], cut); next != nil {
				args := maps.Clone(in.args)
				maps.Copy(args, next.args)
				next.args = args
				return next
			}
		}
	}
	return nil
}
