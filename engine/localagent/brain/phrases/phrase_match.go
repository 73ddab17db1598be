package phrases

import "encoding/json"

// findPhrase returns the intent of the phrase that fits the whole piece best. Filler words at both
// ends of the piece are ignored. If anchored is true, findPhrase tries only phrases that have a
// part other than free text; if false, only phrases that consist of free text. It returns nil if no
// phrase fits.
func findPhrase(list []phrase, p piece, anchored bool) *intent {
	var best *intent
	var bestCut piece
	var bestUsed []bool
	for _, cut := range p.fillerCuts() {
		for i := range list {
			ph := &list[i]
			if ph.anchored != anchored {
				continue
			}
			if in, used := ph.match(ph.parts, cut); in != nil && in.fitsBetter(best) {
				best, bestCut, bestUsed = in, cut, used
			}
		}
	}
	if best != nil {
		best.fillArguments(bestCut, bestUsed)
	}
	return best
}

// fitsBetter reports whether the phrase of in has more literal words than the phrase of other, or
// equally many literal words and fewer words of free text. Every intent fits better than nil.
func (in *intent) fitsBetter(other *intent) bool {
	if other == nil || in.phrase.literals != other.phrase.literals {
		return other == nil || in.phrase.literals > other.phrase.literals
	}
	return in.freeWords < other.freeWords
}

// match matches parts with all words of the piece. parts is the end of the phrase, or the whole
// phrase. match returns an intent, and for each word of the piece whether the word is in a slot. If
// the parts do not match, match returns nil.
func (ph *phrase) match(parts []part, p piece) (*intent, []bool) {
	m := matcher{parts: parts, piece: p, spans: make([][2]int, len(parts))}
	if !m.matchFrom(0, 0) {
		return nil, nil
	}
	in := &intent{tool: ph.tool, phrase: ph, args: map[string]json.RawMessage{}}
	used := make([]bool, len(p.words))
	for i, pt := range parts {
		if pt.slot == "" {
			continue
		}
		from, to := m.spans[i][0], m.spans[i][1]
		// parseValue succeeds, because the matcher has parsed the same words
		in.args[pt.slot], _ = parseValue(pt.slot, pt.schema, p.sub(from, to))
		for k := from; k < to; k++ {
			used[k] = true
		}
		if isFreeText(pt.schema) {
			in.freeWords += to - from
		}
	}
	return in, used
}

// A matcher matches parts of a phrase with the words of a piece. It tries the possible lengths of
// each slot until the rest of the phrase matches too.
type matcher struct {
	parts []part
	piece piece
	// spans holds the words in each slot: the index of the first word, and the index after the
	// last.
	spans [][2]int
	// failed is indexed by part and word: true means that the parts from this part on do not match
	// the words from this word on. It is nil until the first failure that is not at the first word.
	failed []bool
}

// matchFrom reports whether the parts from index part on match all words from index word on. It
// remembers which combinations failed, so that the work is at most proportional to the number of
// parts times the square of the number of words.
func (m *matcher) matchFrom(part, word int) bool {
	if part == len(m.parts) {
		return word == len(m.piece.words)
	}
	n := len(m.piece.words)
	at := part*(n+1) + word
	if m.failed != nil && m.failed[at] {
		return false
	}
	if m.matchPart(part, word) {
		return true
	}
	// Most phrases fail at the first word: the table is made only for later failures.
	if word > 0 {
		if m.failed == nil {
			m.failed = make([]bool, len(m.parts)*(n+1))
		}
		m.failed[at] = true
	}
	return false
}

func (m *matcher) matchPart(part, word int) bool {
	pt, rest := m.parts[part], m.piece.words[word:]
	// the matcher may skip an article in the sentence
	article := len(rest) > 0 && isArticle(rest[0].fold)
	switch {
	case pt.slot != "":
		return m.matchSlot(part, word) || article && !isFreeText(pt.schema) && m.matchFrom(part, word+1)
	case len(rest) > 0 && sameStem(pt.literal, rest[0].fold) && m.matchFrom(part+1, word+1):
		return true
	// For an article in the phrase, the sentence may have another article or none.
	case isArticle(pt.literal):
		return article && m.matchFrom(part+1, word+1) || m.matchFrom(part+1, word)
	}
	return article && m.matchFrom(part, word+1)
}

// maxListWords is the maximum number of words in a slot for a list, unless the slot is the last
// part. It limits the work, because the matcher parses the whole list for every length that it
// tries.
const maxListWords = 40

// matchSlot reports whether the parts from the slot part on match the words from index word on. It
// tries different numbers of words for the slot: for free text the smallest number first, for other
// values the largest number first.
func (m *matcher) matchSlot(part, word int) bool {
	pt, last := m.parts[part], part == len(m.parts)-1
	fewest, most := 1, maxValueWords(pt.schema, len(m.piece.words)-word)
	switch {
	case last:
		// the slot is the last part, so it must contain all remaining words
		fewest = max(1, len(m.piece.words)-word)
	case pt.schema != nil && pt.schema.Type == "array":
		most = min(most, maxListWords)
	}
	for k := fewest; k <= most; k++ {
		n := k
		if !isFreeText(pt.schema) {
			n = most + fewest - k
		}
		if _, ok := parseValue(pt.slot, pt.schema, m.piece.sub(word, word+n)); ok && m.matchFrom(part+1, word+n) {
			m.spans[part] = [2]int{word, word + n}
			return true
		}
	}
	return false
}
