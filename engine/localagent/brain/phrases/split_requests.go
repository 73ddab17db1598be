package phrases

import (
	"maps"
	"slices"
)

// A request is a part of a sentence that asks for one thing, such as "turn on the light" or "and
// tell me the time". At most one of intent, farewell and empty is set. If none of them is set, the
// request was not understood.
type request struct {
	piece    piece
	intent   *intent
	farewell bool
	empty    bool // the request consists of filler words only
}

func (r request) understood() bool { return r.intent != nil || r.farewell || r.empty }

var connectors = []string{"and", "then", "also", "plus"}

// units splits the piece after each comma or full stop, and before each connector such as "and". A
// request consists of one or more units.
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

// A reading describes one way to split a sentence into requests. The best reading has the fewest
// words that are not understood. Among equal readings the one with the most literal words of
// phrases is best, and then the one with the fewest requests. Therefore free text ends where
// another phrase begins: "play jazz and turn off the light" is two requests if "turn off the light"
// is a phrase, but "play rock and roll" is one request if "roll" is not a phrase.
type reading struct{ unknown, literals, requests int }

func (c reading) add(r request) reading {
	switch {
	case r.empty:
		return c
	case r.intent != nil:
		c.literals += r.intent.phrase.literals
	case !r.farewell:
		c.unknown += len(r.piece.words)
	}
	c.requests++
	return c
}

func (c reading) better(other reading) bool {
	switch {
	case c.unknown != other.unknown:
		return c.unknown < other.unknown
	case c.literals != other.literals:
		return c.literals > other.literals
	}
	return c.requests < other.requests
}

// maxUnits is the maximum number of units of a sentence that is split into requests. A longer
// sentence is treated as one request, because the work grows with the square of the number of
// units.
const maxUnits = 24

// splitRequests splits the piece into requests according to the best reading. A request that was
// not understood always consists of a single unit.
func splitRequests(list []phrase, p piece) []request {
	units := p.units()
	n := len(units)
	if n > maxUnits {
		return []request{understand(list, p)}
	}
	starts := make([]int, n+1) // index of the first word of each unit
	for i, u := range units {
		starts[i+1] = starts[i] + len(u.words)
	}
	type step struct {
		reading reading
		from    int // index of the unit with which the last request begins
		last    request
	}
	best := make([]step, n+1) // best[j] is the best reading of the first j units
	for j := 1; j <= n; j++ {
		for i := range j {
			r := understand(list, p.sub(starts[i], starts[j]))
			if !r.understood() && j-i > 1 {
				continue
			}
			if c := best[i].reading.add(r); best[j].last.piece.words == nil || c.better(best[j].reading) {
				best[j] = step{c, i, r}
			}
		}
	}
	var requests []request
	for j := n; j > 0; j = best[j].from {
		requests = append(requests, best[j].last)
	}
	slices.Reverse(requests)
	repeatPhrases(requests)
	return requests
}

func understand(list []phrase, p piece) request {
	r := request{piece: p, intent: findPhrase(list, p, true)}
	if r.intent == nil {
		r.farewell = farewells.match(p)
		r.empty = !r.farewell && len(p.withoutFiller().words) == 0
	}
	return r
}

// repeatPhrases completes requests that repeat only the end of a phrase. In "turn on the hall light
// and the kitchen light", the second request fits the end of the phrase that the first request
// fits.
func repeatPhrases(requests []request) {
	for i := 1; i < len(requests); i++ {
		if previous := requests[i-1].intent; previous != nil && !requests[i].understood() {
			requests[i].intent = previous.repeat(requests[i].piece)
		}
	}
}

// repeat returns a copy of the intent in which the arguments said in p replace the old ones. p has
// to fit the end of the intent's phrase. This end must contain a slot, and a part that is not free
// text. repeat returns nil if p does not fit.
func (in *intent) repeat(p piece) *intent {
	parts := in.phrase.parts
	for k := 1; k < len(parts); k++ {
		slots, anchored := 0, false
		for _, pt := range parts[k:] {
			if pt.slot != "" {
				slots++
			}
			anchored = anchored || pt.slot == "" && !isArticle(pt.literal) || pt.slot != "" && !isFreeText(pt.schema)
		}
		if slots == 0 || !anchored {
			return nil
		}
		for _, cut := range p.fillerCuts() {
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
