package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// resources says how many resources this process uses at one moment.
type resources struct {
	heap       uint64 // bytes in use on Go's heap
	goroutines int
	files      int // number of open files; 0 on systems without /proc
}

func measure() resources {
	runtime.GC()
	runtime.GC() // the second collection frees objects whose finalizers ran in the first one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd")
	return resources{m.HeapAlloc, runtime.NumGoroutine(), len(files)}
}

func (r resources) String() string {
	return fmt.Sprintf("%d KiB, %d goroutines, %d files", r.heap>>10, r.goroutines, r.files)
}

// TestAThousandConversationsLeakNothing runs a thousand conversations in one engine, one after the
// other. Memory, goroutines and open files must not grow after the first hundred. The conversations
// end in four ways: with a close frame, without one, with the system tool end_call, and with
// session.stop.
func TestAThousandConversationsLeakNothing(t *testing.T) {
	count := 1000
	if testing.Short() {
		count = 100
	}
	for _, row := range []struct {
		name  string
		count int
		voice *voice.Settings
	}{
		{"without sound", count, nil},
		{"with a voice", count / 10, &voice.Settings{Choice: device.Choice{Speaker: "none", Microphone: "none"}}},
	} {
		t.Run(row.name, func(t *testing.T) { testLeaks(t, row.count, row.voice) })
	}
}

func testLeaks(t *testing.T, count int, sound *voice.Settings) {
	measured := make(chan resources, 2)
	var e *engine.Engine
	agent := listen(t, func(c *conversation) {
		if c.Number == count/10 || c.Number == count {
			measured <- measure() // measured twice, each time at the beginning of a conversation
		}
		c.Open()
		c.echo("x")
		c.Send(testkit.AgentResponse("hello", 1))
		c.Send(testkit.AgentResponseComplete(1))
		if sound != nil && c.Number%4 < 2 {
			c.say(&convai.Audio{Sound: make([]byte, 640), EventID: 1})
		}
		switch {
		case c.Number >= count:
			e.Stop()
			c.Wait()
		case c.Number%4 == 0:
			c.Close(1000, "")
		case c.Number%4 == 1:
			c.Cut()
		case c.Number%4 == 2:
			c.say(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
			c.Wait()
		default:
			c.await(c.call("stop", "stop", `{}`)) // the agent replies to the result
			c.Send(testkit.AgentResponse("bye", 2))
			c.Send(testkit.AgentResponseComplete(2))
			c.Wait()
		}
	})
	path := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(`
		state.count = 0
		register_tool("echo", function(args) state.count = state.count + 1 return "echo " .. args.text end)
		register_tool("stop", function() session.stop() end)
		on("status", function(e) if e.status == "waiting" then session.start() end end)
		session.on_idle(1, function() end)
		session.resume_context(function() return "again" end)
	`), 0o600); err != nil {
		t.Fatal(err)
	}
	connected, ended := 0, 0
	var err error
	events := new(bus.Bus)
	shown := events.Subscribe(nil, func(event bus.Event) {
		switch event.Type {
		case bus.Connected:
			connected++
		case bus.Disconnected:
			ended++
		case bus.Error:
			t.Error(event.Text)
		}
	})
	e, err = engine.New(engine.Options{
		Scripts: []string{path}, Bus: events, Target: connect.Target{URL: agent.URL}, Voice: sound,
		Wait: true, StartsPerHour: 2 * count, Watch: true, Idle: time.Minute, MaxLength: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := e.Run(ctx); err != nil {
		t.Error(err)
	}
	shown.Close(testkit.Timeout)
	took := time.Since(began)
	if connected != count || ended != count {
		t.Errorf("%d conversations began and %d ended, want %d", connected, ended, count)
	}
	if len(measured) < 2 {
		t.Fatal("the last conversation did not begin")
	}
	first, last := <-measured, <-measured
	t.Logf("%d conversations in %v; after a tenth: %v; at the end: %v", count, took.Round(time.Millisecond), first, last)
	if grown := int64(last.heap) - int64(first.heap); grown > 3<<20 {
		t.Errorf("memory grew by %d KiB: from %v to %v", grown>>10, first, last)
	}
	if last.goroutines > first.goroutines+10 {
		t.Errorf("goroutines: from %v to %v", first, last)
	}
	if last.files > first.files+10 {
		t.Errorf("files: from %v to %v", first, last)
	}
	// the result of the tool "stop" may come after the end of its conversation
	isStop := func(call string) bool { return strings.HasSuffix(call, " stop") }
	agent.checkOutcomes(map[string]int{}, isStop)
}
