package script

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A programWriter writes a random Lua program. The program ends after a short time, and its result
// does not depend on the order in which pairs visits a table. It records its results with the
// functions of programLibrary. The first letter of a variable tells what the variable usually
// contains: n a number, s a string, v any value, t a table, f a function.
type programWriter struct {
	strings.Builder
	random   *rand.Rand
	room     int    // the number of statements still to write
	depth    int    // the number of blocks and functions around the next statement
	loops    int    // the number of loops around the next statement in the same function
	isVararg []bool // for each function around the next statement: it has the parameter "..."
	inLine   int    // more than 0 while an expression is written, which must stay on one line
	counter  int    // the number in the names of the latest variables that have a unique name
}

// programLibrary is the Lua code that the programs use. It runs in front of them.
const programLibrary = `
local lines, fuel
local format, sort, concat = string.format, table.sort, table.concat
local function show(v, depth)
	local kind = type(v)
	if kind == "number" then
		if v ~= v then return "nan" elseif v == 0 then return "0" end
		return format("%.14g", v)
	elseif kind == "string" then return "'" .. v .. "'"
	elseif kind ~= "table" then return kind == "boolean" and tostring(v) or kind
	elseif depth > 2 then return "{...}" end
	local items = {}
	for k, item in pairs(v) do items[#items + 1] = show(k, 3) .. "=" .. show(item, depth + 1) end
	sort(items)
	return (getmetatable(v) and "M" or "") .. "{" .. concat(items, ",") .. "}"
end
function out(...)
	local texts = {}
	for i = 1, select("#", ...) do texts[i] = show((select(i, ...)), 0) end
	lines[#lines + 1] = concat(texts, " ")
	return ...
end
function N(v) if type(v) == "number" and v == v and v > -1e6 and v < 1e6 then return v + 0 end return 4 end
function S(v) if type(v) == "string" and #v < 100 then return v end return "s" end
function tick() fuel = fuel - 1 if fuel < 0 then error("no fuel", 0) end end
function err(ok, e, ...)
	if not ok and type(e) == "string" then return false, (e:gsub("^(p:%d+:) .*$", "%1"):gsub("^-nan$", "nan")) end
	return ok, e, ...
end
function M(v)
	return setmetatable({v = v}, {
		__add = function(a, b) tick() out("add") return 1 end, __sub = function(a, b) out("sub", b) return a end,
		__mul = function(a, b) out("mul") return 3, 4 end, __mod = function() return 5 end, __div = function() return end,
		__unm = function(a) out("unm") return 6 end, __concat = function(a, b) out("concat", a, b) return "c" end,
		__eq = function(a, b) out("eq") return 1 end, __lt = function(a, b) out("lt") return a.v end, __le = function() out("le") return nil end,
		__call = function(self, ...) out("call", ...) return ..., v end, __index = function(t, k) tick() out("index", k) return k end,
		__newindex = function(t, k, x) if k == nil or k ~= k then error("index", 2) end out("newindex", k) rawset(t, k, x) end})
end
function refuel() fuel = 80 end
function program(n, text)
	lines, K = {}, {}
	refuel()
	for _, kind in ipairs{"n", "s", "v", "t", "f"} do for i = 1, 3 do _G[kind .. i] = nil end end
	local f, problem = loadstring(text, "=p")
	if not f then return "does not compile: " .. problem end
	out(err(pcall(f, 1, nil, "x")))
	for _, k in ipairs(K) do fuel = 20 out(err(pcall(k, 2))) end
	return concat(lines, "\n")
end
`

