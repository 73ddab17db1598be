//go:build unix

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// cpuTime returns the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkToolCall measures a tool call over a loopback WebSocket from the agent's side. It
// compares the engine with a plain Go client that answers in its read loop, without Lua. Agent and
// client run in this process, so that cpu-ns/op is the processor time of both together.
func BenchmarkToolCall(b *testing.B) {
	b.Run("moonlark", func(b *testing.B) { benchToolCall(b, 1, runMoonlark) })
	b.Run("plain-go", func(b *testing.B) { benchToolCall(b, 1, runPlainClient) })
	b.Run("moonlark-16-at-once", func(b *testing.B) { benchToolCall(b, 16, runMoonlark) })
	b.Run("plain-go-16-at-once", func(b *testing.B) { benchToolCall(b, 16, runPlainClient) })
}

// benchToolCall runs client, which holds a conversation with the agent at a URL. The agent makes
// b.N calls, of which at most atOnce are unanswered at any time.
func benchToolCall(b *testing.B, atOnce int, client func(testing.TB, string)) {
	call, _ := json.Marshal(map[string]any{
		"type": "client_tool_call",
		"client_tool_call": map[string]any{
			"tool_name": "set_light", "tool_call_id": "call_%09d", "event_id": 3,
			"parameters": map[string]any{"room": "kitchen", "on": true},
		},
	})
	done := make(chan struct{})
	url := serveAgent(b, func(a *testAgent) {
		defer close(done)
		b.ReportAllocs()
		b.ResetTimer()
		began := cpuTime()
		for sent, got := 0, 0; got < b.N; got++ {
			for ; sent < b.N && sent-got < atOnce; sent++ {
				a.Send(fmt.Sprintf(string(call), sent))
			}
			if _, _, err := a.Conn.ReadMessage(); err != nil {
				b.Error(err)
				return
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(cpuTime()-began)/float64(b.N), "cpu-ns/op")
		a.Close(1000, "")
	})
	client(b, url)
	<-done
}

// benchmarkScript is the script of the benchmarks of tool calls.
const benchmarkScript = `
	register_tool {
		name = "set_light",
		parameters = { room = { type = "string", enum = { "kitchen", "hall" } }, on = { type = "boolean" } },
		handler = function(args) return { room = args.room, on = args.on } end,
	}`

// runMoonlark holds a conversation with an engine whose bus has one subscriber.
func runMoonlark(t testing.TB, url string) {
	events := new(bus.Bus)
	defer events.Subscribe(nil, func(bus.Event) {}).Close(time.Second)
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Bus: events}, "a.lua", benchmarkScript)
	if err := h.Run(context.Background()); err != nil {
		t.Error(err)
	}
}

// runPlainClient holds a conversation with a Go client that answers each call in its read loop.
func runPlainClient(t testing.TB, url string) {
	if err := plainClient(url); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkThousandScripts runs a thousand scripts in one engine, each with its own Lua state and
// executor. It reports the memory per script and the number of calls that all of them together
// answer in a second.
func BenchmarkThousandScripts(b *testing.B) {
	const scripts = 1000
	files := make([]string, 0, 2*scripts)
	for i := range scripts {
		files = append(files, fmt.Sprintf("script%d.lua", i), fmt.Sprintf(`register_tool("tool%d", function(args) return args.n + %d end)`, i, i))
	}
	h := newTestEngine(b, Options{}, files...)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := h.scripts.Load(h.opts.Scripts...); err != nil {
		b.Fatal(err)
	}
	answers := make(chan tool.Result, scripts)
	for i := range scripts { // run each script once before the memory is measured
		h.scripts.Call(&script.Call{Name: fmt.Sprint("tool", i), Args: []byte(`{"n":1}`), Reply: func(_ *script.Call, r tool.Result) { answers <- r }})
		<-answers
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kb := float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse) / scripts / 1024
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += scripts {
		calls := min(scripts, b.N-n)
		for i := range calls {
			h.scripts.Call(&script.Call{Name: fmt.Sprint("tool", i), Args: []byte(`{"n":1}`), Reply: func(_ *script.Call, r tool.Result) { answers <- r }})
		}
		for range calls {
			if r := <-answers; r.IsError {
				b.Fatal(r.Text)
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(kb, "KB/script")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	h.close()
}
