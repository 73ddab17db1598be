//go:build unix

package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// BenchmarkToolCallProcess measures tool calls of the command with the default output of
// --headless, and of a plain Go client. Each runs in a process of its own, so that cpu-us/op is the
// processor time of that process alone. The agent runs in the process of the benchmark. depth is how
// many calls the agent leaves unanswered at any time. Run it with -benchtime=60000x: fewer calls
// measure the start of the process too.
func BenchmarkToolCallProcess(b *testing.B) {
	script := filepath.Join(b.TempDir(), "a.lua")
	if err := os.WriteFile(script, []byte(benchmarkScript), 0o644); err != nil {
		b.Fatal(err)
	}
	test, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for _, depth := range []int{1, 8, 16} {
		b.Run(fmt.Sprintf("plain-go/depth=%d", depth), func(b *testing.B) {
			benchToolCallProcess(b, depth, func(url string) testkit.Command {
				return testkit.Command{Path: test, Input: testkit.NoInput, Env: append(os.Environ(), plainClientVariable+"="+url)}
			})
		})
		b.Run(fmt.Sprintf("moonlark/depth=%d", depth), func(b *testing.B) {
			binary := testkit.Moonlark(b)
			benchToolCallProcess(b, depth, func(url string) testkit.Command {
				return testkit.Command{Path: binary, Input: testkit.NoInput, Args: []string{"run", "--headless", "--url", url, script}}
			})
		})
	}
}

// benchToolCallProcess starts the client that the function command describes for the URL of an
// agent. The agent makes b.N calls and measures the processor time and the memory of the client, and
// the 99th percentile of the time to an answer.
func benchToolCallProcess(b *testing.B, depth int, command func(url string) testkit.Command) {
	call, _ := json.Marshal(map[string]any{
		"type": "client_tool_call",
		"client_tool_call": map[string]any{
			"tool_name": "set_light", "tool_call_id": "call_%09d", "event_id": 3,
			"parameters": map[string]any{"room": "kitchen", "on": true},
		},
	})
	started, done := make(chan *testkit.Process, 1), make(chan struct{})
	url := serveAgent(b, func(a *testAgent) {
		defer close(done)
		p := <-started
		sentAt, took := make([]time.Time, b.N), make([]time.Duration, 0, b.N)
		b.ResetTimer()
		before := p.CPU()
		for sent, got := 0, 0; got < b.N; got++ {
			for ; sent < b.N && sent-got < depth; sent++ {
				sentAt[sent] = time.Now()
				a.Send(fmt.Sprintf(string(call), sent))
			}
			if _, _, err := a.Conn.ReadMessage(); err != nil {
				b.Error(err)
				return
			}
			took = append(took, time.Since(sentAt[got]))
		}
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(float64((p.CPU()-before).Nanoseconds())/1000/float64(b.N), "cpu-us/op")
		b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-us")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		b.ReportMetric(float64(p.MaxMemory())/(1<<20), "MiB-peak")
		a.Close(1000, "")
	})
	c := command(url)
	c.MaxMemory = 1 << 30
	c.Line = func([]byte) {} // reads and drops the lines
	p := testkit.Start(b, c)
	started <- p
	<-done
	p.Wait(testkit.Timeout)
	if text := p.Stderr.String(); strings.Contains(text, "panic") {
		b.Error(text)
	}
}