// writeProgram returns the program for a seed.
func writeProgram(seed1, seed2 uint64) string {
	w := &programWriter{random: rand.New(rand.NewPCG(seed1, seed2)), isVararg: []bool{true}}
	w.room = 10 + w.random.IntN(30)
	if w.one(40) { // more constants than fit in an instruction
		w.WriteString("local k = {}\n")
		for i := range 250 + w.random.IntN(20) {
			fmt.Fprintf(w, "k.c%d = %d.5 ", i, i)
		}
	}
	for _, kind := range "nsvtf" {
		for i := 1; i <= 3; i++ {
			if !w.one(4) {
				w.WriteString("local ")
			}
			fmt.Fprintf(w, "%c%d = %s%s", kind, i, w.first(kind), w.end())
		}
	}
	// An error ends only the part of the program that it happens in.
	for w.room > 0 {
		w.WriteString("refuel() out(err(pcall(function(...)" + w.space())
		if w.one(2) {
			w.WriteString("local n1, n2, s1, v1, v3, t1, t2, f1 = n1, n2, s1, v1, v3, t1, t2, f1" + w.end())
		}
		w.limitNumber()
		w.block(2 + w.random.IntN(6))
		w.WriteString("end, 1, nil, 'x')))" + w.end())
	}
	w.WriteString("return n1, v2, s3")
	return w.String()
}

func (w *programWriter) first(kind rune) string {
	switch kind {
	case 'n':
		return w.pick("1", "7", "-3", "10")
	case 's':
		return w.pick("'a'", "'key'", "''")
	case 't':
		return w.pick("{}", "{1, 2, 3}", "{x = 1, 'a'}", "M(2)")
	case 'f':
		return w.pick("function(...) tick() return ... end", "function(a, b) tick() return b, a end", "function() return 1, nil end")
	}
	return w.pick("nil", "false", "true", "5", "'v'", "{}")
}

// one returns true at random, in one of n calls.
func (w *programWriter) one(n int) bool { return w.random.IntN(n) == 0 }

func (w *programWriter) pick(all ...string) string { return all[w.random.IntN(len(all))] }

// pickFrom calls one of the functions and returns its text.
func (w *programWriter) pickFrom(all ...func() string) string { return all[w.random.IntN(len(all))]() }

// end returns what separates two statements.
func (w *programWriter) end() string {
	if w.inLine > 0 {
		return w.pick(" ", "; ")
	}
	return w.pick(" ", "\n", "; ", "\n")
}

// space returns what separates the first statement of a block from the word before it.
func (w *programWriter) space() string {
	if w.inLine > 0 {
		return " "
	}
	return w.pick(" ", "\n")
}

func (w *programWriter) name(kinds string) string {
	return fmt.Sprintf("%c%d", kinds[w.random.IntN(len(kinds))], 1+w.random.IntN(3))
}

func (w *programWriter) number(depth int) string {
	if depth <= 0 {
		return w.pick(w.name("n"), w.name("n"), "0", "1", "2", "5", "0x1F", "1.5", "1e2")
	}
	n := func() string { return w.number(depth - 1) }
	return w.pickFrom(n, n,
		func() string { return n() + w.pick(" + ", " - ") + n() },
		func() string { return "(" + n() + w.pick(" + ", " - ") + n() + ")" },
		func() string { return n() + " * 2" },
		func() string { return "3 * " + w.name("n") },
		func() string { return n() + " % " + w.pick("7", "10", w.name("n"), "(1/0)") },
		func() string { return n() + " / " + w.pick("2", "4") },
		func() string { return "2 ^ " + w.pick("2", "3", "-1") },
		func() string { return "- " + n() },
		func() string { return "#" + w.atom(depth) },
		func() string { return "N(" + w.any(depth-1) + ")" },
		func() string { return "N((" + w.call(depth-1) + "))" },
		func() string { return "out(" + n() + ")" },
		func() string { return "(" + w.condition(depth-1) + " and " + n() + " or " + n() + ")" },
		func() string { return "(" + w.name("v") + " and 3 or " + n() + ")" },
		func() string { return "N(" + w.name("t") + w.pick(".x", "[1]", "[2]", "["+w.name("n")+"]") + ")" },
		func() string { return "select('#', " + w.list(depth-1, 3) + ")" },
		func() string {
			return "#{" + n() + ", " + w.string(depth-1) + ", " + w.pick("x", "y", "[1]") + " = " + w.any(depth-1) + "}"
		},
	)
}

