package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A wrapper writes words in lines of at most max characters.
type wrapper struct {
	*luastd.Progress
	max    int
	text   []byte
	column int // number of characters in the current line
}

func (m module) wrap(L *lua.LState) int {
	s := checkText(L, 1, maxText)
	w := wrapper{Progress: luastd.NewProgress(m, L), max: checkMax(L, 2)}
	for i := 0; i >= 0; {
		line := s
		if i = strings.IndexByte(s, '\n'); i >= 0 {
			line, s = s[:i], s[i+1:]
		}
		w.line(line)
		if i >= 0 {
			w.newLine()
		}
	}
	L.Push(lua.LString(w.text))
	return 1
}

func (w *wrapper) newLine() {
	w.text = append(w.text, '\n')
	w.column = 0
	w.Add(1)
}

// line writes the words of a line.
func (w *wrapper) line(s string) {
	for s != "" {
		start, length, end := 0, 0, 0 // the next word, its number of characters, and its end
		for start < len(s) {
			r, size := utf8.DecodeRuneInString(s[start:])
			if !unicode.IsSpace(r) {
				break
			}
			start += size
			w.Add(size)
		}
		for end = start; end < len(s); length++ {
			if r, _ := utf8.DecodeRuneInString(s[end:]); unicode.IsSpace(r) {
				break
			}
			next := nextCharacter(s, end)
			w.Add(next - end)
			end = next
		}
		if length > 0 {
			w.word(s[start:end], length)
		}
		s = s[end:]
	}
}

// word writes a word of length characters. It breaks a word that is longer than a line.
func (w *wrapper) word(s string, length int) {
	switch {
	case w.column == 0:
	case w.column+1+length <= w.max:
		w.text = append(w.text, ' ')
		w.column++
	default:
		w.newLine()
	}
	if length <= w.max {
		w.text = append(w.text, s...)
		w.column += length
		return
	}
	for at := 0; at < len(s); {
		if w.column == w.max {
			w.newLine()
		}
		next := nextCharacter(s, at)
		w.text = append(w.text, s[at:next]...)
		w.column++
		w.Add(next - at)
		at = next
	}
}

func (m module) shorten(L *lua.LState) int {
	s, maximum := checkText(L, 1, maxText), checkMax(L, 2)
	ending := value.CheckOptions(L, 3, "ending").String("ending", "")
	p := luastd.NewProgress(m, L)
	if _, all := skip(p, s, maximum); all {
		L.Push(lua.LString(s))
		return 1
	}
	room := maximum // for characters of s
	for at := 0; at < len(ending); room-- {
		at = nextCharacter(ending, at)
	}
	if room < 0 || len(ending) > maxCharacter {
		L.ArgError(3, "ending is too long")
	}
	end, _ := skip(p, s, room)
	L.Push(lua.LString(s[:wordEnd(s, end)] + ending))
	return 1
}

// skip returns the end of the first n characters of s, and whether they are all.
func skip(p *luastd.Progress, s string, n int) (end int, all bool) {
	for ; n > 0 && end < len(s); n-- {
		next := nextCharacter(s, end)
		p.Add(next - end)
		end = next
	}
	return end, end == len(s)
}

// wordEnd returns the end of the last word in s that ends at end or before. If the first word is
// longer, wordEnd returns end.
func wordEnd(s string, end int) int {
	if r, _ := utf8.DecodeRuneInString(s[end:]); !unicode.IsSpace(r) {
		if i := strings.LastIndexFunc(s[:end], unicode.IsSpace); i >= 0 && strings.TrimSpace(s[:i]) != "" {
			end = i
		}
	}
	return len(strings.TrimRightFunc(s[:end], unicode.IsSpace))
}

func (m module) dedent(L *lua.LState) int {
	s := checkText(L, 1, maxText)
	p := luastd.NewProgress(m, L)
	indent, found := "", false // the indentation that all lines so far have
	for line := range strings.Lines(s) {
		p.Add(len(line))
		rest := strings.TrimLeft(line, " \t")
		if strings.TrimRight(rest, "\r\n") == "" {
			continue // an empty line has no indentation
		}
		own := line[:len(line)-len(rest)]
		if !found {
			indent, found = own, true
		}
		indent = indent[:commonPrefix(indent, own)]
	}
	var text []byte
	for line := range strings.Lines(s) {
		p.Add(len(line))
		if rest := strings.TrimLeft(line, " \t"); strings.TrimRight(rest, "\r\n") == "" {
			text = append(text, rest...)
		} else {
			text = append(text, line[len(indent):]...)
		}
	}
	L.Push(lua.LString(text))
	return 1
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
