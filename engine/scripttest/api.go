package scripttest

import (
	"cmp"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// maxSleep is how far t.sleep moves the clock forward at most.
const maxSleep = 366 * 24 * time.Hour

// newAPI makes the table t.
//
//	t.call(tool [, args [, options]])     -> the text of the result; or nil and the reason
//	t.resource(uri [, options])           -> the content of the resource and its media type; or nil and the reason
//	t.prompt(name [, args [, options]])   -> list of the messages of the prompt; or nil and the reason
//	t.says(sentence [, answer])   -> the answer of the embedded agent, which must be answer
//	t.on(event [, fields])           sends the script an event
//	t.sleep(seconds)                 moves the clock forward
//	t.equal(got, want [, about])     fails unless the two are equal
//	t.errors(fn [, text])         -> the error that fn raises, which must contain text
//	t.golden(name, got)              fails unless got is the content of testdata/TEST/name
//	t.http(request, answer...)    -> fake of a server
//	t.exec(program, result...)    -> fake of a program
//	t.mqtt([host])                -> fake of an MQTT broker
//	t.mcp(name [, tools])         -> fake of an MCP server
//	t.store([values])             -> the store of the script, with these values
//	t.serial(device [, answers])  -> fake of a device at a serial port
//	t.gpio(line)                  -> a pin: what is connected to a line
//	t.keys([kind [, name]])       -> fake of a keyboard, a scanner, a remote control or buttons
//	t.screen()                    -> the screen of the kiosk
//	t.emitted([event])            -> list of the events that the script has emitted
//	t.session()                   -> list of what the script has asked of the conversation
//	t.output()                    -> what the script has printed and logged
//	t.script_errors()             -> list of the errors of handlers and timers, which do not fail the test then
//	t.script([path])                 loads another script, or the script again
//
//	fake:calls()                  -> list of what the script has asked for
//	store:get(key)                -> the value of the key
//	broker:deliver(topic, payload [, options])  sends the script a message
//	device:send(text)                sends the script bytes at its serial port
//	pin:press(), pin:release()       of a button
//	keyboard:press(key [, seconds]), keyboard:release(key), keyboard:type(text)
//	pin:value()                   -> the value of the line
//	pin:changes()                 -> list of the values of an output, with their times
//	screen:text()                 -> what the screen shows, as lines of text
//	screen:document()             -> what the screen shows, as the page gets it
//	screen:press(text)            -> what the touch says for the user, or nil
//	screen:answer([choice])          answers the question that is shown, or the next one
//	screen:wake()                    touches the idle page
func (f *testFile) newAPI(L *lua.LState) *lua.LTable {
	f.handles = value.HandleMetatable[recorder](L, "fake", map[string]lua.LGFunction{"calls": f.calls, "get": f.get, "send": f.send, "deliver": f.deliver}, nil)
	f.pins, f.keyboards, f.screens = f.pinMetatable(L), f.keyboardMetatable(L), f.screenMetatable(L)
	api := L.CreateTable(0, 24)
	functions := map[string]lua.LGFunction{"equal": f.equal, "errors": f.errors, "script": f.setScript}
	for name, fn := range map[string]func(*lua.LState, *testRun) int{
		"call": f.call, "resource": f.resource, "prompt": f.prompt, "says": f.says, "on": f.on, "sleep": f.sleep, "golden": f.golden,
		"http": f.http, "exec": f.exec, "store": f.store, "mqtt": f.mqtt, "mcp": f.mcp,
		"serial": f.serial, "gpio": f.gpio, "keys": f.keys, "screen": f.screen,
		"emitted": f.emitted, "session": f.session, "output": f.outputOf, "script_errors": f.scriptErrors,
	} {
		functions[name] = func(L *lua.LState) int {
			f.mu.Lock()
			t := f.current
			f.mu.Unlock()
			if t == nil || t.ended {
				L.RaiseError("t.%s: call it in a test", name)
			}
			return fn(L, t)
		}
	}
	for name, fn := range functions {
		api.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			if L.Get(1) == api { // t:call() is like t.call()
				L.Remove(1)
			}
			return fn(L)
		}))
	}
	return api
}

// await runs do on another goroutine while the task waits. It raises the error of do.
func (f *testFile) await(L *lua.LState, do func() error) {
	err, _ := f.rt.Await(L, func(done func(any)) func() {
		f.work.Go(func() { done(do()) })
		return nil
	}).(error)
	value.Raise(L, err)
}

// use runs do, which uses the script under test, on another goroutine while the task waits. ctx is done
// when the task is killed, and when the test ends. use raises the error of do.
func (f *testFile) use(L *lua.LState, t *testRun, do func(ctx context.Context) error) {
	err, _ := f.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(t.ctx)
		t.users.Go(func() {
			defer cancel()
			done(do(ctx))
		})
		return cancel
	}).(error)
	value.Raise(L, err)
}

// withScript is like use. It loads the script under test if that has not been done.
func (f *testFile) withScript(L *lua.LState, t *testRun, do func(ctx context.Context, s *subject) error) {
	f.use(L, t, func(ctx context.Context) error {
		s, err := t.load(ctx)
		if err != nil {
			return err
		}
		return do(ctx, s)
	})
}

// object returns argument n, a table or nil, as a JSON object.
func object(L *lua.LState, n int) json.RawMessage {
	t := L.OptTable(n, nil)
	if t == nil || t.Len() == 0 && isEmpty(t) {
		return json.RawMessage("{}")
	}
	text, err := value.Append(nil, t, value.MaxJSON)
	if err != nil {
		L.ArgError(n, err.Error())
	}
	return text
}