// atom returns an expression for # and for methods, whose value is a string.
func (w *programWriter) atom(depth int) string { return "S(" + w.string(depth-1) + ")" }

func (w *programWriter) string(depth int) string {
	if depth <= 0 {
		return w.pick(w.name("s"), w.name("s"), "'b'", "\"cd\"", "''", "'1'")
	}
	s := func() string { return w.string(depth - 1) }
	return w.pickFrom(s,
		func() string { return s() + " .. " + s() },
		func() string { return s() + " .. " + s() + " .. N(" + w.number(depth-1) + ") % 10" },
		func() string { return strings.Repeat(w.pick("'x'", "1", "S("+w.name("s")+")")+" .. ", 9) + s() },
		func() string { return "S(" + w.any(depth-1) + ")" },
		func() string { return "(" + w.condition(depth-1) + " and " + s() + " or " + s() + ")" },
		func() string { return "(" + w.atom(depth) + "):rep(2)" },
		func() string { return "('%s'):format(" + s() + ")" },
		func() string { return "(S(" + s() + "):gsub('a', 'b'))" },
		func() string { return w.pick("type(", "tostring(") + w.pick("nil", "true", "N("+w.name("n")+")") + ")" },
	)
}

func (w *programWriter) table(depth int) string {
	if w.one(3) {
		return w.name("t")
	}
	if w.one(12) {
		return "M(" + w.any(depth-1) + ")"
	}
	if w.one(25) { // about as many items as one instruction can store, or twice as many
		n := 47 + w.random.IntN(6) + 50*w.random.IntN(2)
		return "{" + strings.Repeat(w.pick("1", w.name("n"), "'x'", "n1 + 1")+", ", n) + w.fields(depth-1) + "}"
	}
	return "{" + w.fields(depth) + "}"
}

func (w *programWriter) fields(depth int) string {
	var all []string
	for range w.random.IntN(5) {
		v := w.any(depth - 1)
		switch w.random.IntN(6) {
		case 0:
			v = w.pick("x", "y", "m") + " = " + v
		case 1:
			v = "[" + w.pick("1", "2", "'x'", w.name("s"), "N("+w.name("n")+")") + "] = " + v
		}
		all = append(all, v)
	}
	if w.one(3) {
		all = append(all, w.multi(depth-1))
	}
	return strings.Join(all, w.pick(", ", "; "))
}

// multi returns an expression with several values.
func (w *programWriter) multi(depth int) string {
	if w.isVararg[len(w.isVararg)-1] && w.one(2) {
		return "..."
	}
	return w.call(depth)
}

func (w *programWriter) call(depth int) string {
	arguments := func() string { return w.list(depth-1, 3) }
	if depth <= 0 {
		return w.name("f") + "(" + w.pick("", "1", w.name("v"), w.name("n")+", "+w.name("s")) + ")"
	}
	return w.pickFrom(
		func() string { return w.name("f") + "(" + arguments() + ")" },
		func() string { return w.name("f") + "(" + arguments() + ")" },
		func() string { return w.name("f") + w.pick("'s'", "{}", "[[s]]") },
		func() string { return w.name("fffffftv") + "(" + arguments() + ")" },
		func() string {
			t := w.name("t")
			return "(" + t + ".m and " + t + ":" + w.pick("m", "m", "m", "x") + "(" + arguments() + "))"
		},
		func() string { return "out(" + arguments() + ")" },
		func() string { return "err(pcall(" + w.function(depth-1) + ", " + arguments() + "))" },
		func() string { return "err(pcall(" + w.name("f") + ", " + arguments() + "))" },
		func() string { return "err(pcall(error, (" + w.any(depth-1) + ")))" },
		func() string { return "(" + w.function(depth-1) + ")(" + arguments() + ")" },
		func() string { return "select(" + w.pick("1", "2", "-1") + ", " + arguments() + ")" },
		func() string { return "unpack({" + arguments() + "}, 1, " + w.pick("1", "2", "3") + ")" },
		func() string { return "coroutine.wrap(" + w.function(depth-1) + ")(" + arguments() + ")" },
	)
}

