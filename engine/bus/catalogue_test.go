package bus

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/screen"
)

// jsonFields returns the JSON names of the fields of an Event, except "type" and "time".
func jsonFields() (names []string) {
	event := reflect.TypeFor[Event]()
	for i := range event.NumField() {
		name, _, _ := strings.Cut(event.Field(i).Tag.Get("json"), ",")
		if name != "-" && name != "type" && name != "time" {
			names = append(names, name)
		}
	}
	return names
}

func TestTheCatalogueIsCompleteAndConsistent(t *testing.T) {
	fields, used := jsonFields(), map[string]bool{}
	types, scripts := map[Type]bool{}, map[string]bool{}
	for _, k := range Catalogue {
		if types[k.Type] {
			t.Errorf("two rows for %s", k.Type)
		}
		types[k.Type] = true
		if k.About == "" {
			t.Errorf("%s is not explained", k.Type)
		}
		if k.Script != "" && scripts[k.Script] {
			t.Errorf("two rows for on(%q)", k.Script)
		}
		scripts[k.Script] = true
		if k.Shown != nil && k.ForPages != nil {
			t.Errorf("%s has both Shown and ForPages", k.Type)
		}
		for _, field := range slices.Concat(k.Shown, k.ForPages) {
			used[field.Name] = true
			if !slices.Contains(fields, field.Name) {
				t.Errorf("%s: an event has no field %s", k.Type, field.Name)
			}
		}
	}
	for _, field := range fields {
		if !used[field] {
			t.Errorf("no row has the field %s", field)
		}
	}
}

func TestScriptsReceiveTheFieldsOfTheirRow(t *testing.T) {
	yes, text, pages := true, "done", 2
	for _, row := range []struct {
		event Event
		want  map[string]any
	}{
		{Event{Type: Speaking, EventID: 3}, map[string]any{"event_id": 3}},
		{Event{Type: Silent, EventID: 3}, map[string]any{"event_id": 3, "interrupted": false}},
		{Event{Type: Spoken, EventID: 3, Text: "hello "}, map[string]any{"event_id": 3, "text": "hello "}},
		{Event{Type: Loudness, Loudness: -20.5, SpeakerLoudness: -96, Voice: true}, map[string]any{"level": -20.5, "speaker": -96.0, "voice": true}},
		{Event{Type: Wake, Text: "moon", Score: 0.5}, map[string]any{"word": "moon", "score": 0.5}},
		{Event{Type: Wake, Text: "moon"}, map[string]any{"word": "moon"}},
		{Event{Type: Listening, Listening: &yes}, map[string]any{"listening": true}},
		{Event{Type: Status, Status: "ended", Reason: "cut off"}, map[string]any{"status": "ended", "reason": "cut off"}},
		{Event{Type: Idle, Seconds: 2}, map[string]any{"seconds": 2.0}},
		{Event{Type: Reconnected, ConversationID: "c"}, map[string]any{"conversation_id": "c"}},
		{Event{Type: Touch, Block: "keys", Action: "press", Value: "Buy"}, map[string]any{"id": "keys", "action": "press", "value": "Buy"}},
		{Event{Type: ScreenPage, Action: "came", Pages: &pages, Page: screen.PageInfo{Width: 800, Height: 480, Touch: true}},
			map[string]any{"action": "came", "pages": 2, "width": 800, "height": 480, "touch": true, "sound": false}},
		{Event{Type: OrphanedResult, ConversationID: "c", CallID: "x", Tool: "light", Result: &text, IsError: true},
			map[string]any{"conversation_id": "c", "tool_call_id": "x", "tool_name": "light", "result": "done", "is_error": true}},
	} {
		if got := row.event.ScriptFields(); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.event.Type, got, row.want)
		}
		if got, want := row.event.ScriptName(), Of(row.event.Type).Script; got != want {
			t.Errorf("%s: it is called %q, want %q", row.event.Type, got, want)
		}
	}
	message := Event{Type: Agent, Message: &Message{Name: "agent_response"}}
	if got := message.ScriptName(); got != "agent_response" {
		t.Errorf("a message of the agent is called %q", got)
	}
}
