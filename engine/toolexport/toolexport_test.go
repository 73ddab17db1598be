package toolexport_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"moonlark/engine/apikey"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
	"moonlark/engine/tool"
	"moonlark/engine/toolexport"
)

// specs are tools with all kinds of parameters.
var specs = []*tool.Spec{
	{
		Name: "book", Title: "Book a table", Description: "Books a table\n", Source: "book.lua:3", Timeout: 30 * time.Second,
		Hints:   &tool.Hints{Destructive: true, OpenWorld: true},
		Returns: &tool.Schema{Type: "object", Properties: []tool.Property{{Name: "id", Schema: &tool.Schema{Type: "string"}}}, Required: []string{"id"}},
		Parameters: &tool.Schema{Type: "object", Required: []string{"people", "day"}, Properties: []tool.Property{
			{Name: "people", Schema: &tool.Schema{Type: "integer", Description: "how many", Minimum: new(1.0), Maximum: new(8.0)}},
			{Name: "day", Schema: &tool.Schema{Type: "string", Format: "date"}},
			{Name: "step", Schema: &tool.Schema{Type: "number", Numbers: []float64{0.5, 1}, Default: json.RawMessage("1")}},
			{Name: "room", Schema: &tool.Schema{Type: "string", Description: "which", Enum: []string{"hall", "garden"}}},
			{Name: "code", Schema: &tool.Schema{Type: "string", Description: "code", Pattern: regexp.MustCompile("^<[a-z]+>$"), MinLength: new(3)}},
			{Name: "guests", Schema: &tool.Schema{Type: "array", MaxItems: new(7), Items: &tool.Schema{Type: "object", Required: []string{"name"}, Properties: []tool.Property{
				{Name: "name", Schema: &tool.Schema{Type: "string", Description: "first name"}},
				{Name: "vegan", Schema: &tool.Schema{Type: "boolean"}},
			}}}},
		}},
	},
	{Name: "plain", Source: "book.lua:9"},
}

func document(t *testing.T, format toolexport.Format) (text string, warnings []string) {
	t.Helper()
	out, warnings, err := toolexport.Document(format, specs)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, out); err != nil {
		t.Fatal(err)
	}
	return b.String(), warnings
}

