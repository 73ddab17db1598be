package script

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// stateAfterReload loads a script with the source oldSource, and then reloads it with the source
// newSource. Before the new generation runs newSource, the old generation runs the Lua code
// whileLoading. stateAfterReload returns `state` of the new generation as JSON.
func stateAfterReload(t *testing.T, oldSource, whileLoading, newSource string) string {
	t.Helper()
	const tools = `
		register_tool("get", function() return state end)`
	var released atomic.Bool
	f := newFixture(t, Options{Globals: map[string]any{"released": released.Load}})
	f.write("a.lua", oldSource+`
		register_tool("during", function() `+whileLoading+` end)`+tools)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.write("a.lua", `
		print("loading")
		repeat sleep(0.002) until released()
		`+newSource+tools)
	reloaded := make(chan error, 1)
	go func() { _, err := f.Reload(f.path("a.lua")); reloaded <- err }()
	f.until("loading")
	f.want("during", "{}", "ok")
	released.Store(true)
	if err := <-reloaded; err != nil {
		t.Fatal(err)
	}
	return f.call("get", "{}").Text
}

func TestChangesOfStateDuringAReloadAreMerged(t *testing.T) {
	for name, row := range map[string]struct{ before, during, later, want string }{
		"no changes":                                               {`state.a = 1`, ``, ``, `{"a":1}`},
		"the old generation changes an entry":                      {`state.a = 1`, `state.a = 2`, ``, `{"a":2}`},
		"the old generation changes a nested value":                {`state.a = { 1, { x = 1 } }`, `state.a[2].x = 2`, ``, `{"a":[1,{"x":2}]}`},
		"the old generation adds an entry":                         {``, `state.a = 1`, ``, `{"a":1}`},
		"the old generation deletes an entry":                      {`state.a = 1 state.b = 2`, `state.a = nil`, ``, `{"b":2}`},
		"the new generation changes an entry":                      {`state.a = 1`, ``, `state.a = 3`, `{"a":3}`},
		"the new generation deletes an entry":                      {`state.a = 1`, ``, `state.a = nil`, `{}`},
		"both change the same entry":                               {`state.a = 1`, `state.a = 2`, `state.a = 3`, `{"a":3}`},
		"the old generation deletes an entry that the new changes": {`state.a = 1`, `state.a = nil`, `state.a = 3`, `{"a":3}`},
		"the old generation changes an entry that the new deletes": {`state.a = 1`, `state.a = 2`, `state.a = nil`, `{}`},
		"both change different entries":                            {`state.a = 1 state.b = 1`, `state.a = 2`, `state.b = 3`, `{"a":2,"b":3}`},
		"the new generation sets an entry to its present value":    {`state.a = 1`, `state.a = 2`, `state.a = 1`, `{"a":2}`},
		"the order of the entries stays":                           {`for i = 9, 1, -1 do state["k" .. i] = i end`, `state.k5 = 50`, ``, `{"k9":9,"k8":8,"k7":7,"k6":6,"k5":50,"k4":4,"k3":3,"k2":2,"k1":1}`},
		"the script replaces the table":                            {`state = { a = 1 }`, `state = { b = 2 }`, ``, `{"b":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := stateAfterReload(t, row.before, row.during, row.later); got != row.want {
					t.Errorf("state is %s, want %s", got, row.want)
				}
			})
		})
	}
}

// A generation runs an endless loop. Its `state` is copied between two instructions of the loop.
func TestAReloadKeepsTheStateOfABusyGeneration(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the time limits of a busy script")
	}
	const source = `
		state.n = state.n or 0
		register_tool("add", function() state.n = state.n + 1 return state.n end)
		register_tool { name = "loop", timeout = 30, handler = function() state.n = state.n + 1 print("looping") while true do end end }`
	f := newFixture(t, Options{Limits: Limits{Burst: 1 << 62}})
	f.write("a.lua", source)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("add", "{}", "1")
	loop := f.start("loop", "{}")
	f.until("looping")
	f.reload()
	f.want("add", "{}", "3")
	f.Close()
	f.await(loop)
}

func TestStateSurvivesAReload(t *testing.T) {
	const source = `
		state.count = state.count or 0
		state.seen = state.seen or {}
		%s
		register_tool("add", function() state.count = state.count + 1 state.seen[#state.seen + 1] = state.count return state.count end)
		register_tool("get", function() return state end)
	`
	f := load(t, fmt.Sprintf(source, ""))
	f.want("add", "{}", "1")
	f.want("add", "{}", "2")
	f.reload()
	f.want("add", "{}", "3")
	f.want("get", "{}", `{"count":3,"seen":[1,2,3]}`)

	f.write("a.lua", fmt.Sprintf(source, "state.count = 100  state.seen = nil  state.seen = {}"))
	f.reload()
	f.want("get", "{}", `{"count":100,"seen":{}}`)
}

func TestALateChangeOfStateIsLostWithAWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const source = `register_tool("late", function() sleep(0.05) state.mark = "late" return "done" end)
		register_tool("get", function() return state end)`
		f := load(t, source)
		late := f.start("late", "{}")
		f.reload()
		f.await(late)
		f.until("state.mark was changed by a call that began before the reload: the change is lost")
		f.want("get", "{}", "{}")
	})
}

func TestStateThatIsNotJSONCausesAWarning(t *testing.T) {
	f := load(t, `state.ok = 1 state.fn = print state[{}] = 2`)
	f.reload()
	f.until("state.fn does not survive a reload")
}

// An entry that is not JSON is not too large, even if there is little room for more entries.
func TestStateThatIsNotJSONIsNotTooLarge(t *testing.T) {
	f := load(t, `for i = 1, 4 do state[i] = ("x"):rep(4194000) end state.fn = print`)
	f.reload()
	f.until("state.fn does not survive a reload")
}

func TestAReloadWarnsOnceAboutEachEntryOfState(t *testing.T) {
	f := load(t, `state.fn = print`)
	f.reload()
	f.Close()
	if n := strings.Count(f.all(), "state.fn does not survive a reload"); n != 1 {
		t.Errorf("there are %d warnings, want 1:\n%s", n, f.all())
	}
}