// list returns 1 to n expressions.
func (w *programWriter) list(depth, n int) string {
	var all []string
	for range w.random.IntN(n) {
		all = append(all, w.any(depth))
	}
	if w.one(2) {
		all = append(all, w.multi(depth))
	} else {
		all = append(all, w.any(depth))
	}
	return strings.Join(all, ", ")
}

func (w *programWriter) any(depth int) string {
	if depth <= 0 {
		return w.pick("nil", "true", "false", "3", "'s'", w.name("nsvtf"), w.name("v"), w.name("n"))
	}
	v := func() string { return w.any(depth - 1) }
	return w.pickFrom(v, v,
		func() string { return w.number(depth - 1) },
		func() string { return w.string(depth - 1) },
		func() string { return w.table(depth - 1) },
		func() string { return w.condition(depth - 1) },
		func() string { return "(" + w.multi(depth-1) + ")" },
		func() string { return w.call(depth - 1) },
		func() string { return v() + w.pick(" and ", " or ") + v() },
		func() string { return "(" + v() + w.pick(" and ", " or ") + v() + ")" + w.pick(" and ", " or ") + v() },
		func() string { return w.name("v") + w.pick(" and ", " or ") + w.name("nsvt") },
		func() string { return "not " + v() },
		func() string { return w.name("t") + w.pick(".x", ".y", "[1]", "["+w.name("nsv")+"]", "[-1]") },
		func() string { return w.name("tn") + w.pick(" + ", " - ", " * ") + w.name("tn") },
		func() string { // the texts of NaN and of -0 differ in lua5.1, and N excludes them
			side := func() string { return w.pick(w.name("t"), "N("+w.name("n")+")") }
			return side() + " .. " + side()
		},
		func() string { return w.function(depth - 1) },
	)
}

func (w *programWriter) condition(depth int) string {
	if depth <= 0 {
		return w.pick(w.name("v"), w.name("n")+" < 5", w.name("v")+" == nil", "true", "false", "nil", "1", "not "+w.name("v"), w.name("n")+" ~= 3")
	}
	c := func() string { return w.condition(depth - 1) }
	return w.pickFrom(c,
		func() string {
			return w.number(depth-1) + w.pick(" < ", " > ", " <= ", " >= ", " == ", " ~= ") + w.number(depth-1)
		},
		func() string {
			return w.string(depth-1) + w.pick(" < ", " > ", " <= ", " >= ", " == ", " ~= ") + w.string(depth-1)
		},
		func() string { return w.any(depth-1) + w.pick(" == ", " ~= ") + w.any(depth-1) },
		func() string { return w.name("t") + w.pick(" < ", " > ", " <= ", " >= ", " == ", " ~= ") + w.name("t") },
		func() string { return "not " + w.name("v") },
		func() string { return "not (" + c() + ")" },
		func() string { return c() + w.pick(" and ", " or ") + c() },
		func() string {
			return "(" + c() + w.pick(" and ", " or ") + c() + ")" + w.pick(" and ", " or ", " == ") + c()
		},
	)
}

// function returns a function literal on one line.
func (w *programWriter) function(depth int) string {
	if depth <= 0 || w.one(3) {
		return w.name("f")
	}
	outer := w.Builder
	w.Builder = strings.Builder{}
	w.inLine++
	w.WriteString("function")
	w.functionBody(1 + w.random.IntN(3))
	w.inLine--
	text := w.String()
	w.Builder = outer
	return text
}

// functionBody writes the parameters and the body of a function.
func (w *programWriter) functionBody(statements int) {
	var parameters []string
	for range w.random.IntN(3) {
		parameters = append(parameters, w.name("nsvv"))
	}
	isVararg := w.one(2)
	if isVararg {
		parameters = append(parameters, "...")
	}
	fmt.Fprintf(w, "(%s) tick()%s", strings.Join(parameters, ", "), w.end())
	w.isVararg = append(w.isVararg, isVararg)
	loops := w.loops
	w.loops = 0
	w.limitNumber()
	w.block(statements)
	switch w.random.IntN(4) {
	case 0:
		w.WriteString("return " + w.list(1, 3) + w.end())
	case 1:
		w.WriteString("return " + w.call(1) + w.end())
	}
	w.WriteString("end")
	w.loops = loops
	w.isVararg = w.isVararg[:len(w.isVararg)-1]
}