func TestToolsAreExportedForElevenLabs(t *testing.T) {
	got, warnings := document(t, toolexport.ElevenLabs)
	want := `[{"type":"client","name":"book","description":"Books a table","response_timeout_secs":35,"expects_response":true,"tool_error_handling_mode":"passthrough","parameters":{"type":"object","properties":{` +
		`"people":{"type":"integer","description":"how many (from 1 to 8)"},"day":{"type":"string","description":"day (a date such as 2026-11-29)"},` +
		`"step":{"type":"number","description":"step (one of 0.5, 1; default 1)"},"room":{"type":"string","description":"which","enum":["hall","garden"]},` +
		`"code":{"type":"string","description":"code (at least 3 characters; text that matches ^<[a-z]+>$)"},` +
		`"guests":{"type":"array","description":"guests (at most 7 items)","items":{"type":"object","description":"guests","properties":{"name":{"type":"string","description":"first name"},"vegan":{"type":"boolean","description":"vegan"}},"required":["name"]}}},` +
		`"required":["people","day"]}},` +
		`{"type":"client","name":"plain","description":"plain","response_timeout_secs":20,"expects_response":true,"tool_error_handling_mode":"passthrough","parameters":{"type":"object","properties":{}}}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	wantWarnings := "book.lua:3: book: day has no description: its name is used\n" +
		"book.lua:3: book: step has no description: its name is used\n" +
		"book.lua:3: book: guests[].vegan has no description: its name is used\n" +
		"book.lua:9: plain: the tool has no description: its name is used"
	if got := strings.Join(warnings, "\n"); got != wantWarnings {
		t.Errorf("the warnings are\n%s\nwant\n%s", got, wantWarnings)
	}
}

// The fake API refuses what the real one refuses. With the OpenAPI document, it also compares the
// bodies of requests with that.
func TestTheElevenLabsAPIAcceptsTheExport(t *testing.T) {
	api := &resttest.API{Key: "k"}
	client := &rest.Client{Host: resttest.Serve(t, api).URL, Key: apikey.New("k")}
	for _, spec := range specs {
		config, _, err := toolexport.NewClientTool(spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.CreateTool(t.Context(), config); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
	}
	if !resttest.Described() {
		t.Skip("there is no rest.openapi.json in ../shared/protocol: only the rules of the fake API were checked")
	}
}

func TestWhatTheElevenLabsAPICannotHoldIsAnErrorAtTheLineOfTheScript(t *testing.T) {
	spec := &tool.Spec{Name: "bad", Description: "bad", Source: "bad.lua:7", Parameters: &tool.Schema{Type: "object", Properties: []tool.Property{
		{Name: "list", Schema: &tool.Schema{Type: "array", Items: &tool.Schema{Type: "array"}}},
		{Name: "", Schema: &tool.Schema{Type: "string", Description: "x"}},
	}}}
	_, _, err := toolexport.NewClientTool(spec)
	want := "bad.lua:7: bad: list[] is an array without items: say what its items are\nbad.lua:7: bad: the name of a parameter is empty"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, _, err := toolexport.Document(toolexport.ElevenLabs, []*tool.Spec{spec}); err == nil {
		t.Error("Document returns no error")
	}
}

func TestOtherFormatsKeepTheLimits(t *testing.T) {
	const parameters = `"properties":{"people":{"type":"integer","description":"how many","minimum":1,"maximum":8},"day":{"type":"string","format":"date"},` +
		`"step":{"type":"number","enum":[0.5,1],"default":1},"room":{"type":"string","description":"which","enum":["hall","garden"]},` +
		`"code":{"type":"string","description":"code","pattern":"^<[a-z]+>$","minLength":3},` +
		`"guests":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string","description":"first name"},"vegan":{"type":"boolean"}},"required":["name"]},"maxItems":7}},"required":["people","day"]}`
	for format, want := range map[toolexport.Format]string{
		toolexport.OpenAI: `[{"type":"function","function":{"name":"book","description":"Books a table\n","parameters":{"type":"object",` + parameters + `}},` +
			`{"type":"function","function":{"name":"plain","parameters":{"type":"object","properties":{}}}}]`,
		toolexport.MCP: `{"tools":[{"name":"book","title":"Book a table","description":"Books a table\n","inputSchema":{"type":"object",` + parameters + `,` +
			`"outputSchema":{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]},` +
			`"annotations":{"title":"Book a table","readOnlyHint":false,"destructiveHint":true,"idempotentHint":false,"openWorldHint":true}},` +
			`{"name":"plain","inputSchema":{"type":"object","properties":{}}}]}`,
		toolexport.JSONSchema: `{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"book":{"title":"Book a table","type":"object","description":"Books a table\n",` + parameters + `,` +
			`"plain":{"title":"plain","type":"object","properties":{}}}}`,
	} {
		if got, warnings := document(t, format); got != want || warnings != nil {
			t.Errorf("%s: got\n%s, %q, want\n%s", format, got, warnings, want)
		}
	}
}

func TestTheExportedSchemasAreValidJSONSchema(t *testing.T) {
	files, _, err := toolexport.Files(toolexport.JSONSchema, specs, nil)
	if err != nil || len(files) != 2 || files[0].Name != "book.json" {
		t.Fatalf("got %+v, %v", files, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(files[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("book.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("book.json")
	if err != nil {
		t.Fatal(err)
	}
	// Arguments that a script accepts fit the schema, and the other way round.
	for args, fits := range map[string]bool{
		`{"people":2,"day":"2026-11-29","guests":[{"name":"Ada"}],"code":"<ab>"}`: true,
		`{"people":9,"day":"2026-11-29"}`:                                         false,
		`{"people":2,"day":"soon"}`:                                               false,
		`{"people":2,"day":"2026-11-29","step":2}`:                                false,
		`{"people":2,"day":"2026-11-29","code":"<>"}`:                             false,
		`{"people":2,"day":"2026-11-29","guests":[{}]}`:                           false,
		`{"people":2}`: false,
	} {
		value, _ := jsonschema.UnmarshalJSON(strings.NewReader(args))
		if err := schema.Validate(value); (err == nil) != fits {
			t.Errorf("%s does not fit the schema: %v", args, err)
		}
		if err := specs[0].CheckArguments([]byte(args)); (err == nil) != fits {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestTheListOfToolsKeepsOtherEntries(t *testing.T) {
	index := `{"version":3,"tools":[{"type":"webhook","config":"tool_configs/other.json","id":"tool_1"},{"type":"client","config":"./tool_configs/plain.json","id":"tool_2"}]}`
	files, _, err := toolexport.Files(toolexport.ElevenLabs, specs, []byte(index))
	if err != nil || len(files) != 3 || files[0].Name != "tool_configs/book.json" || files[2].Name != "tools.json" {
		t.Fatalf("got %+v, %v", files, err)
	}
	var b bytes.Buffer
	json.Compact(&b, files[2].Content)
	want := `{"tools":[{"config":"tool_configs/other.json","id":"tool_1","type":"webhook"},{"config":"./tool_configs/plain.json","id":"tool_2","type":"client"},{"config":"tool_configs/book.json","type":"client"}],"version":3}`
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
	again, _, err := toolexport.Files(toolexport.ElevenLabs, specs, files[2].Content)
	if err != nil || !bytes.Equal(again[2].Content, files[2].Content) {
		t.Errorf("a second export changes the list to %s, %v", again[2].Content, err)
	}
	for index, want := range map[string]string{"{": "tools.json: unexpected end", "null": "tools.json: not an object", "[]": "tools.json: json:", `{"tools":{}}`: "tools.json: tools is not a list"} {
		if _, _, err := toolexport.Files(toolexport.ElevenLabs, specs, []byte(index)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", index, err, want)
		}
	}
}

func TestTwoToolsCannotHaveTheSameFile(t *testing.T) {
	_, _, err := toolexport.Files(toolexport.MCP, []*tool.Spec{{Name: "light", Source: "a.lua:1"}, {Name: "Light", Source: "b.lua:2"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "b.lua:2: Light: on some systems its file has the same name as that of light, at a.lua:1") {
		t.Errorf("got %v", err)
	}
}

func TestNoToolsAreAnEmptyList(t *testing.T) {
	for format, want := range map[toolexport.Format]string{toolexport.ElevenLabs: "[]\n", toolexport.OpenAI: "[]\n", toolexport.MCP: "{\n  \"tools\": []\n}\n"} {
		if got, _, err := toolexport.Document(format, nil); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", format, got, err)
		}
	}
	if _, err := toolexport.ParseFormat("opnai"); err == nil || !strings.Contains(err.Error(), "did you mean 'openai'?") {
		t.Errorf("got %v", err)
	}
}
