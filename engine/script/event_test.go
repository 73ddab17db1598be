package script

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

func TestEventsReachTheirHandlersInOrder(t *testing.T) {
	f := newFixture(t, Options{Events: []string{"ping", "audio", "orphaned_result"}})
	f.write("a.lua", `
		on("ping", function(e) print(e.type .. " " .. e.n .. " " .. #(e.sound or "")) end)
		on("ping", function(e) print("second " .. e.n) error("broken") end)
		on("audoi", function() end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if !f.Listens("ping") || f.Listens("audio") {
		t.Error("Listens is wrong about ping or audio")
	}
	for i := range 5 {
		f.Dispatch(Event{Type: "ping", Data: fmt.Appendf(nil, `{"n":%d}`, i), Bytes: map[string]string{"sound": "abc"}})
	}
	f.until("second 4")
	want := ""
	for i := range 5 {
		want += fmt.Sprintf("print: ping %d 3\nprint: second %d\n", i, i)
	}
	var got strings.Builder
	for line := range strings.Lines(f.all() + "\n") {
		if strings.HasPrefix(line, "print:") {
			got.WriteString(line)
		}
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	f.until("on ping: a.lua:3: broken")
	f.until("on('audoi'): no event is known by that name (did you mean 'audio'?)")
}

func TestAFloodOfEventsDropsTheOldestWithAWarning(t *testing.T) {
	f, release := loadBlocked(t, `
		on("n", function(e) last = e.n end)
		on("part", function(e) parts = (parts or "") .. e.text end)
		register_tool("last", function() return last end)
		register_tool("parts", function() return parts end)
	`)
	f.start("block", "{}")
	f.until("blocking")
	for i := range vm.MaxNotifications + 100 {
		f.Dispatch(Event{Type: "n", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	part := func(s string) Event {
		e := Event{Type: "part", Data: fmt.Appendf(nil, `{"text":%q}`, s)}
		e.Merge = func(older Event) (Event, bool) { return Event{Type: "part", Data: []byte(`{"text":"merged"}`)}, true }
		return e
	}
	f.Dispatch(part("a"))
	f.Dispatch(part("b"))
	release()
	f.want("last", "{}", fmt.Sprint(vm.MaxNotifications+99))
	f.want("parts", "{}", "merged")
	f.until("WARN: 101 events were dropped: the event handlers are too slow")
}

func TestEachEventIsHandledOnceAndInOrderAcrossReloads(t *testing.T) {
	var mu sync.Mutex
	var got []int
	f := newFixture(t, Options{Globals: map[string]any{"got": func(n int) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
	}}})
	f.write("a.lua", `on("e", function(e) got(e.n) end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	sent := 0
	wg.Go(func() {
		for ; !stop.Load(); sent++ {
			f.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, sent)})
			// waits while many events are queued, so that no event is dropped
			for mu.Lock(); sent-len(got) > vm.MaxNotifications/2; mu.Lock() {
				mu.Unlock()
				time.Sleep(100 * time.Microsecond)
			}
			mu.Unlock()
		}
	})
	reloads := 100
	if testing.Short() {
		reloads = 20
	}
	for range reloads {
		f.reload()
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

func TestOwnEventsAreNotTakenForMisspeltNames(t *testing.T) {
	f := newFixture(t, Options{Events: []string{"agent_response", "interruption"}})
	f.write("a.lua", `on("agent_respons", print) on("button", print)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(f.all(), "no event is known"); got != 1 {
		t.Errorf("%d warnings, want 1: %q", got, f.all())
	}
}

func TestAnEventOfAScriptReachesAllScripts(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("a.lua", `
		on("button", function(e) log.info("a got " .. e.type .. " " .. json.encode(e.data)) end)
		register_tool("press", function(a) return tostring(emit("button", a.data)) end)
		register_tool("unheard", function(a) return tostring(emit("nobody")) end)
		register_tool("huge", function(a) emit("button", ("x"):rep(65536)) end)
		local ok, why = pcall(emit, "button")
		log.info("at the top level: " .. tostring(why))`)
	f.write("b.lua", `on("button", function(e) e.data.pin = nil log.info("b got " .. json.encode(e.data)) end)`)
	for _, name := range []string{"a.lua", "b.lua"} {
		if _, err := f.Load(f.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	f.until("at the top level: emit: the script is still loading")
	f.want("press", `{"data":{"pin":17}}`, "true")
	f.until(`a got button {"pin":17}`)
	f.until("b got {}")
	f.want("press", `{}`, "true")
	f.want("unheard", `{}`, "false")
	if r := f.call("huge", "{}"); !r.IsError || !strings.Contains(r.Text, "longer than 65536 bytes") {
		t.Errorf("got %v, want an error about the length", r)
	}
}
