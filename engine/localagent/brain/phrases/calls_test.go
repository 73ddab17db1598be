package phrases

import (
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

func TestOnlyACertainSentenceIsCalls(t *testing.T) {
	room := &tool.Schema{Type: "string", Enum: []string{"hall", "kitchen"}}
	tools := []*tool.Spec{
		{Name: "light", Phrases: []string{"turn {on} the {room} light", "{room} light {on}"}, Parameters: &tool.Schema{Type: "object", Required: []string{"on", "room"}, Properties: []tool.Property{
			{Name: "on", Schema: &tool.Schema{Type: "boolean"}}, {Name: "room", Schema: room},
		}}},
		{Name: "time", Phrases: []string{"what time is it"}},
		{Name: "alarm", Phrases: []string{"alarm off", "wake me at {hour}"}, Parameters: &tool.Schema{Type: "object", Properties: []tool.Property{
			{Name: "hour", Schema: &tool.Schema{Type: "integer"}},
		}}},
		{Name: "siren", Phrases: []string{"alarm off"}},
		{Name: "play", Phrases: []string{"play {song}"}},
	}
	for _, row := range []struct{ sentence, want string }{
		{"Turn on the hall light, please.", `light{"on":true,"room":"hall"}`},
		{"turn off the kitchen light and what time is it?", `light{"on":false,"room":"kitchen"} time{}`},
		{"turn on the hall light and the kitchen light", `light{"on":true,"room":"hall"} light{"on":true,"room":"kitchen"}`},
		{"wake me at seven", `alarm{"hour":7}`},
		{"turn on the light", ""},                       // which room?
		{"turn on the hall light when I come home", ""}, // a condition that no phrase has
		{"don't turn on the hall light", ""},
		{"turn on the hall light and sing", ""},
		{"alarm off", ""}, // two tools
		{"play jazz", ""}, // free text
		{"what time is it, goodbye", ""},
		{"light", ""}, // a name, not a phrase
		{"", ""},
		{"please", ""},
		{strings.Repeat("turn on the hall light and ", 200), ""}, // too long
		{"hello, what time is it", `time{}`},
		{"what is the time", ""},
		{"could you turn on the hall light", `light{"on":true,"room":"hall"}`}, //
	} {
		var parts []string
		for _, call := range Calls(row.sentence, tools) {
			parts = append(parts, call.Tool.Name+string(call.Arguments))
		}
		if got := strings.Join(parts, " "); got != row.want {
			t.Errorf("%q: got %s, want %s", row.sentence, got, row.want)
		}
	}
}

func TestAnswerSaysAllResults(t *testing.T) {
	got := Answer([]brain.Result{{Text: "ok"}, {Text: `{"hour":7}`}, {Text: "no siren", IsError: true}})
	if want := "Done. hour: 7. That did not work: no siren."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprint(Calls("turn on", nil)); got != "[]" {
		t.Errorf("without tools: %s", got)
	}
}