func isEmpty(t *lua.LTable) bool {
	k, _ := t.Next(lua.LNil)
	return k == lua.LNil
}

// says is the Lua function t.says.
func (f *testFile) says(L *lua.LState, t *testRun) int {
	sentence := L.CheckString(1)
	answer := ""
	f.withScript(L, t, func(ctx context.Context, s *subject) (err error) {
		answer, err = s.says(ctx, sentence)
		return err
	})
	if L.Get(2) != lua.LNil {
		if want := L.CheckString(2); answer != want {
			L.RaiseError("%s", difference(lua.LString(answer), lua.LString(want), "the answer to "+value.Quote(sentence)))
		}
	}
	L.Push(lua.LString(answer))
	return 1
}

// on is the Lua function t.on.
func (f *testFile) on(L *lua.LState, t *testRun) int {
	event, fields := L.CheckString(1), object(L, 2)
	f.withScript(L, t, func(ctx context.Context, s *subject) error { return s.dispatch(ctx, event, fields) })
	return 0
}

// sleep is the Lua function t.sleep.
func (f *testFile) sleep(L *lua.LState, t *testRun) int {
	d := value.CheckSeconds(L, 1, 0)
	if d > maxSleep {
		L.ArgError(1, "the clock can be moved forward by a year at most")
	}
	f.withScript(L, t, func(ctx context.Context, s *subject) error { return s.sleep(ctx, d) })
	return 0
}

// setScript is the Lua function t.script. Outside of tests, it only sets the script of the tests that
// begin later.
func (f *testFile) setScript(L *lua.LState) int {
	path := L.OptString(1, "")
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.path), filepath.FromSlash(path))
	}
	f.mu.Lock()
	t := f.current
	f.mu.Unlock()
	switch {
	case t == nil:
		f.script = cmp.Or(path, f.script)
	case t.ended:
		L.RaiseError("t.script: call it in a test")
	default:
		f.use(L, t, func(ctx context.Context) error {
			t.unload(path)
			_, err := t.load(ctx)
			return err
		})
	}
	return 0
}

// errors is the Lua function t.errors.
func (f *testFile) errors(L *lua.LState) int {
	fn, want := L.CheckFunction(1), L.OptString(2, "")
	_, err := f.rt.Try([]lua.LValue{fn})
	f.rt.Checkpoint(L) // raises an error if the task was killed
	if err == nil {
		L.RaiseError("the function raised no error")
	}
	text := f.rt.ErrorText(err)
	if !strings.Contains(text, want) {
		L.RaiseError("the error is %q, want one that contains %q", text, want)
	}
	L.Push(lua.LString(text))
	return 1
}

// pushRecorder pushes the handle of a fake.
func (f *testFile) pushRecorder(L *lua.LState, r recorder) int {
	L.Push(&lua.LUserData{Value: r, Env: L.Env, Metatable: f.handles})
	return 1
}

// calls is the Lua method fake:calls.
func (f *testFile) calls(L *lua.LState) int {
	pushRecords(L, value.CheckHandle[recorder](L, "a fake", "fake:calls()").calls())
	return 1
}

// pushRecords pushes a list of records.
func pushRecords(L *lua.LState, records []record) {
	list := newList(L)
	for _, r := range records {
		t := L.CreateTable(0, len(r))
		for name, v := range r {
			t.RawSetString(name, toLua(L, v))
		}
		list.Append(t)
	}
	L.Push(list)
}

// toLua returns the Lua value for a value of a record.
func toLua(L *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v) // may be bytes that JSON does not allow
	case []string:
		list := newList(L)
		for _, text := range v {
			list.Append(lua.LString(text))
		}
		return list
	case map[string]string:
		t := L.CreateTable(0, len(v))
		for name, text := range v {
			t.RawSetString(name, lua.LString(text))
		}
		return t
	}
	parsed, err := value.Parse(L, v.(json.RawMessage))
	if err != nil {
		return lua.LNil // it is nested too deeply
	}
	return parsed
}

// newList returns an empty table that is a list also in JSON.
func newList(L *lua.LState) *lua.LTable {
	list := L.CreateTable(0, 0)
	list.Metatable = value.ArrayMetatable(L)
	return list
}

// emitted is the Lua function t.emitted.
func (f *testFile) emitted(L *lua.LState, t *testRun) int {
	event := L.OptString(1, "")
	var records []record
	for _, a := range t.fakes.askedOf(func(a asked) bool { return a.function == "emit" && (event == "" || a.name == event) }) {
		r := record{"event": a.name}
		if len(a.data) > 0 {
			r["data"] = a.data
		}
		records = append(records, r)
	}
	pushRecords(L, records)
	return 1
}

// session is the Lua function t.session.
func (f *testFile) session(L *lua.LState, t *testRun) int {
	pushRecords(L, t.fakes.sessionCalls())
	return 1
}

// outputOf is the Lua function t.output.
func (f *testFile) outputOf(L *lua.LState, t *testRun) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	L.Push(lua.LString(strings.Join(t.output, "\n")))
	return 1
}

// scriptErrors is the Lua function t.script_errors.
func (f *testFile) scriptErrors(L *lua.LState, t *testRun) int {
	list := newList(L)
	for _, text := range t.takeFailures() {
		list.Append(lua.LString(text))
	}
	L.Push(list)
	return 1
}
