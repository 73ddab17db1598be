package bus

import (
	"reflect"
	"testing"
)

func TestThePhaseFollowsTheConversation(t *testing.T) {
	var p PhaseTracker
	on, off := true, false
	var got []string
	for _, e := range []Event{
		{Type: Status, Status: "waiting"}, {Type: Status, Status: "connecting"}, {Type: Connected}, {Type: Status, Status: "connected"},
		{Type: Hearing, On: &on}, {Type: Hearing, On: &off}, {Type: ToolCall, Source: "inspector"}, {Type: ToolCall, Via: "mcp"}, {Type: User, Text: "hello"}, {Type: ToolCall}, {Type: ToolCall}, {Type: ToolResult}, {Type: ToolResult},
		{Type: AgentPart, Text: "Hi"}, {Type: Speaking}, {Type: Agent, Text: "Hi there"}, {Type: Silent}, {Type: Disconnected}, {Type: Status, Status: "ended"},
	} {
		if change, changed := p.Note(e); changed {
			got = append(got, change.Phase)
		}
	}
	want := []string{"connecting", "listening", "hearing", "listening", "thinking", "listening", "speaking", "listening", "ended"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAPhaseOfARecordingIsTakenAsItIs(t *testing.T) {
	var p PhaseTracker
	p.Note(Event{Type: Phase, Phase: "hearing"})
	if change, changed := p.Note(Event{Type: Status, Status: "connected"}); changed || p.Phase() != "hearing" {
		t.Errorf("got %+v, %q", change, p.Phase())
	}
}
