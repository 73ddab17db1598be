package web

import (
	"slices"
	"time"

	"moonlark/engine/bus"
)

// keptDurations is the number of a tool's newest calls from which its median duration is computed.
const keptDurations = 51

// counts are the part of the state of the agent that is known only from the events. They are not safe for use by several
// goroutines.
type counts struct {
	target, conversation string
	scripts              map[string]*scriptCounts
	tools                map[string]*toolCounts
}

type scriptCounts struct {
	generation int // how often the script has been loaded
	loaded     time.Time
	failed     time.Time // when the last load failed; zero if it succeeded
}

type toolCounts struct {
	calls, errors int
	seconds       []float64 // the durations of the newest calls, at most keptDurations
	last          float64   // the duration of the newest call
}

func newCounts() counts {
	return counts{scripts: map[string]*scriptCounts{}, tools: map[string]*toolCounts{}}
}

// note updates the counts with an event.
func (c *counts) note(e bus.Event) {
	switch e.Type {
	case bus.Connecting:
		c.target = e.Target
	case bus.Connected:
		c.conversation = e.ConversationID
	case bus.Disconnected:
		c.conversation = ""
	case bus.Loaded, bus.Reloaded:
		s := c.script(e.Script)
		s.generation++
		s.loaded, s.failed = e.Time, time.Time{}
	case bus.ReloadFailed:
		c.script(e.Script).failed = e.Time
	case bus.ToolResult:
		if e.Source != "" {
			return // a person has tried the tool
		}
		t := c.tools[e.Tool]
		if t == nil {
			if len(c.tools) >= maxTools {
				return
			}
			t = new(toolCounts)
			c.tools[e.Tool] = t
		}
		t.calls++
		if e.IsError {
			t.errors++
		}
		t.last = e.Seconds
		if t.seconds = append(t.seconds, e.Seconds); len(t.seconds) > keptDurations {
			t.seconds = slices.Delete(t.seconds, 0, 1)
		}
	}
}

// maxTools is how many names of tools are counted. An agent can ask for tools that do not exist.
const maxTools = 1000

func (c *counts) script(name string) *scriptCounts {
	if c.scripts[name] == nil {
		c.scripts[name] = new(scriptCounts)
	}
	return c.scripts[name]
}

// median returns the median duration of the newest calls in seconds, 0 before the first call.
func (t *toolCounts) median() float64 {
	if len(t.seconds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.seconds))
	return sorted[len(sorted)/2]
}
