package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// A produced is the answer to a request for a resource or a prompt.
type produced struct {
	content  tool.Content
	messages []tool.PromptMessage
	err      error
}

func (p produced) String() string {
	var failed *tool.RequestError
	switch {
	case errors.As(p.err, &failed):
		return "! " + string(failed.Type) + ": " + failed.Text
	case p.err != nil:
		return "! " + p.err.Error()
	case p.messages != nil:
		var all []string
		for _, m := range p.messages {
			all = append(all, m.Role+": "+m.Text)
		}
		return strings.Join(all, " | ")
	case p.content.Bytes != nil:
		return fmt.Sprintf("%x (%s)", p.content.Bytes, p.content.MIME)
	}
	return fmt.Sprintf("%s (%s)", p.content.Text, p.content.MIME)
}

// read reads the resource with this URI.
func (f *fixture) read(uri string) produced {
	f.t.Helper()
	answer := make(chan produced, 2)
	f.Read(&Call{ID: "r", Name: uri, Client: "tester"}, func(c tool.Content, err error) { answer <- produced{content: c, err: err} })
	return f.awaitProduced(answer)
}

// prompt gets a prompt with these arguments, a JSON object.
func (f *fixture) prompt(name, args string) produced {
	f.t.Helper()
	answer := make(chan produced, 2)
	f.Prompt(&Call{ID: "p", Name: name, Args: json.RawMessage(args), Client: "tester"}, func(m []tool.PromptMessage, err error) {
		answer <- produced{messages: m, err: err}
	})
	return f.awaitProduced(answer)
}

func (f *fixture) awaitProduced(answer <-chan produced) produced {
	f.t.Helper()
	select {
	case p := <-answer:
		return p
	case <-time.After(60 * time.Second):
		f.t.Fatal("no answer in a minute")
		return produced{}
	}
}

func TestResourcesAreReadByTheirURIs(t *testing.T) {
	f := load(t, `
		local notes = { ["7"] = "milk", ["a b"] = "eggs" }
		local function resource(uri, read, mime) register_resource { uri = uri, read = read, mime = mime } end
		resource("notes://all", function() return "all" end, "text/plain")
		resource("notes://{id}", function(uri, call) return notes[call.params.id] end, "text/markdown")
		resource("notes://{id}.txt", function(uri, call) return "as text: " .. call.params.id end)
		resource("call:me", function(uri, call) return table.concat({ uri, call.id, call.name, call.client, tostring(call.params) }, " ") end)
		resource("state:numbers", function() return { 1, 2 } end)
		resource("state:table", function() return { text = nil, n = 1 } end, "text/x")
		resource("state:on", function() return true end)
		resource("a:html", function() return { text = "<p>", mime = "text/html" } end, "text/plain")
		resource("a:png", function() return { bytes = "\137PNG\0", mime = "image/png" } end)
		resource("a:empty", function() return { bytes = "" } end)
		resource("a:why", function() return nil, "the disk is full" end)
		resource("a:raised", function() error("no paper", 0) end)
		resource("a:latin1", function() return "gr\252n" end)
		resource("a:function", function() return print end)
		resource("a:cycle", function() local t = {} t.t = t return t end)
		resource("a:typo", function() return { bytes = "x", mine = "image/png" } end)
		resource("a:number", function() return { bytes = 5 } end)
		resource("a:type", function() return { text = "x", mime = "a page" } end)
		resource("a:max", function() return ("x"):rep(1048576) end)
		resource("a:long", function() return ("x"):rep(1048577) end)
		resource("a:long_bytes", function() return { bytes = ("x"):rep(1048577) } end)
	`)
	for uri, want := range map[string]string{
		"notes://all": "all (text/plain)", "notes://7": "milk (text/markdown)", "notes://a%20b": "eggs (text/markdown)",
		"notes://7.txt": "as text: 7 ()", "call:me": "call:me r call:me tester nil ()",
		"state:numbers": "[1,2] (application/json)", "state:table": `{"n":1} (text/x)`, "state:on": "true ()",
		"a:html": "<p> (text/html)", "a:png": "89504e4700 (image/png)", "a:empty": " ()",
		"notes://8":    "! not_found: there is no resource 'notes://8'",
		"note://7":     "! not_found: there is no resource 'note://7'",
		"":             "! not_found: there is no resource ''",
		"a:why":        "! failed: the disk is full",
		"a:raised":     "! failed: no paper",
		"a:latin1":     "! failed: the content is not text, because its bytes are not UTF-8: return { bytes = ..., mime = ... }",
		"a:function":   "! failed: the content of a resource must be a string or a table, not a function",
		"a:cycle":      "! failed: the content: t: a table cannot contain itself",
		"a:typo":       "! failed: the content, a table with bytes: there is no field 'mine' (did you mean 'mime'?)",
		"a:number":     "! failed: the content: bytes must be a string, not a number",
		"a:type":       `! failed: the content: mime must be a media type such as text/markdown, not "a page"`,
		"a:long":       "! failed: the content has 1048577 bytes; 1048576 are allowed",
		"a:long_bytes": "! failed: the content has 1048577 bytes; 1048576 are allowed",
	} {
		got := strings.ReplaceAll(f.read(uri).String(), f.dir+"/", "")
		if got != want && !(strings.HasPrefix(want, "! ") && strings.HasPrefix(got, want)) {
			t.Errorf("%s: got %q, want %q", uri, got, want)
		}
	}
	if got := f.read("a:max"); len(got.content.Text) != tool.MaxContent {
		t.Errorf("the longest content has %d bytes, %v", len(got.content.Text), got.err)
	}
	if got := f.read("notes://" + strings.Repeat("x", 1<<20)); len(got.String()) > 3000 {
		t.Errorf("the error has %d bytes", len(got.String()))
	}
	if list := f.Resources(); len(list) != 21 || list[1].URI != "notes://{id}" || list[1].Source != f.path("a.lua")+":3" && list[1].Source != "a.lua:3" {
		t.Errorf("there are %d resources; the second is %+v", len(list), list[1])
	}
	if !f.hasLine("WARN: resource a:raised: no paper") {
		t.Errorf("the error of a handler is not in the log:\n%s", f.all())
	}
}

