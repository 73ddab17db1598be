package localagent

import (
	"slices"
	"strings"
)

// article says whether a word may be left out or put in before a literal word
// or a value: "turn on my kitchen light" is "turn on the kitchen light".
func article(fold string) bool {
	switch fold {
	case "the", "a", "an", "my", "our", "your":
		return true
	}
	return false
}

// What people say around what they want. It is matched by whole words, at the
// edges only.
var (
	leading = fillers("please", "could you", "can you", "would you", "will you", "hey", "hi", "hello", "ok", "okay", "now",
		"so", "well", "just", "tell me", "show me", "give me", "thanks", "thank you", "moonlark", "i want to", "i want you to",
		"i would like to", "i would like you to", "i need you to", "let us", "and", "then", "also", "plus")
	trailing = fillers("please", "now", "right now", "thanks", "thank you", "moonlark", "for me", "too", "as well", "also",
		"could you", "can you", "would you", "will you", "ok", "okay", "and", "then")
)

func fillers(list ...string) [][]string {
	split := make([][]string, len(list))
	for i, f := range list {
		split[i] = strings.Fields(f)
	}
	return split
}

// headCuts are the places where folds may begin once filler is cut off, the
// latest first; tailCuts those where they may end, the earliest first.
func headCuts(folds []string) []int {
	reached := []int{0}
	for i := 0; i < len(reached); i++ {
		for _, f := range leading {
			at := reached[i]
			if next := at + len(f); next <= len(folds) && slices.Equal(folds[at:next], f) && !slices.Contains(reached, next) {
				reached = append(reached, next)
			}
		}
	}
	slices.Sort(reached)
	slices.Reverse(reached)
	return few(reached)
}

func tailCuts(folds []string) []int {
	reached := []int{len(folds)}
	for i := 0; i < len(reached); i++ {
		for _, f := range trailing {
			at := reached[i]
			if next := at - len(f); next >= 0 && slices.Equal(folds[next:at], f) && !slices.Contains(reached, next) {
				reached = append(reached, next)
			}
		}
	}
	slices.Sort(reached)
	return few(reached)
}

// few keeps the work bounded for somebody who says "please" a thousand times.
func few(cuts []int) []int {
	const most = 6
	if len(cuts) > most {
		return append(cuts[:most-1:most-1], cuts[len(cuts)-1])
	}
	return cuts
}

// cuts are the ways to cut filler off the piece, the shortest rest first and
// the piece itself last. A piece that is nothing but filler has only itself.
func (p piece) cuts() []piece {
	folds := p.folds()
	var cuts []piece
	for _, i := range headCuts(folds) {
		for _, j := range tailCuts(folds) {
			if i < j {
				cuts = append(cuts, p.sub(i, j))
			}
		}
	}
	return cuts
}

// bare is the piece with as much filler cut off as there is, possibly empty.
func (p piece) bare() piece {
	folds := p.folds()
	i, j := headCuts(folds)[0], tailCuts(folds)[0]
	if i >= j {
		return p.sub(0, 0)
	}
	return p.sub(i, j)
}