// limitNumber writes statements that make the numbers small and the strings short. The results of
// computations with large numbers are not exact and may differ.
func (w *programWriter) limitNumber() {
	fmt.Fprintf(w, "n1, n2, n3 = N(n1) %% 97, N(n2) %% 97, N(n3) %% 97 s1, s2, s3 = S(s1), S(s2), S(s3)%s", w.end())
}

// block writes statements, and may declare local variables.
func (w *programWriter) block(statements int) {
	w.depth++
	for i := range statements {
		if i%2 == 1 {
			w.WriteString("s1, s2, s3 = S(s1), S(s2), S(s3)" + w.end())
		}
		w.statement()
	}
	w.depth--
}

func (w *programWriter) value(kind byte, depth int) string {
	switch kind {
	case 'n':
		return w.number(depth)
	case 's':
		return w.string(depth)
	case 't':
		return w.table(depth)
	case 'f':
		return w.function(depth)
	}
	return w.any(depth)
}

// target returns a variable or an element to assign to, and the letter for the kind of its value.
func (w *programWriter) target() (string, byte) {
	if w.one(3) {
		return w.name("t") + w.pick(".x", ".y", ".m", "[1]", "[2]", "["+w.name("ns")+"]", "[N("+w.call(0)+")]"), 'v'
	}
	name := w.name("nnsvvvtf")
	return name, name[0]
}

