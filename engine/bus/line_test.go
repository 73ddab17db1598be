package bus

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestALineHasNoControlCharactersAndIsAlwaysJSON(t *testing.T) {
	for _, e := range []Event{
		{Type: Print, Text: "a\x1b[2J\u009b1m\x7f<b>&\n"},
		{Type: ToolCall, Tool: "light", Args: json.RawMessage(`{"on": tru`)},
		{Type: User, Text: strings.Repeat("é", 1000)},
	} {
		line, err := e.Line()
		if err != nil {
			t.Fatal(err)
		}
		text, ended := strings.CutSuffix(string(line), "\n")
		if !ended || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || isUpperControl(r) }) {
			t.Errorf("%q has control characters or no newline at its end", line)
		}
		var back Event
		if err := json.Unmarshal(line, &back); err != nil || back.Text != e.Text {
			t.Errorf("%s: %v", line, err)
		}
	}
}
