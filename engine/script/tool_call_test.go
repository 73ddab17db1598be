package script

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
)

func TestArgumentsOfTheWrongShapeNeverReachTheHandler(t *testing.T) {
	f := load(t, `
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
			f.want("set", args, want)
		} else if r := f.call("set", args); !r.IsError {
			t.Errorf("set(%s) returned %+v, want an error", args, r)
		}
	}
	if n := strings.Count(f.all(), "ran"); n != 3 {
		t.Errorf("the handler ran %d times, want 3", n)
	}
}

// Models often send null for a parameter that they do not want to set.
func TestNullIsAsIfTheParameterWereLeftOut(t *testing.T) {
	f := load(t, `
		register_tool {
			name = "roll",
			parameters = {
				count = { type = "integer" },
				room = { type = "string", enum = { "kitchen", "hall" } },
				light = { type = "object", properties = { name = { type = "string" }, level = { type = "integer" } }, required = { "name" } },
				list = { type = "array", items = { type = "object", properties = { level = { type = "integer" } }, required = {} } },
				must = { type = "string" },
			},
			required = { "must" },
			handler = function(args)
				return table.concat({
					tostring(args.count or 1), tostring(args.room), tostring(args.light and args.light.level),
					tostring(args.list and args.list[1].level), tostring(args.free and args.free.deep),
				}, " ")
			end,
		}
		register_tool("undeclared", function(args) return tostring(args.count or 1) .. json.encode(args.list or {}) end)
	`)
	for args, want := range map[string]string{
		`{"must":"a","count":null}`:                         "1 nil nil nil nil",
		`{"must":"a","room":null,"light":null,"list":null}`: "1 nil nil nil nil",
		`{"must":"a","light":{"name":"x","level":null}}`:    "1 nil nil nil nil",
		`{"must":"a","list":[{"level":null}]}`:              "1 nil nil nil nil",
		`{"must":"a","free":{"deep":null}}`:                 "1 nil nil nil nil",
		`{"must":"a","count":2,"count":null}`:               "1 nil nil nil nil",
		`{"must":null}`:                                     "! roll: must is missing (string)",
		`{"must":"a","light":{"name":null}}`:                "! roll: light.name is missing (string)",
		`{"must":"a","list":[null]}`:                        "! roll: list[0] must be an object, not null",
	} {
		f.want("roll", args, want)
	}
	f.want("undeclared", `{"count":null,"list":[null,1]}`, "1[null,1]")
	f.want("undeclared", `null`, "1{}")
}

func TestAValueThatCanMeanOnlyOneThingIsTakenAndLogged(t *testing.T) {
	f := load(t, `
		register_tool {
			name = "set",
			parameters = {
				n = { type = "integer" }, x = { type = "number" }, on = { type = "boolean" },
				room = { type = "string", enum = { "kitchen", "hall", "Hall", "3" } },
				list = { type = "array", items = { type = "integer" } },
				deep = { type = "object", properties = { on = { type = "boolean" } } },
			},
			required = {},
			handler = function(args) return json.encode(args) end,
		}
	`)
	for args, want := range map[string]string{
		`{"n":"3"}`:                              `{"n":3}`,
		`{"n":" -3.0 "}`:                         `{"n":-3}`,
		`{"n":"3.5"}`:                            `! set: n must be a number, not "3.5"`,
		`{"n":"three"}`:                          `! set: n must be a number, not "three"`,
		`{"n":""}`:                               `! set: n must be a number, not ""`,
		`{"n":true}`:                             `! set: n must be a number, not true`,
		`{"x":"1e3"}`:                            `{"x":1000}`,
		`{"x":"0x10"}`:                           `! set: x must be a number, not "0x10"`,
		`{"x":"inf"}`:                            `! set: x must be a number, not "inf"`,
		`{"x":"1e999"}`:                          `! set: x must be a number, not "1e999"`,
		`{"x":"1_000"}`:                          `! set: x must be a number, not "1_000"`,
		`{"on":"true"}`:                          `{"on":true}`,
		`{"on":"False"}`:                         `{"on":false}`,
		`{"on":"yes"}`:                           `! set: on must be true or false, not "yes"`,
		`{"on":1}`:                               `! set: on must be true or false, not 1`,
		`{"room":"Kitchen"}`:                     `{"room":"kitchen"}`,
		`{"room":" kitchen"}`:                    `{"room":"kitchen"}`,
		`{"room":"HALL"}`:                        `! set: room must be one of kitchen, hall, Hall, 3, not "HALL"`,
		`{"room":"Hall"}`:                        `{"room":"Hall"}`,
		`{"room":3}`:                             `{"room":"3"}`,
		`{"list":["1",2]}`:                       `{"list":[1,2]}`,
		`{"list":"[\"1\", 2]"}`:                  `{"list":[1,2]}`,
		`{"list":"1,2"}`:                         `! set: list must be an array, not "1,2"`,
		`{"list":"{}"}`:                          `! set: list must be an array, not "{}"`,
		`{"deep":"{\"on\": true, \"x\": null}"}`: `{"deep":{"on":true}}`,
		`{"deep":"[]"}`:                          `! set: deep must be an object, not "[]"`,
		`{"deep":{"on":"TRUE"}}`:                 `{"deep":{"on":true}}`,
	} {
		f.want("set", args, want)
	}
	for _, line := range []string{
		`INFO: tool set: n is "3", taken as 3`,
		`INFO: tool set: room is "Kitchen", taken as "kitchen"`,
		`INFO: tool set: list[0] is "1", taken as 1`,
		`INFO: tool set: deep.on is "TRUE", taken as true`,
	} {
		if !strings.Contains(f.all(), line) {
			t.Errorf("the log does not contain %s", line)
		}
	}
}

func TestDefaultsAreSetBeforeTheHandlerRuns(t *testing.T) {
	f := load(t, `
		register_tool {
			name = "add",
			parameters = {
				n = { type = "integer", minimum = 1, default = 2 },
				tags = { type = "array", items = "string", default = {} },
				opts = { type = "object", properties = { loud = { type = "boolean", default = false } }, optional = true },
			},
			handler = function(args) return json.encode(args) end,
		}
	`)
	for args, want := range map[string]string{
		``:                            `{"n":2,"tags":[]}`,
		`null`:                        `{"n":2,"tags":[]}`,
		`{"n":null}`:                  `{"n":2,"tags":[]}`,
		`{"n":"5","tags":"[\"a\"]"}`:  `{"n":5,"tags":["a"]}`,
		`{"n":1,"tags":[],"opts":{}}`: `{"n":1,"tags":[],"opts":{"loud":false}}`,
		`{"n":0}`:                     `! add: n must be at least 1, not 0`,
		`"{\"n\":\"3\"}"`:             `{"n":3,"tags":[]}`,
		`"[1]"`:                       `! add: the arguments must be a JSON object, not "[1]"`,
		`[]`:                          `! add: the arguments must be a JSON object, not []`,
		`3`:                           `! add: the arguments must be a JSON object, not 3`,
	} {
		f.want("add", args, want)
	}
	if want := "INFO: tool add: the arguments are a string, taken as the object in it"; !strings.Contains(f.all(), want) {
		t.Errorf("the log does not contain %s", want)
	}
}

func TestAResultThatIsNotAsDeclaredIsAnErrorAndLogged(t *testing.T) {
	f := load(t, `
		local results = { good = { sky = "clear" }, bad = { sky = 3 }, text = "clear", json = '{"sky":"clear"}' }
		register_tool {
			name = "weather",
			parameters = { which = "string" },
			returns = { type = "object", properties = { sky = "string" } },
			handler = function(args)
				if args.which == "reason" then return nil, "no network" end
				return results[args.which]
			end,
		}
	`)
	if r := f.call("weather", `{"which":"good"}`); string(r.Data) != `{"sky":"clear"}` {
		t.Errorf("the data of the result are %s", r.Data)
	}
	if r := f.call("weather", `{"which":"bad"}`); r.Data != nil {
		t.Errorf("the data of a result that does not fit are %s", r.Data)
	}
	for which, want := range map[string]string{
		"good":    `{"sky":"clear"}`,
		"json":    `{"sky":"clear"}`,
		"reason":  "! no network",
		"bad":     "! weather returned a result that it does not declare: sky must be a string, not 3",
		"text":    `! weather returned a result that it does not declare: the result must be an object, not "clear"`,
		"nothing": `! weather returned a result that it does not declare: the result must be an object, not "ok"`,
	} {
		f.want("weather", `{"which":"`+which+`"}`, want)
	}
	if want := "WARN: tool weather: the result does not fit the returns of a.lua:3: sky must be a string, not 3"; !strings.Contains(f.all(), want) {
		t.Errorf("the log does not contain %s:\n%s", want, f.all())
	}
}

func TestAToolThatWaitsDelaysNoOther(t *testing.T) {
	f := load(t, `
		register_tool("slow", function() sleep(3600) return "late" end)
		register_tool("quick", function() return "now" end)
	`)
	slow := f.start("slow", "{}")
	f.want("quick", "{}", "now")
	select {
	case r := <-slow:
		t.Errorf("slow was answered with %+v while its handler sleeps", r)
	default:
	}
}

func TestACallIsAnsweredAtItsTimeoutWhateverLuaDoes(t *testing.T) {
	t.Parallel()
	f := load(t, `
		local function loop() while true do end end
		register_tool { name = "loop", timeout = 0.03, handler = loop }
		register_tool { name = "guarded", timeout = 0.03, handler = function() while true do pcall(loop) end end }
		register_tool { name = "tail", timeout = 0.03, handler = function() return pcall(loop) end }
		register_tool { name = "co", timeout = 0.03, handler = function() return coroutine.resume(coroutine.create(loop)) end }
		register_tool { name = "sleeps", timeout = 0.03, handler = function() while true do pcall(sleep, 1) end end }
		register_tool { name = "sleeps_in_co", timeout = 0.03, handler = function() while true do pcall(coroutine.wrap(function() sleep(1) end)) end end }
		register_tool("alive", function() return "yes" end)
	`)
	for _, name := range []string{"loop", "guarded", "tail", "co", "sleeps", "sleeps_in_co"} {
		r := f.call(name, "{}")
		if !r.IsError || r.Type != tool.ClientTimeout || r.Text != name+" took longer than 30ms and was stopped" {
			t.Errorf("%s returned %+v, want a client_timeout", name, r)
		}
		f.want("alive", "{}", "yes")
	}
}

func TestTheShorterOfTwoTimeoutsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		register_tool { name = "long", timeout = 60, handler = function() sleep(3600) end }
		register_tool { name = "short", timeout = 0.02, handler = function() sleep(3600) end }
	`)
		for name, timeout := range map[string]time.Duration{"long": 20 * time.Millisecond, "short": time.Minute} {
			answer := make(chan tool.Result, 2)
			f.Call(&Call{Name: name, Timeout: timeout, Reply: func(_ *Call, r tool.Result) { answer <- r }})
			if r := f.await(answer); r.Type != tool.ClientTimeout || !strings.Contains(r.Text, "20ms") {
				t.Errorf("%s returned %+v, want a client_timeout after 20ms", name, r)
			}
		}
	})
}

