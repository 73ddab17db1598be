package script

import (
	"context"
	"encoding/json"
	"fmt"
	lua "github.com/yuin/gopher-lua"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/tool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bench is scripts in a folder of their own, with what they printed and
// logged.
type bench struct {
	*Scripts
	t   testing.TB
	dir string

	mu    sync.Mutex
	lines []string
	ids   int
}

func newBench(t testing.TB, opts Options) *bench {
	b := &bench{t: t, dir: t.TempDir()}
	opts.Print = func(script, text string) { b.note("print: " + text) }
	opts.Log = func(script string, level slog.Level, text string) { b.note(level.String() + ": " + text) }
	b.Scripts = New(opts)
	t.Cleanup(b.Close)
	return b
}

// load makes a bench with one script, a.lua.
func load(t testing.TB, source string) *bench {
	t.Helper()
	b := newBench(t, Options{})
	b.write("a.lua", source)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, strings.ReplaceAll(line, b.dir+string(filepath.Separator), ""))
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, source string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(source), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// start calls a tool; the answer comes on the channel.
func (b *bench) start(name, args string) <-chan tool.Result {
	answer := make(chan tool.Result, 2) // room for a second one, which would be a mistake
	b.mu.Lock()
	b.ids++
	id := fmt.Sprint("call-", b.ids)
	b.mu.Unlock()
	b.Call(&Call{ID: id, Name: name, Args: json.RawMessage(args), Reply: func(_ *Call, r tool.Result) { answer <- r }})
	return answer
}

func (b *bench) await(answer <-chan tool.Result) tool.Result {
	b.t.Helper()
	select {
	case r := <-answer:
		r.Text = strings.ReplaceAll(r.Text, b.dir+string(filepath.Separator), "")
		return r
	case <-time.After(60 * time.Second):
		b.t.Fatal("no answer in a minute")
		return tool.Result{}
	}
}

func (b *bench) call(name, args string) tool.Result {
	b.t.Helper()
	return b.await(b.start(name, args))
}

// want calls a tool and compares the answer; a wanted error begins with "! ".
func (b *bench) want(name, args, want string) {
	b.t.Helper()
	r := b.call(name, args)
	got := r.Text
	if r.IsError {
		got = "! " + got
	}
	if got != want {
		b.t.Errorf("%s(%s) = %q, want %q", name, args, got, want)
	}
}

// until waits for a line that contains text.
func (b *bench) until(text string) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if b.said(text) {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("no line with %q; there are:\n%s", text, b.all())
		}
	}
}

func (b *bench) said(text string) bool { return strings.Contains(b.all(), text) }

func (b *bench) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

func (b *bench) reload() {
	b.t.Helper()
	if _, err := b.Reload(b.path("a.lua")); err != nil {
		b.t.Fatal(err)
	}
}

