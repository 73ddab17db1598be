package script

import (
	"sync/atomic"
	"testing"
)

// carry reloads a script whose state is before, running during on the old
// generation while the new one loads, and returns the state that the new one
// has then. later is what its top level does after that.
func carry(t *testing.T, before, during, later string) string {
	t.Helper()
	const tools = `
		register_tool("get", function() return state end)`
	var released atomic.Bool
	b := newBench(t, Options{Globals: map[string]any{"released": released.Load}})
	b.write("a.lua", before+`
		register_tool("during", function() `+during+` end)`+tools)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.write("a.lua", `
		print("loading")
		repeat sleep(0.002) until released()
		`+later+tools)
	reloaded := make(chan error, 1)
	go func() { _, err := b.Reload(b.path("a.lua")); reloaded <- err }()
	b.until("loading")
	b.want("during", "{}", "ok")
	released.Store(true)
	if err := <-reloaded; err != nil {
		t.Fatal(err)
	}
	return b.call("get", "{}").Text
}

func TestWhatChangesInStateDuringAReload(t *testing.T) {
	for name, row := range map[string]struct{ before, during, later, want string }{
		"nothing":                                     {`state.a = 1`, ``, ``, `{"a":1}`},
		"the old one changes it":                      {`state.a = 1`, `state.a = 2`, ``, `{"a":2}`},
		"the old one changes it inside":               {`state.a = { 1, { x = 1 } }`, `state.a[2].x = 2`, ``, `{"a":[1,{"x":2}]}`},
		"the old one adds it":                         {``, `state.a = 1`, ``, `{"a":1}`},
		"the old one deletes it":                      {`state.a = 1 state.b = 2`, `state.a = nil`, ``, `{"b":2}`},
		"the new one changes it":                      {`state.a = 1`, ``, `state.a = 3`, `{"a":3}`},
		"the new one deletes it":                      {`state.a = 1`, ``, `state.a = nil`, `{}`},
		"both change it":                              {`state.a = 1`, `state.a = 2`, `state.a = 3`, `{"a":3}`},
		"the old one deletes, the new one changes it": {`state.a = 1`, `state.a = nil`, `state.a = 3`, `{"a":3}`},
		"the old one changes, the new one deletes it": {`state.a = 1`, `state.a = 2`, `state.a = nil`, `{}`},
		"both, but not the same":                      {`state.a = 1 state.b = 1`, `state.a = 2`, `state.b = 3`, `{"a":2,"b":3}`},
		"the new one sets it to what it is":           {`state.a = 1`, `state.a = 2`, `state.a = 1`, `{"a":2}`},
		"the order stays":                             {`for i = 9, 1, -1 do state["k" .. i] = i end`, `state.k5 = 50`, ``, `{"k9":9,"k8":8,"k7":7,"k6":6,"k5":50,"k4":4,"k3":3,"k2":2,"k1":1}`},
		"the table itself":                            {`state = { a = 1 }`, `state = { b = 2 }`, ``, `{"b":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := carry(t, row.before, row.during, row.later); got != row.want {
				t.Errorf("state = %s, want %s", got, row.want)
			}
		})
	}
}

// The state of a generation that is in the middle of something is taken
// between two instructions.
func TestTheStateOfABusyGenerationIsCarriedOver(t *testing.T) {
	const source = `
		state.n = state.n or 0
		register_tool("add", function() state.n = state.n + 1 return state.n end)
		register_tool { name = "burn", timeout = 30, handler = function() state.n = state.n + 1 print("burning") while true do end end }`
	b := newBench(t, Options{Limits: Limits{Burst: 1 << 62}})
	b.write("a.lua", source)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("add", "{}", "1")
	burn := b.start("burn", "{}")
	b.until("burning")
	b.reload()
	b.want("add", "{}", "3")
	b.Close()
	b.await(burn)
}
