package bus

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// A step is an event of a turn and the time after which it is published.
type step struct {
	after int // in milliseconds after the step before
	Event
}

func hears(on bool, ago float64) Event {
	return Event{Type: Hearing, On: &on, Source: "microphone", Seconds: ago}
}

func TestTheLatencyOfATurnIsDividedIntoPartsThatTouch(t *testing.T) {
	said, typed := Event{Type: User, Text: "hello", EventID: 1}, Event{Type: User, Text: "hello"}
	call := func(id string) Event { return Event{Type: ToolCall, CallID: id} }
	result := func(id string) Event { return Event{Type: ToolResult, CallID: id} }
	text, speaking := Event{Type: Agent, Text: "Hi", EventID: 2}, Event{Type: Speaking, EventID: 2}
	for name, row := range map[string]struct {
		isSilent bool // there is no sound
		steps    []step
		want     []Latency
	}{
		"without tools": {false, []step{{0, hears(true, 0)}, {2000, hears(false, 0.5)}, {100, said}, {400, text}, {200, speaking}},
			[]Latency{{Understand: 0.6, Answer: 0.4, Voice: 0.2, Total: 1.2}}},
		"the text of the user comes before the end of the speech is noticed": {false, []step{{0, hears(true, 0)}, {2000, said}, {200, hears(false, 0.5)}, {200, text}, {200, speaking}},
			[]Latency{{Understand: 0.3, Answer: 0.4, Voice: 0.2, Total: 0.9}}},
		"with tools": {false, []step{{0, hears(true, 0)}, {1000, hears(false, 0)}, {400, said}, {500, call("a")}, {300, result("a")}, {100, call("b")}, {50, result("b")}, {250, text}, {100, speaking}},
			[]Latency{{Understand: 0.4, Decide: 0.6, Tools: 0.35, Answer: 0.25, Voice: 0.1, Total: 1.7}}},
		"parallel tools": {false, []step{{0, typed}, {500, call("a")}, {100, call("b")}, {300, result("a")}, {100, result("b")}, {250, text}, {100, speaking}},
			[]Latency{{Decide: 0.5, Tools: 0.5, Answer: 0.25, Voice: 0.1, Total: 1.35}}},
		"a text while a tool runs": {false, []step{{0, typed}, {500, call("a")}, {100, text}, {100, speaking}, {900, result("a")}},
			[]Latency{{Decide: 0.5, Tools: 0.1, Voice: 0.1, Total: 0.7}}},
		"no event says when the sound came": {false, []step{{0, typed}, {900, speaking}}, []Latency{{Answer: 0.9, Total: 0.9}}},
		"the first sound is known":          {false, []step{{0, typed}, {900, Event{Type: FirstSound}}, {80, speaking}}, []Latency{{Answer: 0.9, Voice: 0.08, Total: 0.98}}},
		"a typed message without sound":     {true, []step{{0, typed}, {300, Event{Type: AgentPart, Part: "start", EventID: 2}}, {100, Event{Type: AgentPart, Text: "H", EventID: 2}}, {100, text}}, []Latency{{Answer: 0.4, Total: 0.4}}},
		"no voice detection":                {false, []step{{0, said}, {400, text}, {200, speaking}}, []Latency{{Answer: 0.4, Voice: 0.2, Total: 0.6}}},
		"the voice detection was long ago":  {false, []step{{0, hears(true, 0)}, {100, hears(false, 0)}, {40_000, said}, {400, text}, {200, speaking}}, []Latency{{Answer: 0.4, Voice: 0.2, Total: 0.6}}},
		"realtime: the user's text comes last": {false, []step{{0, hears(true, 0)}, {900, hears(false, 0)}, {300, call("a")}, {100, result("a")}, {200, speaking}, {800, text}, {100, said}},
			[]Latency{{Decide: 0.3, Tools: 0.1, Answer: 0.2, Total: 0.6}}},
		"a noise, and a reply of the agent without a question": {false, []step{{0, hears(true, 0)}, {900, hears(false, 0)}, {9000, speaking}, {0, text}, {5000, hears(true, 0)}, {10, hears(false, 0)}}, nil},
		"a greeting": {false, []step{{0, text}, {200, speaking}}, nil},
		"the user says more before the reply": {false, []step{{0, said}, {400, Event{Type: User, Text: "and", EventID: 3}}, {400, Event{Type: Agent, Text: "Hi", EventID: 4}}, {200, Event{Type: Speaking, EventID: 4}}},
			[]Latency{{Answer: 0.4, Voice: 0.2, Total: 0.6}}},
		"an interruption before the first word": {false, []step{{0, typed}, {400, text}, {10, Event{Type: Interruption, EventID: 2}}, {1000, speaking}}, nil},
		"the end of the reply that the user interrupts": {false, []step{{0, text}, {0, speaking}, {900, typed}, {10, text}, {1, Event{Type: Interruption, EventID: 2}}, {400, Event{Type: Agent, Text: "So", EventID: 5}}, {100, Event{Type: Speaking, EventID: 5}}},
			[]Latency{{Answer: 0.411, Voice: 0.1, Total: 0.511}}},
		"calls of others do not count": {false, []step{{0, typed}, {100, Event{Type: ToolCall, CallID: "x", Source: "inspector"}}, {100, Event{Type: ToolCall, CallID: "m", Via: "mcp"}}, {200, text}, {100, speaking}},
			[]Latency{{Answer: 0.4, Voice: 0.1, Total: 0.5}}},
		"the connection is lost": {false, []step{{0, typed}, {100, Event{Type: Disconnected}}, {100, Event{Type: Connected}}, {100, text}, {100, speaking}}, nil},
		"two turns": {true, []step{{0, typed}, {100, text}, {100, typed}, {200, Event{Type: Agent, Text: "So", EventID: 4}}},
			[]Latency{{Answer: 0.1, Total: 0.1}, {Answer: 0.2, Total: 0.2}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var b Bus
			var got []Latency
			b.Attach(Receiver{
				Wants:   func(t Type, _ string) bool { return t == LatencyKnown },
				Receive: func(e Event) { got = append(got, *e.Latency) },
			})
			s := b.PublishLatency(!row.isSilent)
			for _, step := range row.steps {
				time.Sleep(time.Duration(step.after) * time.Millisecond)
				b.Publish(step.Event)
			}
			s.Close(time.Minute)
			if len(got) != len(row.want) {
				t.Fatalf("%s: got %+v, want %+v", name, got, row.want)
			}
			for i, l := range got {
				if sum := l.Understand + l.Decide + l.Tools + l.Answer + l.Voice; math.Abs(sum-l.Total) > 1e-6 {
					t.Errorf("%s: the parts of %+v have the sum %v", name, l, sum)
				}
				if w := row.want[i]; !near(l, w) {
					t.Errorf("%s: got %+v, want %+v", name, l, w)
				}
			}
		})
	}
}

// near reports whether all parts of two latencies are equal.
func near(a, b Latency) bool {
	equal := func(x, y float64) bool { return math.Abs(x-y) < 1e-6 }
	return equal(a.Understand, b.Understand) && equal(a.Decide, b.Decide) && equal(a.Tools, b.Tools) &&
		equal(a.Answer, b.Answer) && equal(a.Voice, b.Voice) && equal(a.Total, b.Total)
}

func TestALatencyNamesItsReply(t *testing.T) {
	var l LatencyTracker
	l.Note(Event{Type: User, Text: "hello"})
	if e, ok := l.Note(Event{Type: Agent, Text: "Hi", EventID: 7}); !ok || e.EventID != 7 || e.Type != LatencyKnown {
		t.Errorf("got %+v, %v", e, ok)
	}
}