func TestPromptsHaveMessages(t *testing.T) {
	f := load(t, `
		local function prompt(name, handler, arguments) register_prompt { name = name, handler = handler, arguments = arguments } end
		prompt("plan", function(args, call) return "Plan a trip to " .. args.city .. (args.style or "") .. " " .. call.name .. call.client end,
			{ city = "string", style = { optional = true } })
		prompt("dialogue", function() return { { role = "user", text = "hi" }, { role = "assistant", text = "hello" }, "go on" } end)
		prompt("order", function(args) local all = {} for k in pairs(args) do all[#all + 1] = k end return table.concat(all) end)
		prompt("nothing", function() end)
		prompt("empty", function() return {} end)
		prompt("why", function() return nil, "not today" end)
		prompt("number", function() return 5 end)
		prompt("role", function() return { { role = "asistant", text = "x" } } end)
		prompt("field", function() return { { txt = "x" } } end)
		prompt("no_text", function() return { { role = "user" } } end)
		prompt("nested", function() return { {}, { { } } } end)
		prompt("many", function() local t = {} for i = 1, 101 do t[i] = "x" end return t end)
		prompt("long", function() return { ("x"):rep(200000), ("x"):rep(100000) } end)
		prompt("latin1", function() return ("\252a"):rep(100000) end)
	`)
	for _, row := range []struct{ name, args, want string }{
		{"plan", `{"city":"Rome"}`, "user: Plan a trip to Rome plantester"},
		{"plan", `{"city":"Rome","style":", slowly","more":"x"}`, "user: Plan a trip to Rome, slowly plantester"},
		{"plan", `{}`, "! bad_arguments: plan: city is missing"},
		{"plan", ``, "! bad_arguments: plan: city is missing"},
		{"plan", `{"city":5}`, "! bad_arguments: plan: the arguments are not an object of strings"},
		{"dialogue", `{}`, "user: hi | assistant: hello | user: go on"},
		{"order", `{"c":"1","a":"2","b":"3"}`, "user: abc"},
		{"nothing", `{}`, "! failed: a prompt must be a string or a list of messages, not nil"},
		{"empty", `{}`, "! failed: a prompt must have 1 to 100 messages, not 0"},
		{"why", `{}`, "! failed: not today"},
		{"number", `{}`, "! failed: a prompt must be a string or a list of messages, not a number"},
		{"role", `{}`, "! failed: message 1 of the prompt: role must be one of user, assistant, not 'asistant' (did you mean 'assistant'?)"},
		{"field", `{}`, "! failed: message 1 of the prompt: there is no field 'txt' (did you mean 'text'?)"},
		{"no_text", `{}`, "! failed: message 1 of the prompt: text must be a string, not nil"},
		{"nested", `{}`, "! failed: message 1 of the prompt: text must be a string, not nil"},
		{"many", `{}`, "! failed: a prompt must have 1 to 100 messages, not 101"},
		{"long", `{}`, "! failed: the messages have more than 262144 bytes"},
		{"latin1", `{}`, "! failed: the messages have more than 262144 bytes"},
		{"planet", `{}`, "! not_found: there is no prompt 'planet' (did you mean 'plan'?); the prompts are plan, dialogue"},
	} {
		if got := f.prompt(row.name, row.args).String(); got != row.want && !(strings.HasPrefix(row.want, "! ") && strings.HasPrefix(got, row.want)) {
			t.Errorf("%s(%s): got %q, want %q", row.name, row.args, got, row.want)
		}
	}
	if list := f.Prompts(); len(list) != 14 || list[0].Name != "plan" || len(list[0].Arguments) != 2 || !list[0].Arguments[0].Required || list[0].Arguments[1].Required {
		t.Errorf("there are %d prompts; the first is %+v", len(list), list[0])
	}
}