func (w *programWriter) statement() {
	w.room--
	if w.room < -60 || w.depth > 5 {
		return
	}
	size := 1 + w.random.IntN(3)
	depth := 1 + w.random.IntN(3)
	switch w.random.IntN(26) {
	case 0, 1:
		name := w.name("nsvtf")
		fmt.Fprintf(w, "local %s = %s", name, w.value(name[0], depth))
	case 2:
		var names []string
		for range size {
			names = append(names, w.name("nsvvtf"))
		}
		w.WriteString("local " + strings.Join(names, ", "))
		if !w.one(5) {
			w.WriteString(" = " + w.list(depth, 4))
		}
	case 3, 4, 5, 6:
		target, kind := w.target()
		fmt.Fprintf(w, "%s = %s", target, w.value(kind, depth))
		if w.one(10) {
			w.WriteString(", " + w.any(depth))
		}
	case 7, 8:
		var targets, values []string
		for range size + 1 {
			target, kind := w.target()
			targets, values = append(targets, target), append(values, w.value(kind, depth-1))
		}
		if w.one(4) {
			values = append(values[:w.random.IntN(len(values))], w.multi(depth-1))
		}
		w.WriteString(strings.Join(targets, ", ") + " = " + strings.Join(values, ", "))
	case 9, 10:
		name := w.name("vnst")
		fmt.Fprintf(w, "%s = %s%s%s", name, w.pick(name, w.any(1), w.name("v")), w.pick(" and ", " or "), w.pick(name, w.any(1), w.any(2)))
	case 11:
		fmt.Fprintf(w, "do%s", w.space())
		w.block(size)
		w.WriteString("end")
	case 12, 13:
		fmt.Fprintf(w, "if %s then%s", w.condition(depth), w.space())
		w.block(size)
		for w.one(3) {
			fmt.Fprintf(w, "elseif %s then%s", w.condition(depth), w.space())
			w.block(size)
		}
		if w.one(2) {
			w.WriteString("else" + w.space())
			w.block(size)
		}
		w.WriteString("end")
	case 14:
		w.counter++
		fmt.Fprintf(w, "local c%d = 0 while %s do c%d = c%d + 1 if c%d > 3 then break end%s", w.counter, w.condition(depth), w.counter, w.counter, w.counter, w.end())
		w.loop(size)
		w.WriteString("end")
	case 15:
		w.counter++
		fmt.Fprintf(w, "local c%d = 0 repeat c%d = c%d + 1%slocal %s = %s ", w.counter, w.counter, w.counter, w.end(), w.name("v"), w.any(1))
		w.loop(size)
		fmt.Fprintf(w, "until c%d > 2 or %s", w.counter, w.condition(depth))
	case 16:
		fmt.Fprintf(w, "for %s = %s do%s", w.name("nv"), w.pick("1, 3", "3, 1, -1", "1, 0", "N("+w.name("n")+") % 3, 4, 2", "1, 2, 0.5"), w.space())
		w.loop(size)
		w.WriteString("end")
	case 17:
		fmt.Fprintf(w, "for %s, %s in %s do%s", w.name("n"), w.name("v"), w.pick("ipairs{1, 2, 'c'}", "ipairs({"+w.list(depth-1, 3)+"})", "ipairs(t1)"), w.space())
		w.loop(size)
		w.WriteString("end")
	case 18:
		w.counter++
		fmt.Fprintf(w, "local c%d = 0 for %s in function() c%d = c%d + 1 if c%d < 4 then return c%d end end do%s", w.counter, w.name("nv"), w.counter, w.counter, w.counter, w.counter, w.space())
		w.loop(size)
		w.WriteString("end")
	case 19:
		if w.loops > 0 {
			fmt.Fprintf(w, "if %s then %sbreak end", w.condition(depth), w.pick("", "local v1 = n1 K[#K + 1] = function() v1 = v1 return v1 end ", "do local n1 = n1 f1 = function() n1 = N(n1) % 9 + 1 return n1 end end "))
		} else {
			fmt.Fprintf(w, "if %s then return %s end", w.condition(depth), w.pick(w.list(depth, 2), w.call(1), ""))
		}
	case 20:
		fmt.Fprintf(w, "local function %s", w.name("f"))
		w.functionBody(size)
	case 21:
		fmt.Fprintf(w, "function %s", w.pick(w.name("f"), w.name("t")+".m", w.name("t")+":m", w.name("t")+":x"))
		w.functionBody(size)
	case 22:
		fmt.Fprintf(w, "K[#K + 1] = function(%s) %s = %s return %s end", w.pick("", "v1", "...", "n2"), w.name("v"), w.any(0), w.name("nsv")+", "+w.name("nsv"))
	case 23:
		w.WriteString("out(err(pcall(function")
		w.functionBody(size + 2)
		w.WriteString(")))")
	case 24:
		w.counter++
		fmt.Fprintf(w, "local co%d = coroutine.wrap(function(...) tick()%s", w.counter, w.end())
		counter := w.counter
		w.isVararg = append(w.isVararg, true)
		loops := w.loops
		w.loops = 0
		for range 2 {
			w.block(1)
			target, _ := w.target()
			fmt.Fprintf(w, "%s = coroutine.yield(%s)%s", target, w.list(1, 2), w.end())
		}
		w.loops = loops
		w.isVararg = w.isVararg[:len(w.isVararg)-1]
		fmt.Fprintf(w, "end) out(co%d(%s))%sout(co%d(%s))", counter, w.list(1, 2), w.end(), counter, w.any(1))
	default:
		fmt.Fprintf(w, "out(%s)", w.list(depth, 4))
	}
	w.WriteString(w.end())
}

// loop writes the body of a loop.
func (w *programWriter) loop(statements int) {
	w.loops++
	fmt.Fprintf(w, "tick()%s", w.end())
	w.limitNumber()
	w.block(statements)
	if w.one(3) {
		fmt.Fprintf(w, "K[#K + 1] = function() return %s, %s end%s", w.name("nsv"), w.name("nsv"), w.end())
	}
	if w.one(4) {
		fmt.Fprintf(w, "do local %s = %s %s = function() return %s end if %s then break end end%s", w.name("v"), w.any(1), w.name("f"), w.name("vn"), w.condition(1), w.end())
	}
	w.loops--
}
