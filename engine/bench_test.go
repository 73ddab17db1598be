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

	"github.com/gorilla/websocket"

	"moonlark/engine/event"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// cpuTime is the processor time this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// One tool call over a loopback WebSocket, from the agent's side: moonlark,
// beside a Go client that answers in its read loop without Lua. Both ends run
// in this process, so cpu-ns/op is that of agent and client together.
func BenchmarkToolCall(b *testing.B) {
	b.Run("moonlark", func(b *testing.B) { benchToolCall(b, 1, runMoonlark) })
	b.Run("plain-go", func(b *testing.B) { benchToolCall(b, 1, runPlainClient) })
	b.Run("moonlark-16-at-once", func(b *testing.B) { benchToolCall(b, 16, runMoonlark) })
	b.Run("plain-go-16-at-once", func(b *testing.B) { benchToolCall(b, 16, runPlainClient) })
}

func benchToolCall(b *testing.B, atOnce int, client func(testing.TB, string)) {
	call, _ := json.Marshal(map[string]any{
		"type": "client_tool_call",
		"client_tool_call": map[string]any{
			"tool_name": "set_light", "tool_call_id": "call_%09d", "event_id": 3,
			"parameters": map[string]any{"room": "kitchen", "on": true},
		},
	})
	done := make(chan struct{})
	url := fake(b, func(a *fakeAgent) {
		defer close(done)
		b.ReportAllocs()
		b.ResetTimer()
		began := cpuTime()
		for sent, got := 0, 0; got < b.N; got++ {
			for ; sent < b.N && sent-got < atOnce; sent++ {
				a.raw(fmt.Sprintf(string(call), sent))
			}
			if _, _, err := a.conn.ReadMessage(); err != nil {
				b.Error(err)
				return
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(cpuTime()-began)/float64(b.N), "cpu-ns/op")
		a.close(1000, "")
	})
	client(b, url)
	<-done
}

func runMoonlark(t testing.TB, url string) {
	h := build(t, Options{Target: Target{URL: url}, Show: func(event.Event) {}}, "a.lua", `
		register_tool {
			name = "set_light",
			parameters = { room = { type = "string", enum = { "kitchen", "hall" } }, on = { type = "boolean" } },
			handler = function(args) return { room = args.room, on = args.on } end,
		}`)
	if err := h.Run(context.Background()); err != nil {
		t.Error(err)
	}
}

func runPlainClient(t testing.TB, url string) {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"conversation_initiation_client_data"}`))
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return
		}
		var m struct {
			Type string `json:"type"`
			Call struct {
				Name       string `json:"tool_name"`
				ID         string `json:"tool_call_id"`
				Parameters struct {
					Room string `json:"room"`
					On   bool   `json:"on"`
				} `json:"parameters"`
			} `json:"client_tool_call"`
		}
		if json.Unmarshal(frame, &m) != nil || m.Type != "client_tool_call" {
			continue
		}
		result, _ := json.Marshal(map[string]any{"room": m.Call.Parameters.Room, "on": m.Call.Parameters.On})
		answer, _ := json.Marshal(&struct {
			Type    string `json:"type"`
			ID      string `json:"tool_call_id"`
			Result  string `json:"result"`
			IsError bool   `json:"is_error"`
		}{"client_tool_result", m.Call.ID, string(result), false})
		conn.WriteMessage(websocket.TextMessage, answer)
	}
}

// A thousand scripts in one process, each with its own state and executor:
// what one costs in memory, and how many calls all of them answer in a second.
func BenchmarkThousandScripts(b *testing.B) {
	const scripts = 1000
	files := make([]string, 0, 2*scripts)
	for i := range scripts {
		files = append(files, fmt.Sprintf("script%d.lua", i), fmt.Sprintf(`register_tool("tool%d", function(args) return args.n + %d end)`, i, i))
	}
	h := build(b, Options{}, files...)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := h.scripts.Load(h.opts.Scripts...); err != nil {
		b.Fatal(err)
	}
	answers := make(chan tool.Result, scripts)
	for i := range scripts { // each has answered once when it is weighed
		h.scripts.Call(&script.Call{Name: fmt.Sprint("tool", i), Args: []byte(`{"n":1}`), Reply: func(_ *script.Call, r tool.Result) { answers <- r }})
		<-answers
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	kb := float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse) / scripts / 1024
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += scripts {
		some := min(scripts, b.N-n)
		for i := range some {
			h.scripts.Call(&script.Call{Name: fmt.Sprint("tool", i), Args: []byte(`{"n":1}`), Reply: func(_ *script.Call, r tool.Result) { answers <- r }})
		}
		for range some {
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