func TestResultsReachTheAgentAsStrings(t *testing.T) {
	b := load(t, `
		local function tool(name, fn) register_tool(name, fn) end
		tool("text", function() return "hello" end)
		tool("empty", function() return "" end)
		tool("nothing", function() end)
		tool("null", function() return nil end)
		tool("no", function() return false end)
		tool("zero", function() return 0 end)
		tool("big", function() return 123456789012345 end)
		tool("half", function() return 0.5 end)
		tool("object", function() return { room = "hall", on = true } end)
		tool("list", function() return { 1, 2, 3 } end)
		tool("emptylist", function() return json.array() end)
		tool("jsonnull", function() return json.null end)
		tool("why", function() return nil, "the lamp is broken" end)
		tool("raises", function() error("out of milk", 0) end)
		tool("raises_with_place", function() error("out of milk") end)
		tool("rejected", function() error{ message = "not today", type = "user_rejected" } end)
		tool("odd_type", function() error{ message = "hm", type = "sulking" } end)
		tool("nil_error", function() error() end)
		tool("fn", function() return { x = { 1, print } } end)
		tool("long", function() return ("x"):rep(300000) end)
		tool("echo", function(args) return args end)
		tool("who", function(args, call) return call.name .. " " .. tostring(call:cancelled()) .. " " .. type(call.id) end)
		tool("tail", function() return pcall(error, "x") end)
	`)
	for _, row := range []struct{ tool, args, want string }{
		{"text", "{}", "hello"},
		{"empty", "{}", ""},
		{"nothing", "{}", "ok"},
		{"null", "{}", "ok"},
		{"no", "{}", "false"},
		{"zero", "{}", "0"},
		{"big", "{}", "123456789012345"},
		{"half", "{}", "0.5"},
		{"object", "{}", `{"room":"hall","on":true}`},
		{"list", "{}", `[1,2,3]`},
		{"emptylist", "{}", `[]`},
		{"jsonnull", "{}", `null`},
		{"why", "{}", "! the lamp is broken"},
		{"raises", "{}", "! out of milk"},
		{"raises_with_place", "{}", "! a.lua:17: out of milk"},
		{"rejected", "{}", "! not today"},
		{"odd_type", "{}", "! hm"},
		{"echo", `{"a":[1,null,{}],"b":"ü"}`, `{"a":[1,null,{}],"b":"ü"}`},
		{"echo", ``, `{}`},
		{"echo", `null`, `{}`},
		{"echo", `[1]`, `! echo: the arguments must be a JSON object, not [1]`},
		{"who", "{}", "who false string"},
		{"tail", "{}", "false"},
		{"nosuch", "{}", ""},
	} {
		if row.tool != "nosuch" {
			b.want(row.tool, row.args, row.want)
		}
	}
	for tool, want := range map[string]string{
		"fn":     "x[2]",
		"long":   "300000 bytes",
		"nosuch": "there is no tool 'nosuch'; the tools are text, empty",
		"whyy":   "did you mean 'why'?",
	} {
		if r := b.call(tool, "{}"); !r.IsError || !strings.Contains(r.Text, want) {
			t.Errorf("%s = %+v, want an error with %q", tool, r, want)
		}
	}
	if r := b.call("rejected", "{}"); r.Type != tool.UserRejected {
		t.Errorf("error type = %q, want user_rejected", r.Type)
	}
	if r := b.call("odd_type", "{}"); r.Type != tool.Unknown {
		t.Errorf("error type = %q, want unknown", r.Type)
	}
	if r := b.call("nil_error", "{}"); !r.IsError || r.Text == "" {
		t.Errorf("error() = %+v, want an error with some text", r)
	}
}

func TestArgumentsOfTheWrongShapeNeverReachTheHandler(t *testing.T) {
	b := load(t, `
		register_tool {
			name = "set",
			parameters = {
				room = { type = "string", enum = { "kitchen", "hall" } },
				on = { type = "boolean" },
				level = { type = "integer", description = "percent" },
			},
			required = { "room", "on" },
			handler = function(args) print("ran") return "set" end,
		}
	`)
	for args, want := range map[string]string{
		`{"room":"hall","on":true}`:              "set",
		`{"room":"hall","on":true,"level":null}`: "set",
		`{"room":"hall","on":true,"extra":1}`:    "set",
		`{"room":"attic","on":true}`:             `! set: room must be one of kitchen, hall, not "attic"`,
		`{"room":"hall","on":"yes"}`:             `! set: on must be true or false, not "yes"`,
		`{"room":"hall"}`:                        `! set: on is missing (boolean)`,
		`{"room":"hall","on":true,"level":1.5}`:  `! set: level must be a whole number, not 1.5`,
		`{}`:                                     `! set: room is missing (one of kitchen, hall)`,
		`{"room":`:                               "",
	} {
		if want != "" {
			b.want("set", args, want)
		} else if r := b.call("set", args); !r.IsError {
			t.Errorf("set(%s) = %+v, want an error", args, r)
		}
	}
	if n := strings.Count(b.all(), "ran"); n != 3 {
		t.Errorf("the handler ran %d times, want 3", n)
	}
}

func TestASlowToolHoldsUpNoOther(t *testing.T) {
	b := load(t, `
		register_tool("slow", function() sleep(3600) return "late" end)
		register_tool("quick", function() return "now" end)
	`)
	slow := b.start("slow", "{}")
	b.want("quick", "{}", "now")
	select {
	case r := <-slow:
		t.Errorf("slow answered %+v while it should sleep", r)
	default:
	}
}

