package control

import (
	"strings"
	"testing"

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
