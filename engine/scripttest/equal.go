package scripttest

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// maxDiffLines is the maximal number of lines of a value that are compared line by line.
const maxDiffLines = 400

// equal is the Lua function t.equal.
func (f *testFile) equal(L *lua.LState) int {
	if L.GetTop() < 2 {
		L.RaiseError("t.equal: two values are wanted, the one that is there and the one that is wanted")
	}
	got, want := L.Get(1), L.Get(2)
	if !value.Equal(got, want) {
		L.RaiseError("%s", difference(got, want, L.OptString(3, "")))
	}
	return 0
}

// difference describes how got differs from want. about says what got is, or is "".
func difference(got, want lua.LValue, about string) string {
	if about != "" {
		about += ": "
	}
	if text := differentTexts(got, want); text != "" {
		return about + text
	}
	gotText, wantText := shown(got, want), shown(want, got)
	if gotText == wantText {
		return fmt.Sprintf("%sgot and want look the same but are not equal: %s", about, gotText)
	}
	if !strings.Contains(gotText+wantText, "\n") {
		return fmt.Sprintf("%sgot %s, want %s", about, gotText, wantText)
	}
	return about + "got and want differ (- want, + got)\n" + diff(strings.Split(wantText, "\n"), strings.Split(gotText, "\n"))
}

// differentTexts describes how two long texts without a new line differ. It returns "" for other
// values.
func differentTexts(got, want lua.LValue) string {
	a, aOK := got.(lua.LString)
	b, bOK := want.(lua.LString)
	if !aOK || !bOK || len(a)+len(b) < 2*longText || strings.Contains(string(a+b), "\n") {
		return ""
	}
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return fmt.Sprintf("got %s, want %s: they differ at byte %d of %d and %d", excerpt(a, n), excerpt(b, n), n+1, len(a), len(b))
}

// longText is the length in bytes from which a text is shown only in part.
const longText = 400

// excerpt returns the part of s around byte n for people.
func excerpt(s lua.LString, n int) string {
	const length = 60
	before, after := max(n-length, 0), min(n+length, len(s))
	text := value.Show(s[before:after])
	if before > 0 {
		text = "..." + text
	}
	if after < len(s) {
		text += "..."
	}
	return text
}

// shown returns v as text for people. other is the value with which v is compared. If both are
// texts and one of them has several lines, v is shown without quotes, so that the lines can be
// compared.
func shown(v, other lua.LValue) string {
	a, isText := v.(lua.LString)
	b, bothText := other.(lua.LString)
	if isText && bothText && (strings.Contains(string(a), "\n") || strings.Contains(string(b), "\n")) {
		return strings.ReplaceAll(strings.TrimSuffix(string(a), "\n"), "\r", `\r`) + endMark(string(a), string(b))
	}
	return value.Show(v)
}

// endMark returns a mark for a text that does not end with a new line, if the other text does.
func endMark(a, b string) string {
	if strings.HasSuffix(b, "\n") && !strings.HasSuffix(a, "\n") {
		return "\n(no new line at the end)"
	}
	return ""
}

// diff returns the lines of both texts: those that are only in want begin with "- ", those that are
// only in got with "+ ". If one of the texts has more than maxDiffLines lines, diff does not
// compare them, and returns the first maxDiffLines lines of want and then those of got.
func diff(want, got []string) string {
	var b strings.Builder
	write := func(mark string, lines ...string) {
		for _, line := range lines {
			b.WriteString("  " + mark + " " + line + "\n")
		}
	}
	if len(want) > maxDiffLines || len(got) > maxDiffLines {
		write("-", want[:min(len(want), maxDiffLines)]...)
		write("+", got[:min(len(got), maxDiffLines)]...)
		return strings.TrimSuffix(b.String(), "\n")
	}
	// common[i][j] is the length of the longest common sequence of lines of want[i:] and got[j:].
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			write(" ", want[i])
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			write("-", want[i])
			i++
		default:
			write("+", got[j])
			j++
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
