package script

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestCoroutinesAreThoseOfLua51(t *testing.T) {
	b := load(t, `
		local function run(name, fn) register_tool(name, fn) end
		run("generator", function()
			local out = {}
			for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end) do out[#out + 1] = v end
			return out
		end)
		run("passes", function()
			local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d, e end)
			local _, sum = coroutine.resume(co, 1, 2)
			local _, twice = coroutine.resume(co, 10)
			local _, d, e = coroutine.resume(co, "x", "y")
			return { sum, twice, d, e, coroutine.status(co) }
		end)
		run("error", function()
			local co = coroutine.create(function() error({ code = 7 }) end)
			local ok, err = coroutine.resume(co)
			return { ok, err.code, coroutine.status(co), (select(2, coroutine.resume(co))) }
		end)
		run("wrap_error", function() local ok, err = pcall(coroutine.wrap(function() error("bad", 0) end)) return err end)
		run("status", function()
			local outer
			outer = coroutine.create(function()
				local inner = coroutine.create(function() return coroutine.status(outer) end)
				local _, seen = coroutine.resume(inner)
				return seen, coroutine.status(inner)
			end)
			local before = coroutine.status(outer)
			local _, seen, inner = coroutine.resume(outer)
			return { before, seen, inner, coroutine.status(outer) }
		end)
		run("normal", function() -- three lines that kill a stock gopher-lua
			local a
			a = coroutine.create(function()
				local b = coroutine.create(function() return coroutine.resume(a) end)
				return coroutine.resume(b)
			end)
			return { coroutine.resume(a) }
		end)
		run("self", function() local co co = coroutine.wrap(function() return coroutine.resume(coroutine.running()) end) return { co() } end)
		run("deep", function() local function f(n) return coroutine.wrap(function() return f(n + 1) end)() end local ok, err = pcall(f, 0) return tostring(err):match("resume each other more than %d+ deep") end)
		run("outside", function() local ok, err = pcall(coroutine.yield, 1) return err end)
		run("running", function() return { tostring(coroutine.running()), type(coroutine.wrap(function() return coroutine.running() end)()) } end)
		run("base_tail_yield", function() local co = coroutine.create(function(x) return coroutine.yield(x) end) coroutine.resume(co, 1) return { coroutine.resume(co, 2) } end)
		run("yield_in_metamethod", function()
			local m = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end })
			local co = coroutine.wrap(function() return "got " .. m.key end)
			return co() .. " " .. co("it")
		end)
	`)
	for name, want := range map[string]string{
		"generator":           "[1,4,9]",
		"passes":              `[3,20,"x","y","dead"]`,
		"error":               `[false,7,"dead","cannot resume dead coroutine"]`,
		"wrap_error":          "bad",
		"status":              `["suspended","normal","dead","dead"]`,
		"normal":              `[true,true,false,"cannot resume non-suspended coroutine"]`,
		"self":                `[false,"cannot resume non-suspended coroutine"]`,
		"deep":                "resume each other more than 200 deep",
		"outside":             "attempt to yield from outside a coroutine",
		"running":             `["nil","thread"]`,
		"base_tail_yield":     "[true,2]",
		"yield_in_metamethod": "key got it",
	} {
		b.want(name, "{}", want)
	}
}

func TestATaskCannotResumeTheCoroutineOfAWaitingOne(t *testing.T) {
	b := load(t, `
		local co
		register_tool("first", function() co = coroutine.create(function() sleep(0.05) return "slept" end) return select(2, coroutine.resume(co)) end)
		register_tool("second", function() local ok, err = coroutine.resume(co) return coroutine.status(co) .. ": " .. err end)
	`)
	first := b.start("first", "{}")
	b.want("second", "{}", "normal: cannot resume non-suspended coroutine")
	if r := b.await(first); r.Text != "slept" {
		t.Errorf("first = %+v, want slept", r)
	}
}

func TestForgottenCoroutinesAreCollected(t *testing.T) {
	b := load(t, `
		register_tool("forget", function()
			for i = 1, 1000 do coroutine.wrap(function() coroutine.yield() end)() end
			return "ok"
		end)
	`)
	before := runtime.NumGoroutine()
	for range 10 { // 10,000 in all, more than may be alive at once
		b.want("forget", "{}", "ok")
		for range 100 {
			runtime.GC()
			time.Sleep(time.Millisecond)
			if runtime.NumGoroutine() < before+200 {
				break
			}
		}
	}
	if n := runtime.NumGoroutine(); n > before+200 {
		t.Errorf("%d goroutines are left of 10,000 forgotten coroutines", n-before)
	}
}

