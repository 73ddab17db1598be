package llm

import (
	"encoding/json"
	"regexp"
	"testing"

	"moonlark/engine/tool"
)

func TestParametersHaveOnlyWhatEveryServerAccepts(t *testing.T) {
	spec := &tool.Spec{Parameters: &tool.Schema{Type: "object", Required: []string{"n"}, Properties: []tool.Property{
		{Name: "n", Schema: &tool.Schema{Type: "integer", Description: "how many", Minimum: new(1.0), Maximum: new(8.0), Default: json.RawMessage("2")}},
		{Name: "day", Schema: &tool.Schema{Type: "string", Format: "date"}},
		{Name: "step", Schema: &tool.Schema{Type: "number", Numbers: []float64{1, 5}}},
		{Name: "list", Schema: &tool.Schema{Type: "array", MaxItems: new(3)}},
		{Name: "code", Schema: &tool.Schema{Type: "string", Enum: []string{"a"}, Pattern: regexp.MustCompile("a"), MinLength: new(1)}},
	}}}
	want := `{"type":"object","properties":{"n":{"type":"integer","description":"how many (from 1 to 8; default 2)"},` +
		`"day":{"type":"string","description":"a date such as 2026-11-29"},"step":{"type":"number","description":"one of 1, 5"},` +
		`"list":{"type":"array","description":"at most 3 items","items":{"type":"string"}},` +
		`"code":{"type":"string","description":"at least 1 character; text that matches a","enum":["a"]}},"required":["n"]}`
	if got := string(Parameters(spec)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
