package script

import (
	"fmt"
	"testing"
	"time"

	"moonlark/engine/script/debug"
)

// BenchmarkDebugger measures how much slower Lua code is with Options.Debugger: while no client is
// connected, and while a client has a breakpoint in another line. It measures a script without a
// debugger in turn with them, and reports the medians of the ratios.
func BenchmarkDebugger(b *testing.B) {
	for _, sample := range costSamples {
		b.Run(sample.name, func(b *testing.B) {
			without := runDebugged(b, sample.source, nil, "")
			idle := runDebugged(b, sample.source, debug.New(), "")
			breakpoint := runDebugged(b, sample.source, debug.New(), "b.lua")
			measure := func(run func(n int), n int) float64 {
				began := time.Now()
				run(n)
				return float64(time.Since(began))
			}
			measure(without, 1)
			n := int(5e6/max(measure(without, 1), 1e3)) + 1
			var idleRatios, breakpointRatios []float64
			for b.Loop() {
				base := measure(without, n)
				idleRatios = append(idleRatios, measure(idle, n)/base)
				breakpointRatios = append(breakpointRatios, measure(breakpoint, n)/base)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(idleRatios), "idle-ratio")
			b.ReportMetric(median(breakpointRatios), "breakpoint-ratio")
		})
	}
}

// runDebugged is like runInToolCall, with a debugger whose client has a breakpoint in the file
// called name; "" means that no client is connected.
func runDebugged(b *testing.B, source string, d *debug.Debugger, name string) (run func(n int)) {
	f := newFixture(b, Options{Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour}, Debugger: d})
	f.write("b.lua", "local never = false\nif never then\n  print()\nend\n")
	f.write("a.lua", `require "b" local run = (function() `+source+` end)()
		register_tool("run", function(args) for i = 1, args.n do run() end return "done" end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		b.Fatal(err)
	}
	if name != "" {
		session, err := d.Connect(func(debug.Event) {})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(session.Close)
		if states, err := session.SetBreakpoints(f.path(name), []debug.Breakpoint{{Line: 3}}); err != nil || !states[0].Verified {
			b.Fatal(states, err)
		}
	}
	return func(n int) {
		if r := f.call("run", fmt.Sprintf(`{"n":%d}`, n)); r.Text != "done" {
			b.Fatal(r.Text)
		}
	}
}
