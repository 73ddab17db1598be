package scripttest

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/store"
	"moonlark/luastd/value"
)

// A fakeStore is the store of the script under test. It is a real one, in a data folder that only this
// test uses.
type fakeStore struct{ t *testRun }

func (s fakeStore) calls() []record {
	var all []record
	for _, a := range s.t.fakes.askedOf(func(a asked) bool { return strings.HasPrefix(a.function, "store.") }) {
		r := record{"fn": strings.TrimPrefix(a.function, "store."), "key": a.name}
		if len(a.data) > 0 {
			r["value"] = a.data
		}
		all = append(all, r)
	}
	return all
}

func (fakeStore) String() string { return "store of the script" }

// store is the Lua function t.store.
func (f *testFile) store(L *lua.LState, t *testRun) int {
	values := make(map[string]string)
	if table := L.OptTable(1, nil); table != nil {
		table.ForEach(func(k, v lua.LValue) {
			key, ok := k.(lua.LString)
			text, err := value.Append(nil, v, value.MaxJSON)
			if !ok || key == "" || err != nil {
				L.ArgError(1, "want a table with keys that are strings, and values that can be JSON: the key "+value.Quote(k.String())+" is wrong")
			}
			values[string(key)] = string(text)
		})
	}
	if len(values) > 0 {
		f.await(L, func() error {
			b, err := t.broker()
			if err != nil {
				return err
			}
			defer b.Close()
			return store.Write(b, t.clock.Now, values)
		})
	}
	return f.pushRecorder(L, fakeStore{t})
}

// get is the Lua method get of the store: it returns the value of a key.
func (f *testFile) get(L *lua.LState) int {
	s, ok := value.CheckHandle[recorder](L, "a fake", "fake:get(key)").(fakeStore)
	if !ok {
		L.ArgError(1, "the store expected: only t.store() has values")
	}
	key, text := L.CheckString(2), ""
	f.await(L, func() error {
		b, err := s.t.broker()
		if err != nil {
			return err
		}
		defer b.Close()
		text, err = store.Read(b, s.t.clock.Now, key)
		return err
	})
	if text == "" {
		L.Push(lua.LNil)
		return 1
	}
	v, err := value.ParseString(L, text)
	value.Raise(L, err)
	L.Push(v)
	return 1
}