// loadBlocked loads a script that has, besides the given source, a tool named block. The tool
// blocks the executor until release is called.
func loadBlocked(t *testing.T, source string) (f *fixture, release func()) {
	t.Helper()
	blocked := make(chan struct{})
	f = newFixture(t, Options{Globals: map[string]any{"wait_in_go": func() { <-blocked }}})
	f.write("a.lua", `register_tool("block", function() print("blocking") wait_in_go() end)`+source)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return f, func() { close(blocked) }
}

func TestACallThatTimesOutInTheMailboxNeverBegins(t *testing.T) {
	f, release := loadBlocked(t, `register_tool { name = "quick", timeout = 0.03, handler = function() print("ran") end }`)
	block := f.start("block", "{}")
	f.until("blocking")
	r := f.call("quick", "{}")
	if r.Type != tool.ClientTimeout || r.Text != "quick did not begin in 30ms: its script is busy with something else" {
		t.Errorf("quick returned %+v, want a client_timeout that says that the call did not begin", r)
	}
	release()
	f.await(block)
	f.want("block", "{}", "ok")
	if f.hasLine("ran") {
		t.Error("the handler ran after the call was answered")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if f.Drain(ctx); ctx.Err() != nil {
		t.Error("Drain waited for a call that had been answered")
	}
}

func TestALateReturnIsLoggedAndDropped(t *testing.T) {
	f := newFixture(t, Options{Globals: map[string]any{"block": func(...any) { time.Sleep(60 * time.Millisecond) }}})
	f.write("a.lua", `register_tool { name = "late", timeout = 0.02, handler = block }`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if r := f.call("late", "{}"); r.Type != tool.ClientTimeout {
		t.Errorf("the answer is %+v, want a client_timeout", r)
	}
	f.until("tool late returned after")
}

func TestTheLogSaysWhereACallWasStopped(t *testing.T) {
	f := load(t, "register_tool { name = 'loop', timeout = 0.02, handler = function()\n  while true do end\nend }")
	f.call("loop", "{}")
	f.until("a.lua:2: loop took longer than 20ms")
}

func TestTooManyQueuedCallsAreRefused(t *testing.T) {
	f, release := loadBlocked(t, `register_tool("quick", function() return "done" end)`)
	f.start("block", "{}")
	f.until("blocking")
	var answers []<-chan tool.Result
	for range vm.MaxRequests + 20 {
		answers = append(answers, f.start("quick", "{}"))
	}
	release()
	done, busy := 0, 0
	for _, answer := range answers {
		switch r := f.await(answer); {
		case r.Text == "done":
			done++
		case r.IsError && r.Text == "quick is busy: too many calls are waiting; try again in a moment":
			busy++
		}
	}
	if done != vm.MaxRequests || busy != 20 {
		t.Errorf("%d calls ran and %d were refused as busy, want %d and 20", done, busy, vm.MaxRequests)
	}
}

func TestAHandlerCanAskWhetherItsResultIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		register_tool("work", function(args, call)
			local before = call:cancelled()
			print("begun")
			for i = 1, 2000 do
				if call:cancelled() then break end
				sleep(0.005)
			end
			return tostring(before) .. " " .. tostring(call:cancelled())
		end)
	`)
		answer := make(chan tool.Result, 2)
		c := &Call{ID: "c", Name: "work", Reply: func(_ *Call, r tool.Result) { answer <- r }}
		f.Call(c)
		f.until("begun")
		c.SetUnwanted()
		if r := f.await(answer); r.IsError || r.Text != "false true" {
			t.Errorf("the answer is %+v, want 'false true': the handler goes on, and its call is answered", r)
		}
	})
}

func TestAHandlerThatRunsTooLongWithoutAWaitIsStopped(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{BurstWarning: 20 * time.Millisecond, Burst: 60 * time.Millisecond}})
	f.write("a.lua", `
		local function loop()
			while true do end
		end
		register_tool("loop", loop)
		on("ping", loop)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("loop", "{}", "! loop was stopped: ran for 60ms without a wait, at a.lua:3")
	f.until("WARN: tool loop has run for 20ms without a wait, at a.lua:3: nothing else of this script can run")
	f.Dispatch(Event{Type: "ping"})
	f.until("WARN: on ping has run for 20ms without a wait")
	f.until("WARN: on ping: stopped: ran for 60ms without a wait, at a.lua:3")
}