func TestRequestsHaveTheTimeLimitsOfToolCalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{Limits: Limits{BurstWarning: 20 * time.Millisecond, Burst: 60 * time.Millisecond}})
	f.write("a.lua", `
		local function loop() while true do end end
		register_resource { uri = "a:loop", read = loop }
		register_resource { uri = "a:slow", timeout = 0.03, read = function() while true do pcall(sleep, 1) end end }
		register_prompt { name = "loop", handler = loop }
		register_prompt { name = "slow", timeout = 0.03, handler = function() sleep(60) end }
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		f.read("a:loop").String():       "! failed: a:loop was stopped: ran for 60ms without a wait",
		f.read("a:slow").String():       "! failed: a:slow took longer than 30ms and was stopped",
		f.prompt("loop", "{}").String(): "! failed: loop was stopped: ran for 60ms without a wait",
		f.prompt("slow", "{}").String(): "! failed: slow took longer than 30ms and was stopped",
	} {
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHostileHandlersOfRequestsHarmNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{Limits: Limits{Burst: time.Minute}})
	f.write("a.lua", `
		local odd = setmetatable({}, { __tostring = function() error("again") end, __index = error })
		register_resource { uri = "a:huge", timeout = 60, read = function() return ("x"):rep(60 * 2^20) end }
		register_resource { uri = "a:odd", read = function() error(odd) end }
		register_resource { uri = "a:odd_text", read = function() return { text = odd, mime = odd } end }
		register_prompt { name = "huge", timeout = 60, handler = function() local s = ("x"):rep(50 * 2^20) return { s, s } end }
		register_prompt { name = "odd", handler = function() error(error) end }
		register_prompt { name = "odd_list", handler = function() return setmetatable({ odd }, { __len = error, __index = error }) end }
		register_prompt { name = "nil", handler = function() error() end }
		register_prompt { name = "userdata", handler = function() return after(60, print) end }
		register_tool("alive", function() return "yes" end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		"a:huge": "the content has 62914560 bytes; 1048576 are allowed", "a:odd": "{}", "a:odd_text": "text must be a string, not a table",
	} {
		if got := f.read(uri).String(); !strings.Contains(got, want) || !strings.HasPrefix(got, "! failed: ") || len(got) > 1000 {
			t.Errorf("%s: got %q, want %q", uri, got, want)
		}
		f.want("alive", "{}", "yes")
	}
	for name, want := range map[string]string{
		"huge": "the messages have more than 262144 bytes", "odd": "function", "odd_list": "text must be a string, not nil", "nil": "nil",
		"userdata": "must be a string or a list of messages, not a userdata",
	} {
		if got := f.prompt(name, "{}").String(); !strings.Contains(got, want) || !strings.HasPrefix(got, "! failed: ") || len(got) > 1000 {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		f.want("alive", "{}", "yes")
	}
}

func TestACancelledReadEnds(t *testing.T) {
	f := load(t, `register_resource { uri = "a:slow", read = function() print("begun") sleep(60) end }`)
	answer := make(chan produced, 2)
	c := &Call{Name: "a:slow"}
	f.Read(c, func(content tool.Content, err error) { answer <- produced{content: content, err: err} })
	f.until("begun")
	c.Cancel()
	if got := f.awaitProduced(answer).String(); !strings.HasSuffix(got, "the call was cancelled") {
		t.Errorf("got %q", got)
	}
}

func TestResourcesAndPromptsOfTwoScriptsMustDiffer(t *testing.T) {
	f := load(t, `register_resource { uri = "notes://{id}", read = print } register_prompt { name = "plan", handler = print } register_tool("plan", print)`)
	for source, want := range map[string]string{
		"\nregister_resource { uri = 'notes://{name}', read = print }": "b.lua:2: the resource notes://{name} is registered by a.lua:1 too",
		"\nregister_prompt { name = 'plan', handler = print }":         "b.lua:2: the prompt plan is registered by a.lua:1 too",
	} {
		f.write("b.lua", source)
		_, err := f.Load(f.path("b.lua"))
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), f.dir+"/", ""), want) {
			t.Errorf("Load returned %v, want %q", err, want)
		}
		if _, err := f.Check(f.path("a.lua"), f.path("b.lua")); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), f.dir+"/", ""), want) {
			t.Errorf("Check returned %v, want %q", err, want)
		}
	}
	f.write("b.lua", "register_resource { uri = 'notes://all', read = function() return 'b' end }")
	if _, err := f.Load(f.path("b.lua")); err != nil {
		t.Fatal(err)
	}
	if got := f.read("notes://all").String(); got != "b ()" {
		t.Errorf("the exact URI of another script is read as %q", got)
	}
}

