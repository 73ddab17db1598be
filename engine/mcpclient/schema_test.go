package mcpclient

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// convert converts a schema, and returns it as JSON.
func convert(t *testing.T, schema string) (string, *Tool) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(schema), &v); err != nil {
		t.Fatal(err)
	}
	n := NewTool("a", "", "", v)
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(n.Parameters); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String()), n
}

func TestSchemasAreConverted(t *testing.T) {
	property := func(s string) string { return `{"type":"object","properties":{"x":` + s + `}}` }
	for schema, want := range map[string]string{
		`{"type":"object"}`: `{"type":"object","properties":{}}`,
		`{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"boolean"},"c":{"type":"null"}},"required":["b"],"additionalProperties":false,"$schema":"x"}`: `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"boolean"},"c":{"type":"string","description":"JSON Schema: {\"type\":\"null\"}"}},"required":["b"]}`,
		property(`{"type":"integer","minimum":1,"maximum":5,"default":2,"description":"how many"}`):                                                                     property(`{"type":"integer","description":"how many","minimum":1,"maximum":5,"default":2}`),
		property(`{"type":"string","enum":["a","b"]}`):                                                          property(`{"type":"string","enum":["a","b"]}`),
		property(`{"enum":["a","b"]}`):                                                                          property(`{"type":"string","enum":["a","b"]}`),
		property(`{"type":"number","enum":[1,2.5]}`):                                                            property(`{"type":"number","enum":[1,2.5]}`),
		property(`{"type":["string","null"]}`):                                                                  property(`{"type":"string"}`),
		property(`{"anyOf":[{"type":"integer"},{"type":"null"}],"description":"d"}`):                            property(`{"type":"integer","description":"d"}`),
		property(`{"oneOf":[{"const":"a","title":"A"},{"const":"b"}]}`):                                         property(`{"type":"string","enum":["a","b"]}`),
		property(`{"anyOf":[{"type":"string"},{"type":"integer"}]}`):                                            property(`{"type":"string","description":"JSON Schema: {\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}"}`),
		property(`{"type":"array","items":{"type":"string","format":"date"},"minItems":1}`):                     property(`{"type":"array","items":{"type":"string","format":"date"},"minItems":1}`),
		property(`{"type":"string","pattern":"(?<=a)b"}`):                                                       property(`{"type":"string","description":"JSON Schema: {\"pattern\":\"(?<=a)b\",\"type\":\"string\"}"}`),
		property(`{"type":"integer","exclusiveMinimum":0}`):                                                     property(`{"type":"integer","description":"JSON Schema: {\"exclusiveMinimum\":0,\"type\":\"integer\"}"}`),
		property(`{"type":"integer","minimum":5,"maximum":1}`):                                                  property(`{"type":"integer","description":"JSON Schema: {\"maximum\":1,\"minimum\":5,\"type\":\"integer\"}"}`),
		property(`{"type":"integer","default":"x"}`):                                                            property(`{"type":"integer"}`),
		property(`{"$ref":"https://example.com/schema"}`):                                                       property(`{"type":"string","description":"JSON Schema: {\"$ref\":\"https://example.com/schema\"}"}`),
		`{"type":"object","properties":{"x":{"$ref":"#/$defs/room"}},"$defs":{"room":{"type":"string"}}}`:       property(`{"type":"string"}`),
		`{"$ref":"#/definitions/a","definitions":{"a":{"type":"object","properties":{"x":{"type":"string"}}}}}`: property(`{"type":"string"}`),
		property(`{"type":"object","properties":{"y":{"type":"string"}},"required":["y"]}`):                     property(`{"type":"object","properties":{"y":{"type":"string"}},"required":["y"]}`),
		property(`{"type":"string","description":"red\u001b[31m\u202e"}`):                                       property(`{"type":"string","description":"red\\x1b[31m\\u202e"}`),
		`true`: `{"type":"object","properties":{}}`,
		`{"type":"object","properties":{"x":7,"":{"type":"string"},"a\nb":{"type":"string"}}}`: property(`{"type":"string"}`),
	} {
		got, _ := convert(t, schema)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", schema, got, want)
		}
	}
}

func TestHostileSchemasAreBounded(t *testing.T) {
	deep := strings.Repeat(`{"type":"object","properties":{"x":`, 100) + `{"type":"string"}` + strings.Repeat(`}}`, 100)
	if got, _ := convert(t, deep); strings.Count(got, `"properties":{"x"`) > maxDepth || len(got) > 3000 {
		t.Errorf("got %s", got)
	}
	var wide strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&wide, `,"p%d":{"type":"string"}`, i)
	}
	_, n := convert(t, `{"type":"object","properties":{`+wide.String()[1:]+`}}`)
	if len(n.Parameters.Properties) != maxProperties {
		t.Errorf("%d properties", len(n.Parameters.Properties))
	}
	for _, loop := range []string{
		`{"type":"object","properties":{"x":{"$ref":"#/properties/x"}}}`,
		`{"type":"object","properties":{"x":{"$ref":"#"},"y":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"$ref":"#/$defs/n"}}}}}`,
	} {
		if got, _ := convert(t, loop); len(got) > 100_000 {
			t.Errorf("got %d bytes", len(got))
		}
	}
}

func TestArgumentsFitTheServer(t *testing.T) {
	_, n := convert(t, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["string","null"]},"c":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["c"]}`)
	for args, want := range map[string]string{
		`{"a":null,"b":null}`: `{"b":null,"c":null}`,
		`{"c":"x","d":1}`:     `{"c":"x","d":1}`,
		`null`:                `{"c":null}`,
	} {
		if got, err := n.Arguments([]byte(args)); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", args, got, err, want)
		}
	}
}
