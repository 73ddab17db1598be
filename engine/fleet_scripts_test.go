package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/testkit"
)

// newStore makes a store in which the first bundle has been installed. install installs another one.
func newStore(t *testing.T, events *bus.Bus, source string) (device *fleet.Device, install func(version int64, source string)) {
	t.Helper()
	folder := t.TempDir()
	store := filepath.Join(folder, "store")
	public, _ := fleettest.Key("shop")
	install = func(version int64, source string) {
		t.Helper()
		path := fleettest.Bundle{
			Version: version, Files: map[string]string{"kiosk.lua": source},
			Change: func(m *bundle.Manifest) { m.Trial = 1 },
		}.Write(folder)
		if _, err := fleet.Install(path, fleet.Installation{Store: store, Trust: []bundle.PublicKey{public}}); err != nil {
			t.Fatal(err)
		}
	}
	install(1, source)
	device, err := fleet.Open(fleet.Options{Store: store, Bus: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(device.Close)
	return device, install
}

// A switch in the middle of a conversation loses no tool call, answers none twice, and keeps the state.
func TestASwitchDoesNotDisturbTheConversation(t *testing.T) {
	t.Parallel()
	const callers, switches = 4, 20
	source := func(n int) string {
		return fmt.Sprintf(`
			state.calls = state.calls or 0
			register_tool("echo", function(a)
				state.calls = state.calls + 1
				if a.n %% 3 == 0 then sleep(0.002) end
				return "%d:" .. a.n
			end)
			register_tool("calls", function() return tostring(state.calls) end)`, n)
	}
	events := new(bus.Bus)
	device, _ := newStore(t, events, source(0))
	var paths [][]string
	for n := range switches + 1 {
		path := filepath.Join(t.TempDir(), "kiosk.lua")
		h := &testEngine{t: t, dir: filepath.Dir(path)}
		h.write("kiosk.lua", source(n))
		paths = append(paths, []string{path})
	}
	begun, done := make(chan *testAgent, 1), make(chan struct{})
	var conversations atomic.Int32
	url := serveAgent(t, func(a *testAgent) {
		conversations.Add(1)
		begun <- a
		<-done
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Fleet: device, Bus: events})
	wait := h.start(context.Background())
	a := <-begun
	var stop atomic.Bool
	var calls atomic.Int64
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				n := c*1_000_000 + i
				answer := <-a.StartCall(fmt.Sprint("call-", n), "echo", fmt.Sprintf(`{"n":%d}`, n))
				if answer.IsError || !strings.HasSuffix(answer.Result, fmt.Sprintf(":%d", n)) {
					t.Errorf("call %d returned %+v", n, answer)
				}
				calls.Add(1)
			}
		})
	}
	agent := fleetAgent{h.Engine}
	for n := 1; n <= switches; n++ {
		if err := agent.Switch(paths[n]); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop.Store(true)
	wg.Wait()
	if got := a.call("last", "echo", `{"n":1}`).Result; got != fmt.Sprintf("%d:1", switches) {
		t.Errorf("after the switches: %s", got)
	}
	if got := a.call("calls", "calls", "{}").Result; calls.Load() < switches {
		t.Errorf("only %d calls during the switches; the script counted %s", calls.Load(), got)
	}
	close(done)
	if err := wait(); err != nil {
		t.Error(err)
	}
	if n := conversations.Load(); n != 1 {
		t.Errorf("%d conversations, want 1", n)
	}
}

func TestAnEngineSwitchesToNewBundles(t *testing.T) {
	t.Parallel()
	events := new(bus.Bus)
	var mu sync.Mutex
	var seen []string
	events.Attach(bus.Receiver{Wants: func(b bus.Type, _ string) bool { return b == bus.Bundle }, Receive: func(e bus.Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(e.Phase, " ", e.Version))
	}})
	device, install := newStore(t, events, `register_tool("v", function() return 1 end)`)
	h := newTestEngine(t, Options{Wait: true, Fleet: device, Bus: events, Watch: true})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	wait := h.start(ctx)
	until := func(event string) {
		t.Helper()
		testkit.Until(t, event, func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.HasSuffix(strings.Join(seen, ", "), event)
		})
	}
	until("trial 1, good 1")
	install(2, `register_tool("v", function() return 2 end) after(0.1, function() error("x") end)`)
	until("ready 2, trial 2, good 2") // an error of a timer is no failure
	h.Reload()
	result, err := h.Remote.Call(ctx, "v", nil)
	if err != nil || result.Text != "2" {
		t.Errorf("after a reload: %+v, %v", result, err)
	}
	install(3, `register_tool("v", function() return 3 end) after(0.1, function() while true do end end)`)
	until("trial 3, good 3")
	install(4, `print(printer.name)`)
	until("refused 4")
	if report := h.Remote.Health(); report.Fleet == nil || report.Fleet.Bundle != "shop 3" || !strings.Contains(report.Fleet.Last, "printer") {
		t.Errorf("the health is %+v", report.Fleet)
	}
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
}

// A script that crashes in Go is replaced by the last good bundle.
func TestACrashInTheTrialGoesBack(t *testing.T) {
	t.Parallel()
	events := new(bus.Bus)
	failed := make(chan bus.Event, 1)
	good := make(chan struct{}, 1)
	events.Attach(bus.Receiver{Wants: func(b bus.Type, _ string) bool { return b == bus.Bundle }, Receive: func(e bus.Event) {
		switch e.Phase {
		case fleet.Good:
			good <- struct{}{}
		case fleet.Back:
			failed <- e
		}
	}})
	device, install := newStore(t, events, `register_tool("v", function() return 1 end)`)
	h := newTestEngine(t, Options{Wait: true, Fleet: device, Bus: events, Globals: map[string]any{"explode": func() int { return []int(nil)[os.Getpid()] }}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	wait := h.start(ctx)
	<-good
	install(2, `register_tool("v", function() return 2 end) on_start(function() explode() end)`)
	select {
	case e := <-failed:
		if e.Text != "kiosk.lua has crashed; back to 1" {
			t.Errorf("the reason is %q", e.Text)
		}
	case <-time.After(testkit.Timeout):
		t.Fatal("the trial has not failed")
	}
	testkit.Until(t, "the old tool", func() bool {
		result, err := h.Remote.Call(ctx, "v", nil)
		return err == nil && result.Text == "1"
	})
	cancel()
	wait()
}
