package screen

import (
	"testing"

	"moonlark/engine/bus"
)

func TestTheWordsHeardKeepStepWithTheSound(t *testing.T) {
	connected := []bus.Event{{Type: bus.Status, Status: "connected"}, {Type: bus.Connected}}
	reply := bus.Event{Type: bus.Agent, Text: "Für dich – größer als zwölf.", EventID: 4}
	speaking, user := bus.Event{Type: bus.Speaking, EventID: 4}, bus.Event{Type: bus.User, Text: "Why?"}
	spoken := func(text string) bus.Event { return bus.Event{Type: bus.Spoken, EventID: 4, Text: text} }
	for _, row := range []struct {
		name   string
		silent bool
		events []bus.Event
		want   voiceState
	}{
		{"nothing has happened", false, nil, voiceState{Phase: "listening"}},
		{"a reply that nobody has heard", false, []bus.Event{reply}, voiceState{Phase: "listening", Rest: reply.Text, Turn: 4}},
		{"a reply without times is heard as a whole", false, []bus.Event{reply, speaking}, voiceState{Phase: "speaking", Said: reply.Text, Turn: 4}},
		{"words with times", false, []bus.Event{reply, speaking, spoken("Für "), spoken("dich ")}, voiceState{Phase: "speaking", Said: "Für dich", Rest: " – größer als zwölf.", Turn: 4}},
		{"words that were written in another way", false, []bus.Event{reply, speaking, spoken("Fur")}, voiceState{Phase: "speaking", Said: "Fü", Rest: "r dich – größer als zwölf.", Turn: 4}},
		{"the end", false, []bus.Event{reply, speaking, spoken("Für"), {Type: bus.Silent, EventID: 4}}, voiceState{Phase: "listening", Said: reply.Text, Turn: 4}},
		{"an interruption", false, []bus.Event{reply, speaking, spoken("Für dich"), {Type: bus.Silent, EventID: 4, Interrupted: true}},
			voiceState{Phase: "listening", Said: "Für dich", Rest: " – größer als zwölf.", Cut: true, Turn: 4}},
		{"a correction", false, []bus.Event{reply, speaking, {Type: bus.AgentCorrected, EventID: 4, Text: "Für dich –"}},
			voiceState{Phase: "speaking", Said: "Für dich –", Rest: " größer als zwölf.", Cut: true, Turn: 4}},
		{"a correction with other words", false, []bus.Event{reply, {Type: bus.AgentCorrected, EventID: 4, Text: "Für dick"}},
			voiceState{Phase: "listening", Said: "Für dic", Rest: "h – größer als zwölf.", Cut: true, Turn: 4}},
		{"without a speaker all is read", true, []bus.Event{reply}, voiceState{Phase: "listening", Said: reply.Text, Turn: 4}},
		{"parts", true, []bus.Event{{Type: bus.AgentPart, Part: "start", EventID: 5}, {Type: bus.AgentPart, Text: "Hel", EventID: 5}, {Type: bus.AgentPart, Text: "lo", EventID: 5}},
			voiceState{Phase: "listening", Said: "Hello", Turn: 5}},
		{"a question", false, []bus.Event{reply, speaking, user}, voiceState{Phase: "speaking", User: "Why?"}},
		{"a tool", false, []bus.Event{user, {Type: bus.ToolCall, Tool: "a", CallID: "1"}, {Type: bus.ToolCall, Tool: "b", CallID: "2"}, {Type: bus.ToolResult, CallID: "1"}},
			voiceState{Phase: "thinking", User: "Why?", Tool: "b"}},
		{"a tool that a person tries", false, []bus.Event{user, {Type: bus.ToolCall, Tool: "a", CallID: "1", Source: "inspector"}, {Type: bus.ToolCall, Tool: "b", CallID: "2", Via: "mcp"}},
			voiceState{Phase: "thinking", User: "Why?"}},
		{"characters that could turn the line", true, []bus.Event{{Type: bus.Agent, Text: "a\u202eb\x1b[31mc", EventID: 6}}, voiceState{Phase: "listening", Said: "ab[31mc", Turn: 6}},
		{"the next conversation", false, []bus.Event{reply, speaking, user, {Type: bus.Disconnected}, {Type: bus.Status, Status: "waiting"}}, voiceState{Phase: "waiting"}},
	} {
		v := voice{silent: row.silent}
		for _, e := range append(connected[:2:2], row.events...) {
			v.note(e)
		}
		if got := v.state(nil); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}