func TestAHandlerWaitsWhereverItIsWritten(t *testing.T) {
	b := load(t, `
		local function s(x) sleep(0.001) return x end
		local meta = setmetatable({}, {
			__index = function(_, k) return s(k) end,
			__add = function() return s("sum") end,
			__tostring = function() return s("text") end,
			__call = function(_, x) return s(x) end,
			__lt = function() return s(true) end,
			__concat = function() return s("joined") end,
		})
		local places = {
			plain = function() return s(1) end,
			tail = function() return sleep(0.001) end,
			pcall = function() local ok, v = pcall(s, 2) return v end,
			pcall_error = function() local ok, v = pcall(function() s() error("after", 0) end) return v end,
			xpcall = function() local ok, v = xpcall(function() s() error("x", 0) end, function(e) return s(e .. "!") end) return v end,
			index = function() return meta.key end,
			add = function() return meta + 1 end,
			tostring = function() return tostring(meta) end,
			call = function() return meta("called") end,
			lt = function() return meta < meta end,
			concat = function() return meta .. "x" end,
			sort = function() local t = {3, 1, 2} table.sort(t, function(a, b) return s(a < b) end) return t end,
			gsub = function() return (("abc"):gsub(".", function(c) return s(c:upper()) end)) end,
			forin = function() local sum = 0 for v in function(_, last) last = (last or 0) + 1 if last < 4 then return s(last) end end do sum = sum + v end return sum end,
			wrap = function() local co = coroutine.wrap(function(a) local b = coroutine.yield(s(a)) return s(b) end) return { co("in"), co("out") } end,
			deep = function() return coroutine.wrap(function() return coroutine.wrap(function() return s("deep") end)() end)() end,
			yield_in_pcall = function() local co = coroutine.wrap(function() local ok, v = pcall(function() return coroutine.yield("y") end) return v end) return co() .. co("z") end,
		}
		for name, fn in pairs(places) do register_tool(name, fn) end
	`)
	want := map[string]string{
		"plain": "1", "tail": "ok", "pcall": "2", "pcall_error": "after", "xpcall": "x!", "index": "key", "add": "sum",
		"tostring": "text", "call": "called", "lt": "true", "concat": "joined", "sort": "[1,2,3]", "gsub": "ABC",
		"forin": "6", "wrap": `["in","out"]`, "deep": "deep", "yield_in_pcall": "yz",
	}
	answers := map[string][]<-chan tool.Result{}
	for range 20 { // interleaved, so that a mix-up would show
		for name := range want {
			answers[name] = append(answers[name], b.start(name, "{}"))
		}
		time.Sleep(time.Millisecond)
	}
	for name, all := range answers {
		for _, answer := range all {
			if r := b.await(answer); r.Text != want[name] && !strings.Contains(r.Text, "busy") {
				t.Errorf("%s = %q, want %q", name, r.Text, want[name])
			}
		}
	}
}

func TestACallIsAnsweredAtItsDeadlineWhateverLuaDoes(t *testing.T) {
	b := load(t, `
		local function burn() while true do end end
		register_tool { name = "loop", timeout = 0.05, handler = burn }
		register_tool { name = "guarded", timeout = 0.05, handler = function() while true do pcall(burn) end end }
		register_tool { name = "tail", timeout = 0.05, handler = function() return pcall(burn) end }
		register_tool { name = "co", timeout = 0.05, handler = function() return coroutine.resume(coroutine.create(burn)) end }
		register_tool { name = "sleeps", timeout = 0.05, handler = function() while true do pcall(sleep, 1) end end }
		register_tool { name = "sleeps_in_co", timeout = 0.05, handler = function() while true do pcall(coroutine.wrap(function() sleep(1) end)) end end }
		register_tool("alive", function() return "yes" end)
	`)
	for _, name := range []string{"loop", "guarded", "tail", "co", "sleeps", "sleeps_in_co"} {
		r := b.call(name, "{}")
		if !r.IsError || r.Type != tool.ClientTimeout || r.Text != name+" took longer than 50ms and was stopped" {
			t.Errorf("%s = %+v, want a client_timeout", name, r)
		}
		b.want("alive", "{}", "yes")
	}
}