func TestRequireLoadsFilesBesideTheScript(t *testing.T) {
	b := newBench(t, Options{})
	b.write("greet.lua", `count = (count or 0) + 1 return { hello = function(who) return "hello " .. who end }`)
	b.write("slow.lua", `sleep(0.02) loads = (loads or 0) + 1 return { n = loads }`)
	b.write("loop_a.lua", `return require "loop_b"`)
	b.write("loop_b.lua", `return require "loop_a"`)
	b.write("bad.lua", "\nx = = 1")
	b.write("raises.lua", "error('not today')")
	b.write("a.lua", `
		local greet = require "greet"
		register_tool("greet", function(a) return require("greet").hello("you") .. count end)
		register_tool("slow", function() return require("slow").n end)
		register_tool("try", function(a) local ok, err = pcall(require, a.name) return tostring(err) end)
		register_tool("builtin", function() return require("json") == json end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("greet", "{}", "hello you1")
	b.want("builtin", "{}", "true")
	one, two := b.start("slow", "{}"), b.start("slow", "{}") // the second waits for the first to load it
	if r1, r2 := b.await(one), b.await(two); r1.Text != "1" || r2.Text != "1" {
		t.Errorf("slow = %+v and %+v, want 1 and 1", r1, r2)
	}
	for name, want := range map[string]string{
		"loop_a":        "module 'loop_a' requires itself",
		"bad":           "bad.lua:2: syntax error near '='",
		"raises":        "raises.lua:1: not today",
		"gret":          "module 'gret' not found (did you mean 'greet'?): no ",
		"../etc/passwd": "is not a module name",
	} {
		if r := b.call("try", fmt.Sprintf(`{"name":%q}`, name)); !strings.Contains(r.Text, want) {
			t.Errorf("require %s: %q, want %q", name, r.Text, want)
		}
	}
	files := fmt.Sprint(b.Files(b.path("a.lua")))
	for _, name := range []string{"a.lua", "greet.lua", "gret.lua", "gret/init.lua"} {
		if !strings.Contains(files, b.path(name)) {
			t.Errorf("the script does not depend on %s: %s", name, files)
		}
	}
}

func TestTimers(t *testing.T) {
	b := load(t, `
		local n = 0
		local h
		h = every(0.002, function() n = n + 1 print("tick " .. n) if n == 3 then h:cancel() end end)
		after(0.001, function() print("once") end)
		local never = after(0.001, function() print("never") end)
		never:cancel()
		spawn(function(a, b) sleep(0.001) print("spawned " .. a .. b) end, "x", "y")
		every(0.001, function() print("failing") error("oops") end)
		register_tool("later", function() after(0.001, function() print("later") end) spawn(print, "now") return "ok" end)
		register_tool("wrong", function() local _, a = pcall(sleep, -1) local _, b = pcall(every, 0, print) local _, c = pcall(after, 0 / 0, print) return { a, b, c } end)
	`)
	b.until("tick 3")
	b.until("once")
	b.until("spawned xy")
	b.until("timer: a.lua:9: oops")
	b.want("later", "{}", "ok")
	b.until("later")
	b.until("now")
	time.Sleep(10 * time.Millisecond)
	if b.said("tick 4") || b.said("never") {
		t.Errorf("a cancelled timer went on:\n%s", b.all())
	}
	if r := b.call("wrong", "{}"); strings.Count(r.Text, "seconds must be from") != 3 {
		t.Errorf("wrong = %s", r.Text)
	}
}

func TestEventsReachTheirHandlersInOrder(t *testing.T) {
	b := newBench(t, Options{Events: []string{"ping", "audio", "orphaned_result"}})
	b.write("a.lua", `
		on("ping", function(e) print(e.type .. " " .. e.n .. " " .. #(e.sound or "")) end)
		on("ping", function(e) print("second " .. e.n) error("broken") end)
		on("audoi", function() end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if !b.Listens("ping") || b.Listens("audio") {
		t.Error("Listens is wrong about ping or audio")
	}
	for i := range 5 {
		b.Dispatch(Event{Type: "ping", Data: fmt.Appendf(nil, `{"n":%d}`, i), Bytes: map[string]string{"sound": "abc"}})
	}
	b.until("second 4")
	want := ""
	for i := range 5 {
		want += fmt.Sprintf("print: ping %d 3\nprint: second %d\n", i, i)
	}
	var got strings.Builder
	for line := range strings.Lines(b.all() + "\n") {
		if strings.HasPrefix(line, "print:") {
			got.WriteString(line)
		}
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	b.until("on ping: a.lua:3: broken")
	b.until("on('audoi'): no event is known by that name (did you mean 'audio'?)")
}

func TestAFloodOfEventsDropsTheOldestAndSaysSo(t *testing.T) {
	b := load(t, `
		on("n", function(e) last = e.n end)
		on("part", function(e) text = (text or "") .. e.text end)
		register_tool("block", function() local t = os.clock() while os.clock() - t < 0.2 do end end)
		register_tool("last", function() return last end)
		register_tool("text", function() return text end)
	`)
	b.start("block", "{}")
	for i := range mostEvents + 100 {
		b.Dispatch(Event{Type: "n", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	join := func(s string) Event {
		e := Event{Type: "part", Data: fmt.Appendf(nil, `{"text":%q}`, s)}
		e.Merge = func(older Event) (Event, bool) { return Event{Type: "part", Data: []byte(`{"text":"merged"}`)}, true }
		return e
	}
	b.Dispatch(join("a"))
	b.Dispatch(join("b"))
	b.want("last", "{}", fmt.Sprint(mostEvents+99))
	b.want("text", "{}", "merged")
	b.until("events were dropped: the handlers are too slow")
}

func TestRegisteringIsForLoading(t *testing.T) {
	b := load(t, `
		for _, name in ipairs { "register_tool", "on", "on_start", "on_unload" } do
			register_tool("late_" .. name, function() _G[name](name == "on" and "ping" or print, print) end)
		end
		register_tool("again", function() end)
	`)
	for _, name := range []string{"on", "on_start", "on_unload"} {
		if r := b.call("late_"+name, "{}"); !r.IsError || !strings.Contains(r.Text, name+": only while the script loads") {
			t.Errorf("late_%s = %+v", name, r)
		}
	}
	b.write("a.lua", `register_tool("x", function() end) register_tool("x", function() end)`)
	if _, err := b.Reload(b.path("a.lua")); err == nil || !strings.Contains(err.Error(), "x is registered already, at ") {
		t.Errorf("a name registered twice: %v", err)
	}
}

func TestAToolIsSpecifiedByATable(t *testing.T) {
	for source, want := range map[string]string{
		`register_tool { name = "a", handler = print, decription = "x" }`:                             "there is no field 'decription' (did you mean 'description'?)",
		`register_tool { handler = print }`:                                                           "name must be a string",
		`register_tool { name = "a" }`:                                                                "register_tool a: its handler must be a function, not nil",
		`register_tool("a", { timeout = 500 }, print)`:                                                "timeout must be more than 0 and at most 120 seconds",
		`register_tool("a", { phrases = "x" }, print)`:                                                "phrases must be a list of strings, not a string",
		`register_tool("a", { phrases = { 1 } }, print)`:                                              "phrases[1] must be a string, not a number",
		`register_tool("a", { parameters = { x = { type = "strnig" } } }, print)`:                     "parameters: x: type must be one of string, number, integer, boolean, object, array, not 'strnig' (did you mean 'string'?)",
		`register_tool("a", { parameters = { x = "string" } }, print)`:                                "parameters: x must be a table such as",
		`register_tool("a", { parameters = { x = { type = "array" } } }, print)`:                      "parameters: x: an array says what its items are",
		`register_tool("a", { parameters = { x = { type = "number", enum = { "1" } } } }, print)`:     "parameters: x: enum is a list of what a string may be",
		`register_tool("a", { parameters = { x = { type = "string" } }, required = { "y" } }, print)`: "parameters: required: there is no 'y'",
		`register_tool("a", { name = "b" }, print)`:                                                   "register_tool a: it is called b as well",
	} {
		b := newBench(t, Options{})
		b.write("a.lua", source)
		_, err := b.Load(b.path("a.lua"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.lua:1:") {
			t.Errorf("%s: %v, want a.lua:1: … %s", source, err, want)
		}
	}
	b := load(t, `
		register_tool("first", function() return 1 end)
		register_tool("second", { description = "the second", timeout = 3, phrases = { "do {x}" },
			parameters = { x = { type = "string" }, deep = { type = "object", properties = { list = { type = "array", items = { type = "integer" } } } } } },
			function() return 2 end)
		register_tool { name = "third", handler = function() return 3 end }
	`)
	specs := b.Tools()
	if len(specs) != 3 || specs[1].Description != "the second" || specs[1].Deadline() != 3*time.Second || specs[0].Deadline() != 15*time.Second {
		t.Errorf("specs = %+v", specs)
	}
	schema, err := specs[1].Parameters.MarshalJSON()
	want := `{"type":"object","properties":{"x":{"type":"string"},"deep":{"type":"object","properties":{"list":{"type":"array","items":{"type":"integer"}}},"required":["list"]}},"required":["x","deep"]}`
	if err != nil || string(schema) != want {
		t.Errorf("schema = %s, %v; want %s", schema, err, want)
	}
	if !strings.HasSuffix(specs[1].Source, "a.lua:3") {
		t.Errorf("source = %s, want a.lua:3", specs[1].Source)
	}
}

// gopher-lua leaves the upvalues of a failed call pointing into the stack.
func TestAClosureOutlivesTheCallThatFailed(t *testing.T) {
	b := load(t, `
		register_tool("fail", function(a) local room = a.room saved = function() return room end error("no", 0) end)
		register_tool("fail_in_coroutine", function(a) coroutine.resume(coroutine.create(function() local room = a.room saved = function() return room end error("no") end)) end)
		register_tool("other", function(a) local x, y, z = 1, 2, 3 sleep(0) return x + y + z end)
		register_tool("saved", function() local p, q, r = "p", "q", "r" return { saved(), p, q, r } end)
		register_tool("within", function()
			local f
			pcall(function() local a, b, c = 1, 2, 3 f = function() return a, b, c end error("x") end)
			local u, v, w = "u", "v", "w"
			local t = { u, v, w }
			return { f() }
		end)
		register_tool("xpcall", function()
			local f
			local ok, err = xpcall(function() local a = "kept" f = function() return a end error("x", 0) end, function(e) return e .. "!" end)
			local u, v, w = "u", "v", "w"
			return { f(), ok, err }
		end)
	`)
	for _, fail := range []string{"fail", "fail_in_coroutine"} {
		b.call(fail, `{"room":"hall"}`)
		b.want("other", "{}", "6")
		b.want("saved", "{}", `["hall","p","q","r"]`)
	}
	b.want("within", "{}", "[1,2,3]")
	b.want("xpcall", "{}", `["kept",false,"x!"]`)
}

// gopher-lua alone gives 2, 2 and a function.
func TestWhatGopherLuaCompilesWronglyIsMended(t *testing.T) {
	b := load(t, `
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
	b.want("swap", "{}", "[2,1]")
	b.want("shadow", "{}", "1")
	b.want("join", "{}", "abcdefghijklmnopqrst")
	b.want("join_own", "{}", "(a(b(c(d(e(f(g(h(i(jk))))))))))")
}

func TestProtectedCallsHaveABottom(t *testing.T) {
	b := load(t, `
		register_tool("pcall", function() local n = 0 local function f() n = n + 1 local ok, err = pcall(f) if not ok and not why then why = err end end f() return why .. " " .. n end)
		register_tool("wait", function() return select(2, pcall(pcall, pcall, function() sleep(0.001) return "deep" end)) end)
		register_tool("results", function() return { pcall(function(...) return select("#", ...), ... end, 1, nil, 3) } end)
		register_tool("nothing", function() return select("#", pcall(function() end)) end)
		register_tool("not_a_function", function() local ok, err = pcall(5) return tostring(ok) .. " " .. err end)
	`)
	b.want("pcall", "{}", "pcall stands in itself more than 100 deep 101")
	b.want("wait", "{}", "true")
	b.want("results", "{}", `{"1":true,"2":3,"3":1,"5":3}`)
	b.want("nothing", "{}", "1")
	b.want("not_a_function", "{}", "false attempt to call a number value")
}
