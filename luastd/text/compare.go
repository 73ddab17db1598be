package text

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/text/unicode/norm"

	"moonlark/luastd"
	"moonlark/luastd/fold"
)

// maxComparedBytes is the maximal length of a text for levenshtein and similar, in bytes.
const maxComparedBytes = 16 * maxCompared

// A numbering gives equal characters equal numbers.
type numbering map[string]int32

// characters returns the numbers of the characters of s, which is argument n of the running
// function.
func (numbers numbering) characters(L *lua.LState, n int, s string) []int32 {
	var all []int32
	for at := 0; at < len(s); {
		next := nextCharacter(s, at)
		number, ok := numbers[s[at:next]]
		if !ok {
			number = int32(len(numbers))
			numbers[s[at:next]] = number
		}
		if all = append(all, number); len(all) > maxCompared {
			L.ArgError(n, fmt.Sprintf("the text has more than %d characters", maxCompared))
		}
		at = next
	}
	return all
}

func (m module) levenshtein(L *lua.LState) int {
	a, b := checkText(L, 1, maxComparedBytes), checkText(L, 2, maxComparedBytes)
	numbers := make(numbering)
	x := numbers.characters(L, 1, norm.NFC.String(strings.ToValidUTF8(a, "\uFFFD")))
	y := numbers.characters(L, 2, norm.NFC.String(strings.ToValidUTF8(b, "\uFFFD")))
	L.Push(lua.LNumber(m.distance(L, x, y)))
	return 1
}

func (m module) similar(L *lua.LState) int {
	numbers := make(numbering)
	x := numbers.characters(L, 1, simplify(checkText(L, 1, maxComparedBytes)))
	y := numbers.characters(L, 2, simplify(checkText(L, 2, maxComparedBytes)))
	longer := max(len(x), len(y))
	if longer == 0 {
		L.Push(lua.LNumber(1))
		return 1
	}
	L.Push(1 - lua.LNumber(m.distance(L, x, y))/lua.LNumber(longer))
	return 1
}

// simplify returns s in lower case, without accents, and with one space between words.
func simplify(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(fold.Accents(s, nil))), " ")
}

// distance returns the Levenshtein distance of a and b.
func (m module) distance(L *lua.LState, a, b []int32) int {
	row := make([]int, len(b)+1) // the distances of a[:i] and each b[:j]
	for j := range row {
		row[j] = j
	}
	p := luastd.NewProgress(m, L)
	for i, x := range a {
		diagonal := row[0] // the distance of a[:i] and b[:j]
		row[0] = i + 1
		for j, y := range b {
			d := diagonal
			if x != y {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
		p.Add(len(b))
	}
	return row[len(b)]
}
