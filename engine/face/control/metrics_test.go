package control

import (
	"strings"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/health"
)

func TestMetricsOfScriptsWithTheSameFileNameAreAddedUp(t *testing.T) {
	var text strings.Builder
	writeReport(&text, health.Report{Scripts: []health.Script{
		{Name: "a.lua", DroppedEvents: 1, Dropped: map[string]int{"udp": 2}},
		{Name: "a.lua", DroppedEvents: 2, Dropped: map[string]int{"udp": 3, "fs": 1}},
		{Name: "b.lua"},
	}})
	for _, line := range []string{
		`moonlark_dropped_total{what="events",script="a.lua"} 3`,
		`moonlark_dropped_total{what="events",script="b.lua"} 0`,
		`moonlark_module_dropped_total{module="fs",script="a.lua"} 1`,
		`moonlark_module_dropped_total{module="udp",script="a.lua"} 5`,
	} {
		if strings.Count(text.String(), line+"\n") != 1 {
			t.Errorf("no line %s, or several, in:\n%s", line, text.String())
		}
	}
}

func TestCallsOfOtherProgramsAreCountedByThemselves(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	c.Note(bus.Event{Type: bus.ToolResult, Tool: "light", Script: "a.lua"})
	for range 2 {
		c.Note(bus.Event{Type: bus.ToolResult, Tool: "light", Script: "a.lua", Via: "mcp", Client: "an editor"})
	}
	c.Note(bus.Event{Type: bus.ToolResult, Tool: "light", Script: "a.lua", Source: "inspector"})
	c.Note(bus.Event{Type: bus.LatencyKnown, Latency: &bus.Latency{Answer: 1.2, Total: 1.2}})
	c.Gauge("moonlark_mcp_sessions", func() float64 { return 3 })
	var text strings.Builder
	c.metrics.set.WritePrometheus(&text)
	for _, line := range []string{
		`moonlark_tool_calls_total{tool="light",outcome="ok"} 1`,
		`moonlark_tool_calls_total{tool="light",outcome="ok",via="mcp"} 2`,
		`moonlark_tool_seconds_count{tool="light"} 3`,
		`moonlark_mcp_sessions 3`,
		`moonlark_latency_seconds_bucket{le="1"} 0`,
		`moonlark_latency_seconds_bucket{le="1.5"} 1`,
	} {
		if strings.Count(text.String(), line+"\n") != 1 {
			t.Errorf("no line %s, or several, in:\n%s", line, text.String())
		}
	}
}
