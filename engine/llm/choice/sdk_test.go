package choice_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/tool"
)

// sdkVariable is the environment variable with a folder node_modules that has the packages openai
// and @anthropic-ai/sdk.
const sdkVariable = "MOONLARK_NODE_MODULES"

// firstReplies are the replies of the servers to the question of sdk.mjs: a call of the tool, with
// thoughts before it if the API has a place for them.
var firstReplies = map[string]llmtest.Reply{
	choice.Completions: llmtest.Tool(`light {"on":true}`),
	choice.Responses: llmtest.Responses.Events(
		`{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[]}}`,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}`,
		`{"type":"response.output_item.done","output_index":0,"item":`+llmtest.Thoughts("1", "call-light-0")+`}`,
		`{"type":"response.output_item.added","output_index":1,"item":`+sdkCall("in_progress", ``)+`}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"on\""}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":":true}"}`,
		`{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"name":"light","arguments":"{\"on\":true}"}`,
		`{"type":"response.output_item.done","output_index":1,"item":`+sdkCall("completed", `{\"on\":true}`)+`}`,
		`{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","output":[`+
			llmtest.Thoughts("1", "call-light-0")+`,`+sdkCall("completed", `{\"on\":true}`)+`],"usage":{"input_tokens":7,"output_tokens":5,"total_tokens":12}}}`,
	),
	choice.Messages: llmtest.Messages.Events(
		`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"tiny","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"`+llmtest.Signature("hm")+`"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"ping"}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call-light-0","name":"light","input":{}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"on\":true}"}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}`,
		`{"type":"message_stop"}`,
	),
}

// sdkCall returns an item of the Responses API. The quotes in arguments are escaped.
func sdkCall(status, arguments string) string {
	return `{"id":"fc_1","type":"function_call","status":"` + status + `","call_id":"call-light-0","name":"light","arguments":"` + arguments + `"}`
}

// The SDKs of the vendors have the same conversation with the servers of llmtest as our clients. They
// must understand the servers, and send the same messages and tools.
func TestTheSDKsOfTheVendorsAgree(t *testing.T) {
	folder := os.Getenv(sdkVariable)
	if folder == "" {
		t.Skip(sdkVariable + " names no folder with the npm packages openai and @anthropic-ai/sdk")
	}
	for _, name := range []string{"openai", "@anthropic-ai/sdk"} {
		if _, err := os.Stat(filepath.Join(folder, name, "package.json")); err != nil {
			t.Skipf("%s has no package %s", sdkVariable, name)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	light := &tool.Spec{Name: "light", Description: "Switches the light", Parameters: &tool.Schema{
		Type: "object", Required: []string{"on"}, Properties: []tool.Property{{Name: "on", Schema: &tool.Schema{Type: "boolean"}}},
	}}
	for _, api := range llmtest.APIs {
		t.Run(api.Name, func(t *testing.T) {
			replies := []llmtest.Reply{firstReplies[api.Name], api.Text("The ", "light is on.")}
			theirs := api.Serve(t, replies...)
			c := exec.CommandContext(t.Context(), node, "testdata/sdk.mjs", folder, api.Name, theirs.URL)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			printed, err := c.Output()
			if err != nil {
				t.Fatalf("the SDK: %v\n%s", err, stderr.String())
			}
			want := `{"text":"","calls":[{"id":"call-light-0","name":"light","arguments":{"on":true}}]}` + "\n" + `{"text":"The light is on.","calls":[]}` + "\n"
			if string(printed) != want {
				t.Errorf("the SDK has read\n%s, want\n%s", printed, want)
			}

			ours := api.Serve(t, replies...)
			model := newModel(api, ours)
			request := llm.Request{System: "Be brief.", Tools: []*tool.Spec{light}, Messages: []llm.Message{{Role: llm.User, Text: "Switch on the light"}}}
			reply, err := model.Stream(t.Context(), request, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			request.Messages = append(request.Messages, llm.Message{Role: llm.Assistant, Calls: reply.Calls, Extra: reply.Extra},
				llm.Message{Role: llm.ToolResult, CallID: reply.Calls[0].ID, Text: "the light is on"})
			if reply, err = model.Stream(t.Context(), request, func(string) {}); err != nil || reply.Text != "The light is on." {
				t.Errorf("our client has read %q, %v", reply.Text, err)
			}
			for i, r := range ours.Requests() {
				for _, name := range []string{"model", "messages", "input", "instructions", "system", "tools", "stream", "store", "include", "max_tokens"} {
					our, their := comparableField(t, r.Fields[name]), comparableField(t, theirs.Requests()[i].Fields[name])
					if !reflect.DeepEqual(our, their) {
						t.Errorf("request %d: %s is\n%s, the SDK's is\n%s", i, name, r.Fields[name], theirs.Requests()[i].Fields[name])
					}
				}
			}
		})
	}
}

// comparableField returns a field of a body without what may differ: marks for the cache, fields that the
// SDKs repeat from a reply although nobody needs them, and texts that are written as a list.
func comparableField(t *testing.T, field json.RawMessage) any {
	if len(field) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(field, &value); err != nil {
		t.Fatal(err)
	}
	return simplified(value)
}

func simplified(value any) any {
	switch v := value.(type) {
	case []any:
		if len(v) == 1 {
			if part, ok := v[0].(map[string]any); ok && part["type"] == "text" {
				return part["text"]
			}
		}
		for i := range v {
			v[i] = simplified(v[i])
		}
	case map[string]any:
		for _, name := range []string{"cache_control", "refusal", "parsed", "parsed_arguments", "status", "index"} {
			delete(v, name)
		}
		if id, ok := v["id"].(string); ok && strings.HasPrefix(id, "fc_") {
			delete(v, "id") // call_id is what counts
		}
		for name := range v {
			if v[name] = simplified(v[name]); v[name] == nil {
				delete(v, name)
			}
		}
	}
	return value
}