func TestALateReturnIsLoggedAndDropped(t *testing.T) {
	b := newBench(t, Options{Globals: map[string]any{"block": func(...any) { time.Sleep(60 * time.Millisecond) }}})
	b.write("a.lua", `register_tool { name = "late", timeout = 0.02, handler = block }`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if r := b.call("late", "{}"); r.Type != tool.ClientTimeout {
		t.Errorf("got %+v, want a client_timeout", r)
	}
	b.until("tool late returned after")
}

func TestTheLogSaysWhereACallWasStopped(t *testing.T) {
	b := load(t, "register_tool { name = 'loop', timeout = 0.02, handler = function()\n  while true do end\nend }")
	b.call("loop", "{}")
	b.until("a.lua:2: loop took longer than 20ms")
}

func TestTooManyWaitingCallsAreRefused(t *testing.T) {
	b := load(t, `
		register_tool("block", function() print("blocking") local t = os.clock() while os.clock() - t < 0.3 do end end)
		register_tool("quick", function() return "done" end)
	`)
	b.start("block", "{}")
	b.until("blocking")
	var answers []<-chan tool.Result
	for range mostCalls + 20 {
		answers = append(answers, b.start("quick", "{}"))
	}
	done, busy := 0, 0
	for _, answer := range answers {
		switch r := b.await(answer); {
		case r.Text == "done":
			done++
		case r.IsError && strings.Contains(r.Text, "quick is busy"):
			busy++
		}
	}
	if done != mostCalls || busy != 20 {
		t.Errorf("%d calls were run and %d refused as busy, want %d and 20", done, busy, mostCalls)
	}
}

func TestEachCallIsAnsweredWhenTheScriptsAreClosed(t *testing.T) {
	b := load(t, `
		register_tool("sleeps", function() sleep(3600) end)
		register_tool("burns", function() while true do end end)
	`)
	answers := []<-chan tool.Result{b.start("sleeps", "{}"), b.start("burns", "{}"), b.start("sleeps", "{}")}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	b.Drain(ctx)
	b.Close()
	for i, answer := range answers {
		if r := b.await(answer); !r.IsError || r.Text != "shutting down" {
			t.Errorf("call %d = %+v, want shutting down", i, r)
		}
		if len(answer) > 0 {
			t.Errorf("call %d was answered twice", i)
		}
	}
	if r := b.call("sleeps", "{}"); !r.IsError {
		t.Errorf("a call after the end = %+v, want an error", r)
	}
}

func TestALateDoneOfAnEarlierWaitIsDropped(t *testing.T) {
	x := newExecutor(NewSlots(0), func(*fault) {}, func(*Event) {})
	x.limits = Limits{}.complete()
	x.heap = NewHeap(0)
	defer x.heap.Close()
	go x.run()
	defer x.close()
	got := make(chan any, 2)
	ended := make(chan error, 1)
	var first func(any)
	body := x.root.NewFunction(func(L *luaState) int {
		got <- x.Await(L, func(done func(any)) func() { first = done; done("one"); done("again"); return nil })
		got <- x.Await(L, func(done func(any)) func() {
			first("stale")
			time.AfterFunc(time.Millisecond, func() { done("two") })
			return nil
		})
		return 0
	})
	x.box.put(&message{do: func() {
		x.start(&task{fn: body, args: func(*luaState) (int, error) { return 0, nil }, end: func(_ *luaState, err error) {
			ended <- err
		}})
	}})
	if one, two := <-got, <-got; one != "one" || two != "two" {
		t.Errorf("got %v and %v, want one and two", one, two)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAPanicInGoEndsOnlyItsTask(t *testing.T) {
	b := newBench(t, Options{Globals: map[string]any{"boom": func() { panic("boom") }}})
	b.write("a.lua", `
		register_tool("boom", function() boom() end)
		register_tool("in_coroutine", function() coroutine.wrap(boom)() end)
		register_tool("alive", function() return "yes" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"boom", "in_coroutine"} {
		if r := b.call(name, "{}"); !r.IsError || !strings.Contains(r.Text, "boom") {
			t.Errorf("%s = %+v, want an error with boom", name, r)
		}
		b.want("alive", "{}", "yes")
	}
}

type luaState = lua.LState
