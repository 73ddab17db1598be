package scripttest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/keys"
	"moonlark/luastd/value"
)

// A fakeKeys is a fake of a keyboard, a remote control, a scanner or buttons. Any goroutine may
// use it.
type fakeKeys struct {
	t          *testRun
	name, kind string

	mu    sync.Mutex                            // guards the fields below
	users map[int]func(uint16, bool, time.Time) // the functions that take the keys, one for each source of the script
	last  int                                   // the last key of users
}

func (k *fakeKeys) String() string { return "fake of the device " + k.name }

// open implements luastd.FakeKeys.Open.
func (k *fakeKeys) open(send func(uint16, bool, time.Time)) (close func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	key := k.last
	k.users[key] = send
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.users, key)
	}
}

// send presses or releases keys, one after the other.
func (k *fakeKeys) send(codes []uint16, pressed bool) error {
	k.mu.Lock()
	users := make([]func(uint16, bool, time.Time), 0, len(k.users))
	for _, user := range k.users {
		users = append(users, user)
	}
	k.mu.Unlock()
	if len(users) == 0 {
		return fmt.Errorf("the script does not use the keys of %s", k.name)
	}
	for _, code := range codes {
		for _, user := range users {
			user(code, pressed, k.t.clock.Now())
		}
	}
	return nil
}

// press presses keys, one after the other, and lets the script do what follows.
func (k *fakeKeys) press(ctx context.Context, s *subject, codes []uint16) error {
	if err := k.send(codes, true); err != nil {
		return err
	}
	return s.scripts.AwaitRest(ctx)
}

// release releases keys, the last one first, and lets the script do what follows.
func (k *fakeKeys) release(ctx context.Context, s *subject, codes []uint16) error {
	codes = slices.Clone(codes)
	slices.Reverse(codes)
	if err := k.send(codes, false); err != nil {
		return err
	}
	return s.scripts.AwaitRest(ctx)
}

// Keys implements luastd.Fakes.
func (f *fakes) Keys() (all []*luastd.FakeKeys) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.keys {
		all = append(all, &luastd.FakeKeys{Name: k.name, Kind: k.kind, Open: k.open})
	}
	return all
}

// keys is the Lua function t.keys.
func (f *testFile) keys(L *lua.LState, t *testRun) int {
	k := &fakeKeys{t: t, kind: "keyboard", users: make(map[int]func(uint16, bool, time.Time))}
	if !value.IsNone(L.Get(1)) {
		k.kind = value.CheckChoice(L, 1, "keyboard", "remote", "scanner", "buttons")
	}
	k.name = L.OptString(2, "Test "+k.kind)
	t.fakes.mu.Lock()
	t.fakes.keys = append(t.fakes.keys, k)
	t.fakes.mu.Unlock()
	L.Push(&lua.LUserData{Value: k, Env: L.Env, Metatable: f.keyboards})
	return 1
}

// keyboardMetatable returns the metatable of fake devices with keys.
func (f *testFile) keyboardMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*fakeKeys](L, "keyboard", map[string]lua.LGFunction{
		"press": f.pressKey, "release": f.releaseKey, "type": f.typeText,
	}, nil)
}

// checkKeys returns the device and the keys of a method.
func (f *testFile) checkKeys(L *lua.LState, method string) (*fakeKeys, []uint16) {
	k := value.CheckHandle[*fakeKeys](L, "a device of t.keys", "keyboard:"+method+"(key)")
	codes, err := keys.Codes(L.CheckString(2))
	if err != nil {
		L.ArgError(2, err.Error())
	}
	return k, codes
}

// useKeys calls do like withScript, for the test that k belongs to. It raises an error if that test does
// not run now.
func (f *testFile) useKeys(L *lua.LState, k *fakeKeys, method string, do func(ctx context.Context, s *subject) error) {
	f.mu.Lock()
	current := f.current
	f.mu.Unlock()
	if current != k.t || k.t.ended {
		L.RaiseError("keyboard:%s: the device belongs to another test", method)
	}
	f.withScript(L, k.t, do)
}

// pressKey is the Lua method keyboard:press.
func (f *testFile) pressKey(L *lua.LState) int {
	k, codes := f.checkKeys(L, "press")
	hold := time.Duration(-1)
	if !value.IsNone(L.Get(3)) {
		if hold = value.CheckSeconds(L, 3, 0); hold > maxSleep {
			L.ArgError(3, fmt.Sprintf("at most %v seconds", maxSleep.Seconds()))
		}
	}
	f.useKeys(L, k, "press", func(ctx context.Context, s *subject) error {
		if err := k.press(ctx, s, codes); err != nil || hold < 0 {
			return err
		}
		if err := s.sleep(ctx, hold); err != nil {
			return err
		}
		return k.release(ctx, s, codes)
	})
	return 0
}

// releaseKey is the Lua method keyboard:release.
func (f *testFile) releaseKey(L *lua.LState) int {
	k, codes := f.checkKeys(L, "release")
	f.useKeys(L, k, "release", func(ctx context.Context, s *subject) error { return k.release(ctx, s, codes) })
	return 0
}

// typeText is the Lua method keyboard:type.
func (f *testFile) typeText(L *lua.LState) int {
	k := value.CheckHandle[*fakeKeys](L, "a device of t.keys", "keyboard:type(text)")
	characters, err := keys.TextCodes(L.CheckString(2))
	if err != nil {
		L.ArgError(2, err.Error())
	}
	f.useKeys(L, k, "type", func(ctx context.Context, s *subject) error {
		for _, codes := range characters {
			if err := k.press(ctx, s, codes); err != nil {
				return err
			}
			if err := k.release(ctx, s, codes); err != nil {
				return err
			}
		}
		return nil
	})
	return 0
}
