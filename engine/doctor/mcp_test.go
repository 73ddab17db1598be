package doctor

import (
	"slices"
	"strings"
	"testing"

	"moonlark/engine/tool"
)

func TestToolsThatSomeMCPClientsDoNotAcceptAreReported(t *testing.T) {
	object := func(name string, s *tool.Schema) *tool.Schema {
		return &tool.Schema{Type: "object", Properties: []tool.Property{{Name: name, Schema: s}}}
	}
	text := &tool.Schema{Type: "string"}
	for _, row := range []struct {
		why  string
		spec tool.Spec
		want []string
	}{
		{"nothing is wrong", tool.Spec{Name: strings.Repeat("a", 40), Description: "x", Parameters: object("room.name-1", text)}, []string{"all clients accept it"}},
		{"a long name", tool.Spec{Name: strings.Repeat("a", 41), Description: "x"}, []string{"the name has 41 characters: Cursor and VS Code may leave out the tool"}},
		{"a digit and no description", tool.Spec{Name: "2nd"}, []string{"the name begins with a digit, which Gemini does not accept", "there is no description: the model has only the name to choose by"}},
		{"a name of a parameter", tool.Spec{Name: "a", Description: "x", Parameters: object("größe", text)}, []string{`the models of Anthropic do not accept the parameter "größe"`}},
		{"a long name of a parameter", tool.Spec{Name: "a", Description: "x", Parameters: object(strings.Repeat("p", 65), text)}, []string{`the models of Anthropic do not accept the parameter "` + strings.Repeat("p", 65) + `"`}},
		{"an array without items, in an array of objects", tool.Spec{Name: "a", Description: "x",
			Parameters: object("rooms", &tool.Schema{Type: "array", Items: object("lamps", &tool.Schema{Type: "array"})})},
			[]string{"the type of the items of rooms[].lamps is not known: VS Code refuses the tool"}},
	} {
		var got []string
		c := &checker{Options: Options{MCP: true, Scripts: []Script{{Tools: []*tool.Spec{&row.spec}}}}, report: func(f Finding) { got = append(got, f.Text) }}
		c.checkMCP()
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
}
