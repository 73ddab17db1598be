package localagent

import (
	"encoding/json"
	"strings"

	"moonlark/engine/tool"
)

// A phrase is one way of asking for a tool, taken apart.
type phrase struct {
	spec     *tool.Spec
	parts    []part
	literals int  // words that must be said
	anchored bool // something in it is not a free string: it does not match just anything
}

// A part of a phrase is a literal word or a slot.
type part struct {
	literal string
	slot    string
	schema  *tool.Schema // of the slot; nil for a string that is not declared
}

// phrases takes the phrases of all tools apart, in their order.
func phrases(specs []*tool.Spec) []phrase {
	var list []phrase
	for _, spec := range specs {
		for _, text := range spec.Phrases {
			if ph := parsePhrase(spec, text); len(ph.parts) > 0 {
				list = append(list, ph)
			}
		}
	}
	return list
}

func parsePhrase(spec *tool.Spec, text string) phrase {
	ph := phrase{spec: spec}
	for text != "" {
		before, rest, slot := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !slot || !closed {
			before, after = text, "" // a brace without its partner is punctuation
		}
		for _, w := range words(before).words {
			ph.parts = append(ph.parts, part{literal: w.fold})
		}
		if name = strings.TrimSpace(name); slot && closed && name != "" {
			ph.parts = append(ph.parts, part{slot: name, schema: parameter(spec, name)})
		}
		text = after
	}
	ph.trim()
	for _, pt := range ph.parts {
		if pt.slot == "" && !article(pt.literal) {
			ph.literals++
		}
		ph.anchored = ph.anchored || pt.slot == "" || !free(pt.schema)
	}
	return ph
}

func parameter(spec *tool.Spec, name string) *tool.Schema {
	if spec.Parameters == nil {
		return nil
	}
	return spec.Parameters.Property(name)
}

// trim cuts filler off the phrase as it is cut off what the user says, unless
// no word would be left to know it by.
func (ph *phrase) trim() {
	folds := make([]string, len(ph.parts))
	for i, pt := range ph.parts {
		folds[i] = pt.literal // a slot is empty, which is no filler
	}
	i, j := headCuts(folds)[0], tailCuts(folds)[0]
	for k := i; k < j; k++ {
		if folds[k] != "" && !article(folds[k]) {
			ph.parts = ph.parts[i:j]
			return
		}
	}
}

// find is what the phrase that fits the whole piece best asks for, filler
// apart; nil when none does. anchored leaves out phrases that fit anything.
func find(list []phrase, p piece, anchored bool) *intent {
	var best *intent
	var in piece
	var taken []bool
	for _, cut := range p.cuts() {
		for i := range list {
			ph := &list[i]
			if ph.anchored != anchored {
				continue
			}
			if m, used := ph.match(ph.parts, cut); m != nil && m.surer(best) {
				best, in, taken = m, cut, used
			}
		}
	}
	if best != nil {
		best.fill(in, taken)
	}
	return best
}

// surer says whether m says more about what the user meant than o does.
func (m *intent) surer(o *intent) bool {
	if o == nil || m.phrase.literals != o.phrase.literals {
		return o == nil || m.phrase.literals > o.phrase.literals
	}
	return m.loose < o.loose
}

// match lays parts, which are the phrase's or its end, over the whole piece.
// It also says which words went into slots.
func (ph *phrase) match(parts []part, p piece) (*intent, []bool) {
	m := matcher{parts: parts, piece: p, spans: make([][2]int, len(parts))}
	if !m.from(0, 0) {
		return nil, nil
	}
	found := &intent{spec: ph.spec, phrase: ph, args: map[string]json.RawMessage{}}
	used := make([]bool, len(p.words))
	for i, pt := range parts {
		if pt.slot == "" {
			continue
		}
		from, to := m.spans[i][0], m.spans[i][1]
		found.args[pt.slot], _ = value(pt.slot, pt.schema, p.sub(from, to))
		for k := from; k < to; k++ {
			used[k] = true
		}
		if free(pt.schema) {
			found.loose += to - from
		}
	}
	return found, used
}

// A matcher is one attempt at laying parts over words.
type matcher struct {
	parts []part
	piece piece
	spans [][2]int // the words of each slot
	dead  []bool   // part × word: known not to match from there on
}

// from says whether the parts from i on cover exactly the words from w on. The
// places known to fail are kept, so the work is bounded by parts × words².
func (m *matcher) from(i, w int) bool {
	if i == len(m.parts) {
		return w == len(m.piece.words)
	}
	n := len(m.piece.words)
	at := i*(n+1) + w
	if m.dead != nil && m.dead[at] {
		return false
	}
	if m.step(i, w) {
		return true
	}
	if w > 0 { // most phrases fail at their first word: no table for them
		if m.dead == nil {
			m.dead = make([]bool, len(m.parts)*(n+1))
		}
		m.dead[at] = true
	}
	return false
}

func (m *matcher) step(i, w int) bool {
	pt, said := m.parts[i], m.piece.words[w:]
	skip := len(said) > 0 && article(said[0].fold) // in the sentence, not in the phrase
	switch {
	case pt.slot != "":
		return m.slot(i, w) || skip && !free(pt.schema) && m.from(i, w+1)
	case len(said) > 0 && same(pt.literal, said[0].fold) && m.from(i+1, w+1):
		return true
	case article(pt.literal):
		// "the" in the phrase and "a" in the sentence are as good as each other
		return skip && m.from(i+1, w+1) || m.from(i+1, w)
	}
	return skip && m.from(i, w+1)
}

// slot gives the slot its words: a free string as few as the rest of the
// phrase lets it, any other value as many as it can use.
func (m *matcher) slot(i, w int) bool {
	pt, last := m.parts[i], i == len(m.parts)-1
	most := widest(pt.schema, len(m.piece.words)-w)
	least := 1
	switch {
	case last:
		least = max(1, len(m.piece.words)-w) // it takes the rest, or all was in vain
	case pt.schema != nil && pt.schema.Type == "array":
		most = min(most, 40) // reading a list is dear
	}
	for k := least; k <= most; k++ {
		n := k
		if !free(pt.schema) {
			n = most + least - k
		}
		if _, ok := value(pt.slot, pt.schema, m.piece.sub(w, w+n)); ok && m.from(i+1, w+n) {
			m.spans[i] = [2]int{w, w + n}
			return true
		}
	}
	return false
}