func TestAReloadReplacesResourcesAndPrompts(t *testing.T) {
	f := load(t, `register_resource { uri = "a:old", read = print } register_prompt { name = "old", handler = print }`)
	f.write("a.lua", `register_resource { uri = "a:{x}", read = function() return "new" end } register_prompt { name = "new", handler = function() return "new" end }`)
	f.reload()
	for got, want := range map[string]string{
		f.read("a:old").String(): "new ()", f.prompt("new", "{}").String(): "user: new",
		f.prompt("old", "{}").String(): "! not_found: there is no prompt 'old'; the prompts are new",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f.write("a.lua", `register_resource { uri = "a:broken" }`)
	if _, err := f.Reload(f.path("a.lua")); err == nil {
		t.Error("a resource without read was accepted")
	}
	if got := f.read("a:old").String(); got != "new ()" {
		t.Errorf("after a failed reload: %q", got)
	}
}

// Each request is answered exactly once, by an old or a new generation, while the script is reloaded 200
// times.
func TestNoRequestIsLostDuringReloads(t *testing.T) {
	saves := 200
	if testing.Short() {
		saves = 20
	}
	source := func(n int) string {
		return fmt.Sprintf(`
			register_resource { uri = "n://{n}", read = function(uri, call) if call.params.n %% 3 == 0 then sleep(0.001) end return "%d:" .. call.params.n end }
			register_prompt { name = "n", arguments = { "n" }, handler = function(args) if args.n %% 3 == 0 then sleep(0.001) end return "%d:" .. args.n end }`, n, n)
	}
	f := load(t, source(0))
	var stop atomic.Bool
	var requests atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				content, messages := f.read(fmt.Sprint("n://", n)), f.prompt("n", fmt.Sprintf(`{"n":"%d"}`, n))
				if want := fmt.Sprint(":", n); !strings.HasSuffix(content.content.Text, want) || len(messages.messages) != 1 || !strings.HasSuffix(messages.messages[0].Text, want) {
					t.Errorf("request %d: got %v and %v", n, content, messages)
				}
				requests.Add(1)
			}
		})
	}
	for i := 1; i <= saves; i++ {
		f.write("a.lua", source(i))
		if _, err := f.Reload(f.path("a.lua")); err != nil {
			t.Errorf("save %d: %v", i, err)
			break
		}
		if n := len(f.Resources()) + len(f.Prompts()); n != 2 {
			t.Errorf("after save %d there are %d resources and prompts", i, n)
		}
	}
	stop.Store(true)
	wg.Wait()
	if got := f.read("n://1").String(); got != fmt.Sprintf("%d:1 ()", saves) {
		t.Errorf("after all saves: %q", got)
	}
	t.Logf("%d requests", requests.Load())
}
