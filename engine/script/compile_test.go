package script

import (
	"fmt"
	"strings"
	"testing"
)

func TestATooComplexSourceIsRefused(t *testing.T) {
	many := func(n int, of string) string { return strings.Repeat(of, n) }
	for name, row := range map[string]struct{ source, want string }{
		"deeply nested brackets":        {"x = " + many(500_000, "{") + many(500_000, "}"), "a.lua:1: chunk has too many syntax levels"},
		"many unary operators in a row": {"return " + many(200_000, "not ") + "true", "a.lua:1: chunk has too many syntax levels"},
		"a long sum":                    {"return 1" + many(20_000, "+1"), "a.lua:1: chunk has too many syntax levels"},
		"too many variables":            {"\n" + many(201, "local x "), "a.lua:2: main function has more than 200 local variables"},
		"a very long file":              {"--" + many(2<<20, "x"), "a.lua: longer than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			f.write("a.lua", row.source)
			_, err := f.Load(f.path("a.lua"))
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), f.dir+"/", ""), row.want) {
				t.Errorf("the error is %.200v, want %s", err, row.want)
			}
		})
	}
}

func TestAScriptMayHaveManyConstants(t *testing.T) {
	var source strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&source, "v%d = %d\n", i, i)
	}
	source.WriteString(`register_tool("last", function() return v29999 end)`)
	load(t, source.String()).want("last", "{}", "29999")
}

// The compiler of gopher-lua compiles swap and shadow wrongly, and it joins all strings of a
// concatenation in one instruction, which cannot be interrupted.
func TestAssignmentsAndLongConcatenations(t *testing.T) {
	f := load(t, `
		register_tool("swap", function() local a, b = 1, 2 a, b = b, a return { a, b } end)
		register_tool("shadow", function() local f = 1 local f = function() return f end return f() end)
		register_tool("join", function() local j = "j" return "a" .. "b" .. "c" .. "d" .. "e" .. "f" .. "g" .. "h" .. "i" .. j .. "k" .. "l" .. "m" .. "n" .. "o" .. "p" .. "q" .. "r" .. "s" .. "t" end)
		register_tool("join_own", function()
			local meta = {}
			meta.__concat = function(a, b) return setmetatable({ "(" .. (a[1] or a) .. (b[1] or b) .. ")" }, meta) end
			local k = setmetatable({ "k" }, meta)
			return ("a" .. "b" .. "c" .. "d" .. "e" .. "f" .. "g" .. "h" .. "i" .. "j" .. k)[1]
		end)
	`)
	f.want("swap", "{}", "[2,1]")
	f.want("shadow", "{}", "1")
	f.want("join", "{}", "abcdefghijklmnopqrst")
	f.want("join_own", "{}", "(a(b(c(d(e(f(g(h(i(jk))))))))))")
}

func TestAByteOrderMarkIsSkipped(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("m.lua", "\xEF\xBB\xBFreturn 1")
	f.write("a.lua", "\xEF\xBB\xBF#!/usr/bin/env moonlark\nregister_tool('m', function() return require 'm' end)")
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("m", "{}", "1")
}
