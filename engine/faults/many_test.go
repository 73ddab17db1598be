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
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// A weight is what a process has.
type weight struct {
	heap       uint64
	goroutines int
	files      int // 0 where they cannot be counted
}

func weigh() weight {
	runtime.GC()
	runtime.GC() // what has a finalizer goes the second time
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd")
	return weight{m.HeapAlloc, runtime.NumGoroutine(), len(files)}
}

func (w weight) String() string {
	return fmt.Sprintf("%d KiB, %d goroutines, %d files", w.heap>>10, w.goroutines, w.files)
}

// TestAThousandConversationsLeaveNothingBehind has one engine hold them one after
// the other, with a voice and without: memory, goroutines and files stay what
// they are after the first hundred. They end in turns by the agent's close, by
// a cut, by end_call and by session.stop.
func TestAThousandConversationsLeaveNothingBehind(t *testing.T) {
	count := 1000
	if testing.Short() {
		count = 200
	}
	for _, row := range []struct {
		name  string
		count int
		voice *engine.Voice
	}{
		{"without sound", count, nil},
		{"with a voice", count / 5, &engine.Voice{Choice: device.Choice{Speaker: "none", Microphone: "none"}}},
	} {
		t.Run(row.name, func(t *testing.T) { hold(t, row.count, row.voice) })
	}
}

func hold(t *testing.T, count int, voice *engine.Voice) {
	weights := make(chan weight, 2)
	var e *engine.Engine
	agent := listen(t, func(c *conversation) {
		if c.number == count/10 || c.number == count {
			weights <- weigh() // each time at the same point of a conversation's life
		}
		c.open()
		c.echo("x")
		c.send(&convai.AgentResponse{Text: "hello", EventID: 1})
		c.send(&convai.AgentResponseComplete{EventID: 1})
		if voice != nil && c.number%4 < 2 {
			c.send(&convai.Audio{Base64: convai.EncodeSound(make([]byte, 640)), EventID: 1})
		}
		switch {
		case c.number >= count:
			e.Stop()
			c.stay()
		case c.number%4 == 0:
			c.close(1000, "")
		case c.number%4 == 1:
			c.conn.Close()
		case c.number%4 == 2:
			c.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
			c.stay()
		default:
			c.ask("stop", "stop", `{}`)
			c.send(&convai.AgentResponse{Text: "bye", EventID: 2})
			c.send(&convai.AgentResponseComplete{EventID: 2})
			c.stay()
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
	e, err = engine.New(engine.Options{
		Scripts: []string{path}, Target: engine.Target{URL: "ws://" + agent.host() + "/"}, Voice: voice,
		Wait: true, StartsPerHour: 2 * count, Watch: true, Idle: time.Minute, Longest: time.Hour,
		Show: func(ev event.Event) {
			switch ev.Type {
			case event.Connected:
				connected++
			case event.Disconnected:
				ended++
			case event.Error:
				t.Error(ev.Text)
			}
		},
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
	took := time.Since(began)
	if connected != count || ended != count {
		t.Errorf("%d conversations began and %d ended, want %d", connected, ended, count)
	}
	if len(weights) < 2 {
		t.Fatal("it did not get to the end")
	}
	first, last := <-weights, <-weights
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
	crosses := func(call string) bool { return strings.HasSuffix(call, " stop") } // with the end
	agent.settle(map[string]int{}, crosses)
}
