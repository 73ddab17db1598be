package std

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The test matches random patterns, which are made of typical parts.
func TestPatternsMatchAsInLua51(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 1_000
	}
	compareWithLua51(t, patternProgram(n))
}

// patternProgram returns a Lua program that writes the results of find, gmatch and gsub for n
// random patterns. The first line of the program defines a function. Each further line handles one
// pattern.
func patternProgram(n int) string {
	random := rand.New(rand.NewPCG(5, 1))
	several := func(n int, of []string) string {
		var b strings.Builder
		for range random.IntN(n) {
			b.WriteString(of[random.IntN(len(of))])
		}
		return b.String()
	}
	parts := strings.Fields("a b c ab . %a %d %s %W [ab] [^a] [a-c] [%d.] ( ( ) ) () * + - ? * - $ ^ %1 %2 %b() %bab %f[a] %f[^a] %. [ % ]")
	letters := strings.Fields("a a a b b c ab 1 . ( ) - aa \xe9")
	replacements := strings.Fields("x %0 %1 %2 %%")
	var program strings.Builder
	program.WriteString(strings.Join(strings.Fields(`
		function try(text, pattern, repl)
			local function words(...)
				local all = {...}
				for i = 1, select("#", ...) do all[i] = tostring(all[i]) end
				return table.concat(all, ",")
			end
			local function all(text, pattern)
				local found = {}
				for a, b, c in text:gmatch(pattern) do found[#found + 1] = words(a, b, c) end
				return table.concat(found, ";")
			end
			local line = words(pcall(text.find, text, pattern)) .. " " .. words(pcall(all, text, pattern)) .. " " .. words(pcall(text.gsub, text, pattern, repl))
			write((line:gsub("[%w_<>]*:%d+: ", "")) .. "\n")
		end`), " ") + "\n")
	for range n {
		fmt.Fprintf(&program, "try(%s, %s, %s)\n", quote(several(20, letters)), quote(several(9, parts)), quote(several(4, replacements)))
	}
	return program.String()
}

// quote returns s as a string literal of Lua.
func quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	return `"` + b.String() + `"`
}
