package exec

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// plainCharacters are the characters that need no quotes in a line.
const plainCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

// line is the Lua function exec.line. Its arguments are the words, or a list of them.
func line(L *lua.LState) int {
	if L.Get(1).Type() != lua.LTTable {
		list := L.CreateTable(L.GetTop(), 0)
		for n := 1; n <= L.GetTop(); n++ {
			list.Append(L.Get(n))
		}
		L.SetTop(0)
		L.Push(list)
	}
	words := checkWords(L, "exec.line", 1)
	size := 0
	for i, word := range words {
		size += len(word) + 1
		if size > maxArguments {
			L.ArgError(1, "the words have more than "+strconv.Itoa(maxArguments)+" bytes")
		}
		words[i] = quoteWord(word)
	}
	L.Push(lua.LString(strings.Join(words, " ")))
	return 1
}

// quoteWord returns word as a person would write it in a line for a shell. Words with characters
// that a terminal would act on are in double quotes, with escapes.
func quoteWord(word string) string {
	switch {
	case word != "" && strings.Trim(word, plainCharacters) == "":
		return word
	case strconv.Quote(word) != `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word)+`"`:
		return strconv.Quote(word)
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
