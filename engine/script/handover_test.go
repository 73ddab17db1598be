package script

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"
)

// printed are the lines that scripts printed, in order.
func (b *bench) printed() string {
	var lines []string
	for line := range strings.Lines(b.all() + "\n") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "print: "); ok {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, ", ")
}

func TestOnStartRunsOnceTheOldGenerationHasUnloaded(t *testing.T) {
	for name, row := range map[string]struct{ old, during, want string }{
		"one":               {`on_unload(function() print("unload") end)`, "", "unload, start"},
		"several, in order": {`for i = 1, 3 do on_unload(function() print("unload " .. i) end) end`, "", "unload 1, unload 2, unload 3, start"},
		"several, too slow together": {`for i = 1, 3 do on_unload(function() local t = os.clock() while os.clock() - t < 0.15 do end print("unload " .. i) end) end`,
			"", "unload 1, start"},
		"one that fails":  {`on_unload(function() print("unload") error("no") end) on_unload(function() print("next") end)`, "", "unload, next, start"},
		"one that waits":  {`on_unload(function() print("unload") sleep(1) print("never") end)`, "", "unload, start"},
		"a busy handler":  {`on("go", function() print("busy") while true do end end) on_unload(function() print("unload") end)`, "go", "busy, unload, start"},
		"one in a wait":   {`on("go", function() print("busy") sleep(3600) end) on_unload(function() print("unload") end)`, "go", "busy, unload, start"},
		"nothing at all":  {``, "", "start"},
		"one at one slot": {`on_unload(function() for i = 1, 1e5 do end print("unload") end)`, "", "unload, start"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{Slots: NewSlots(1)})
			b.write("a.lua", row.old)
			if _, err := b.Load(b.path("a.lua")); err != nil {
				t.Fatal(err)
			}
			if row.during != "" {
				b.Dispatch(Event{Type: row.during})
				b.until("busy")
			}
			b.write("a.lua", `on_start(function() print("start") end)`)
			b.reload()
			b.until("start")
			if got := b.printed(); got != row.want {
				t.Errorf("printed %q, want %q", got, row.want)
			}
		})
	}
}

func TestCloseRunsOnUnloadWhateverElseRuns(t *testing.T) {
	b := load(t, `
		on("go", function() print("busy") while true do end end)
		register_tool("burn", function() while true do end end)
		on_unload(function() print("unload") end)
	`)
	b.Dispatch(Event{Type: "go"})
	b.until("busy")
	burn := b.start("burn", "{}")
	b.Close()
	b.await(burn)
	if got := b.printed(); got != "busy, unload" {
		t.Errorf("printed %q, want busy, unload", got)
	}
}

// What was due before a reload, but had not begun, does not begin after it.
func TestLoopsThatWaitForTheirTurnDoNotOutliveTheirGeneration(t *testing.T) {
	b := newBench(t, Options{Limits: Limits{Burst: time.Hour}})
	b.write("a.lua", `
		for i = 1, 6 do after(0.001, function() print("burn") while true do end end) end
		register_tool("v", function() return "old" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.until("burn")
	b.write("a.lua", `register_tool("v", function() return "new" end)`)
	b.reload()
	b.want("v", "{}", "new")
	closed := make(chan struct{})
	go func() { b.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits for loops of a generation that has been replaced")
	}
}

func TestABrokenSaveStopsNothing(t *testing.T) {
	b := load(t, `on("go", function() print("busy") local t = os.clock() while os.clock() - t < 1.3 do end print("finished") end)`)
	b.Dispatch(Event{Type: "go"})
	b.until("busy")
	b.write("a.lua", "x = = 1")
	if _, err := b.Reload(b.path("a.lua")); err == nil {
		t.Fatal("it was loaded")
	}
	b.until("finished")
}

func TestEachEventIsHandledOnceAndInOrderAcrossReloads(t *testing.T) {
	var mu sync.Mutex
	var got []int
	b := newBench(t, Options{Globals: map[string]any{"got": func(n int) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
	}}})
	b.write("a.lua", `on("e", function(e) got(e.n) end)`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	sent := 0
	wg.Go(func() {
		for ; !stop.Load(); sent++ {
			b.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, sent)})
			for mu.Lock(); sent-len(got) > mostEvents/2; mu.Lock() { // none is dropped, however busy the machine is
				mu.Unlock()
				time.Sleep(100 * time.Microsecond)
			}
			mu.Unlock()
		}
	})
	for range 100 {
		b.reload()
	}
	stop.Store(true)
	wg.Wait()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		mu.Lock()
		all := len(got) >= sent
		mu.Unlock()
		if all {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != sent {
		t.Errorf("%d events were sent and %d handled", sent, len(got))
	}
	for i, n := range got {
		if n != i {
			t.Fatalf("event %d was handled as number %d", n, i)
		}
	}
}

// A generation that has been replaced is forgotten, whatever it kept.
func TestAReplacedGenerationTakesNoMemory(t *testing.T) {
	for name, source := range map[string]string{
		"nothing":               ``,
		"a suspended coroutine": `gen = coroutine.wrap(function() while true do coroutine.yield(1) end end) gen()`,
		"an ended coroutine":    `co = coroutine.create(function() end) coroutine.resume(co)`,
		"a failed coroutine":    `co = coroutine.create(error) coroutine.resume(co, "no")`,
		"timers":                `for i = 1, 10 do after(3600, print) every(3600, print) end`,
		"a module":              `require "m"`,
	} {
		b := newBench(t, Options{})
		b.write("m.lua", "")
		b.write("a.lua", source+` on_start(function() print("on") end)`)
		if _, err := b.Load(b.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		b.until("on")
		old := weak.Make(b.find(b.path("a.lua")).current)
		b.reload()
		for end := time.Now().Add(5 * time.Second); old.Value() != nil; time.Sleep(2 * time.Millisecond) {
			runtime.GC()
			if time.Now().After(end) {
				t.Errorf("%s: the old generation is still there", name)
				break
			}
		}
	}
}
