package scripttest

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A fakePin is what a test sees of a line of the simulated chip, which takes the place of the pins of the
// machine in every test.
type fakePin struct {
	t    *testRun
	line int
	name string
}

func (p fakePin) String() string { return "pin " + p.name }

// gpio is the Lua function t.gpio.
func (f *testFile) gpio(L *lua.LState, t *testRun) int {
	name := ""
	switch v := L.CheckAny(1).(type) {
	case lua.LNumber, lua.LString:
		name = v.String()
	default:
		L.ArgError(1, "want the number or the name of a line, such as 17 or \"BUTTON\"")
	}
	line, err := t.pins.Add(name)
	if err != nil {
		L.ArgError(1, err.Error())
	}
	L.Push(&lua.LUserData{Value: fakePin{t, line, name}, Env: L.Env, Metatable: f.pins})
	return 1
}

// pinMetatable returns the metatable of the pins of tests.
func (f *testFile) pinMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[fakePin](L, "pin", map[string]lua.LGFunction{
		"press": f.pressPin, "release": f.releasePin, "value": f.pinValue, "changes": f.pinChanges,
	}, nil)
}

// use is like testFile.withScript, for the test of the pin, which must be the one that runs.
func (p fakePin) use(L *lua.LState, f *testFile, method string, do func(ctx context.Context, s *subject) error) {
	f.mu.Lock()
	current := f.current
	f.mu.Unlock()
	if current != p.t || p.t.ended {
		L.RaiseError("pin:%s: the pin belongs to another test", method)
	}
	f.withScript(L, p.t, do)
}

// set drives the line from outside, and lets the script do what follows.
func (p fakePin) set(ctx context.Context, s *subject, v bool) error {
	if err := p.t.pins.SetValue(p.line, v); err != nil {
		return err
	}
	return s.sleep(ctx, p.t.pins.Debounce(p.line))
}

// pressPin is the Lua method pin:press.
func (f *testFile) pressPin(L *lua.LState) int {
	p := value.CheckHandle[fakePin](L, "a pin", "pin:press()")
	var hold time.Duration
	if L.Get(2) != lua.LNil {
		if hold = value.CheckSeconds(L, 2, 0); hold > maxSleep {
			L.ArgError(2, fmt.Sprintf("at most %v seconds", maxSleep.Seconds()))
		}
	}
	p.use(L, f, "press", func(ctx context.Context, s *subject) error {
		if err := p.set(ctx, s, true); err != nil || hold == 0 {
			return err
		}
		if err := s.sleep(ctx, hold); err != nil {
			return err
		}
		return p.set(ctx, s, false)
	})
	return 0
}

// releasePin is the Lua method pin:release.
func (f *testFile) releasePin(L *lua.LState) int {
	p := value.CheckHandle[fakePin](L, "a pin", "pin:release()")
	p.use(L, f, "release", func(ctx context.Context, s *subject) error { return p.set(ctx, s, false) })
	return 0
}

// pinValue is the Lua method pin:value.
func (f *testFile) pinValue(L *lua.LState) int {
	p := value.CheckHandle[fakePin](L, "a pin", "pin:value()")
	p.use(L, f, "value", func(context.Context, *subject) error { return nil })
	L.Push(lua.LBool(p.t.pins.State(p.line).Value))
	return 1
}

// pinChanges is the Lua method pin:changes.
func (f *testFile) pinChanges(L *lua.LState) int {
	p := value.CheckHandle[fakePin](L, "a pin", "pin:changes()")
	p.use(L, f, "changes", func(context.Context, *subject) error { return nil })
	list := newList(L)
	for _, c := range p.t.pins.State(p.line).Changes {
		t := L.CreateTable(0, 2)
		t.RawSetString("value", lua.LBool(c.Value))
		t.RawSetString("time", lua.LNumber(c.Time.Sub(startTime()).Seconds()))
		list.Append(t)
	}
	L.Push(list)
	return 1
}
