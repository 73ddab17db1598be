package phrases

import (
	"slices"
	"strings"
)

// isArticle reports whether a word, in lower case, is an article or a word such as "my". The user
// may leave out or add such a word: "turn on my kitchen light" matches the phrase "turn on the
// kitchen light".
func isArticle(fold string) bool {
	switch fold {
	case "the", "a", "an", "my", "our", "your":
		return true
	}
	return false
}

// Filler words are polite and other words that people say before and after a request. They are
// removed only at the beginning and the end of a sentence.
var (
	fillerBefore = splitAll("please", "could you", "can you", "would you", "will you", "hey", "hi", "hello", "ok", "okay", "now",
		"so", "well", "just", "tell me", "show me", "give me", "thanks", "thank you", "moonlark", "i want to", "i want you to",
		"i would like to", "i would like you to", "i need you to", "let us", "and", "then", "also", "plus")
	fillerAfter = splitAll("please", "now", "right now", "thanks", "thank you", "moonlark", "for me", "too", "as well", "also",
		"could you", "can you", "would you", "will you", "ok", "okay", "and", "then")
)

func splitAll(list ...string) [][]string {
	split := make([][]string, len(list))
	for i, f := range list {
		split[i] = strings.Fields(f)
	}
	return split
}

// fillerStarts returns the indexes of the words with which a sentence may begin after filler words
// have been removed from its beginning. folds holds the words of the sentence in lower case. The
// largest index comes first; the last one is 0.
func fillerStarts(folds []string) []int {
	starts := []int{0}
	for i := 0; i < len(starts); i++ {
		for _, f := range fillerBefore {
			at := starts[i]
			if next := at + len(f); next <= len(folds) && slices.Equal(folds[at:next], f) && !slices.Contains(starts, next) {
				starts = append(starts, next)
			}
		}
	}
	slices.Sort(starts)
	slices.Reverse(starts)
	return limitCuts(starts)
}

// fillerEnds returns the indexes at which a sentence may end after filler words have been removed
// from its end. folds holds the words of the sentence in lower case. Each result is the index after
// the last word. The smallest comes first; the last one is the number of words.
func fillerEnds(folds []string) []int {
	ends := []int{len(folds)}
	for i := 0; i < len(ends); i++ {
		for _, f := range fillerAfter {
			at := ends[i]
			if next := at - len(f); next >= 0 && slices.Equal(folds[next:at], f) && !slices.Contains(ends, next) {
				ends = append(ends, next)
			}
		}
	}
	slices.Sort(ends)
	return limitCuts(ends)
}

// limitCuts returns at most six of the indexes in cuts, to limit the work for a sentence that says
// "please" a thousand times. It always keeps the last index, at which no words are removed.
func limitCuts(cuts []int) []int {
	const maxCuts = 6
	if len(cuts) > maxCuts {
		return append(cuts[:maxCuts-1:maxCuts-1], cuts[len(cuts)-1])
	}
	return cuts
}

// fillerCuts returns what is left of the piece when filler words are removed from both ends, in
// every possible way. The result with the most words removed from the beginning comes first; the
// last result is the whole piece.
func (p piece) fillerCuts() []piece {
	folds := p.folds()
	var cuts []piece
	for _, i := range fillerStarts(folds) {
		for _, j := range fillerEnds(folds) {
			if i < j {
				cuts = append(cuts, p.sub(i, j))
			}
		}
	}
	return cuts
}

// withoutFiller returns the piece without the filler words at both ends. The result may be empty.
func (p piece) withoutFiller() piece {
	folds := p.folds()
	i, j := fillerStarts(folds)[0], fillerEnds(folds)[0]
	if i >= j {
		return p.sub(0, 0)
	}
	return p.sub(i, j)
}
