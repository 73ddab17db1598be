package script

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"moonlark/engine/script/vm"
)

func TestOnStartRunsOnceTheOldGenerationHasUnloaded(t *testing.T) {
	for name, row := range map[string]struct {
		old string // source of the script before the reload
		// type of an event that the old script handles during the reload; "" if there is none
		event string
		want  string // the lines that the scripts print, in this order
		slow  bool
	}{
		"one on_unload function":                {`on_unload(function() print("unload") end)`, "", "unload, start", false},
		"several on_unload functions, in order": {`for i = 1, 3 do on_unload(function() print("unload " .. i) end) end`, "", "unload 1, unload 2, unload 3, start", false},
		"several that are too slow together": {`for i = 1, 3 do on_unload(function() local t = os.clock() while os.clock() - t < 0.15 do end print("unload " .. i) end) end`,
			"", "unload 1, start", true},
		"an on_unload function that fails": {`on_unload(function() print("unload") error("no") end) on_unload(function() print("next") end)`, "", "unload, next, start", false},
		"an on_unload function that waits": {`on_unload(function() print("unload") sleep(1) print("never") end)`, "", "unload, start", false},
		"a busy handler":                   {`on("go", function() print("busy") while true do end end) on_unload(function() print("unload") end)`, "go", "busy, unload, start", true},
		"a waiting handler":                {`on("go", function() print("busy") sleep(3600) end) on_unload(function() print("unload") end)`, "go", "busy, unload, start", false},
		"no on_unload function":            {``, "", "start", false},
		"Lua code that needs the slot":     {`on_unload(function() for i = 1, 1e5 do end print("unload") end)`, "", "unload, start", true},
	} {
		t.Run(name, func(t *testing.T) {
			if row.slow && testing.Short() {
				t.Skip("waits for a time limit")
			}
			f := newFixture(t, Options{Slots: vm.NewSlots(1)})
			f.write("a.lua", row.old)
			if _, err := f.Load(f.path("a.lua")); err != nil {
				t.Fatal(err)
			}
			if row.event != "" {
				f.Dispatch(Event{Type: row.event})
				f.until("busy")
			}
			f.write("a.lua", `on_start(function() print("start") end)`)
			f.reload()
			f.until("start")
			if got := f.printed(); got != row.want {
				t.Errorf("printed %q, want %q", got, row.want)
			}
		})
	}
}

func TestOnUnloadCannotDelayAReload(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"while true do end", "sleep(10)", "error('no')"} {
		f := load(t, "on_unload(function() "+body+" end) register_tool('v', function() return 'old' end)")
		f.write("a.lua", "on_start(function() print('started') end) register_tool('v', function() return 'new' end)")
		f.reload()
		f.until("started")
		f.until("on_unload")
		f.want("v", "{}", "new")
	}
}

// Nothing may refer to a replaced generation any more, whatever its Lua state contains. Otherwise
// its memory would never be freed.
func TestAReplacedGenerationTakesNoMemory(t *testing.T) {
	for name, source := range map[string]string{
		"nothing":               ``,
		"a suspended coroutine": `gen = coroutine.wrap(function() while true do coroutine.yield(1) end end) gen()`,
		"an ended coroutine":    `co = coroutine.create(function() end) coroutine.resume(co)`,
		"a failed coroutine":    `co = coroutine.create(error) coroutine.resume(co, "no")`,
		"timers":                `for i = 1, 10 do after(3600, print) every(3600, print) end`,
		"a module":              `require "m"`,
	} {
		f := newFixture(t, Options{})
		f.write("m.lua", "")
		f.write("a.lua", source+` on_start(function() print("on") end)`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		f.until("on")
		old := weak.Make(f.find(f.path("a.lua")).current)
		f.reload()
		for end := time.Now().Add(5 * time.Second); old.Value() != nil; time.Sleep(2 * time.Millisecond) {
			runtime.GC()
			if time.Now().After(end) {
				t.Errorf("%s: the old generation is still reachable", name)
				break
			}
		}
	}
}
