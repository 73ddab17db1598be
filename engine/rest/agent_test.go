package rest_test

import (
	"fmt"
	"slices"
	"testing"

	"moonlark/engine/apikey"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
)

const wholeAgent = `{
	"agent_id": "agent_1", "name": "Butler", "metadata": {"created_at_unix_secs": 1, "updated_at_unix_secs": 2}, "of_tomorrow": {"a": 1},
	"conversation_config": {
		"asr": {"user_input_audio_format": "ulaw_8000"},
		"tts": {"agent_output_audio_format": "pcm_24000"},
		"turn": {"turn_timeout": 5.5, "silence_end_call_timeout": 30},
		"conversation": {"max_duration_seconds": 90, "client_events": ["audio", "ping"]},
		"agent": {
			"dynamic_variables": {"dynamic_variable_placeholders": {"city": "Bern"}},
			"prompt": {
				"tool_ids": ["tool_1", "tool_2"],
				"tools": [{"type": "client", "name": "inline", "description": "An old one", "expects_response": true}],
				"built_in_tools": {"end_call": {"name": "end_call", "params": {"system_tool_type": "end_call"}}, "skip_turn": null}
			}
		}
	},
	"platform_settings": {
		"auth": {"enable_auth": true, "allowlist": [{"hostname": "example.com"}], "require_origin_header": true},
		"overrides": {"enable_starting_workflow_node_id_from_client": true, "conversation_config_override": {"agent": {"first_message": true, "prompt": {"llm": true}}}}
	},
	"workflow": {"edges": {}, "prevent_subagent_loops": false, "nodes": {
		"b": {"type": "tool", "position": {"x": 0, "y": 0}, "edge_order": [], "tools": [{"tool_id": "tool_4"}]},
		"a": {"type": "override_agent", "entry_behavior": "auto", "label": "a", "additional_knowledge_base": [], "additional_prompt": "", "conversation_config": {}, "position": {"x": 0, "y": 0}, "edge_order": [], "additional_tool_ids": ["tool_2", "tool_3"]}
	}}
}`

const wholeTool = `{
	"id": "tool_1", "access_info": {"is_creator": true, "creator_name": "", "creator_email": "", "role": "admin"}, "usage_stats": {"avg_latency_secs": 0},
	"tool_config": {
		"type": "client", "name": "set_light", "description": "Switches a light", "response_timeout_secs": 30, "expects_response": true, "tool_error_handling_mode": "passthrough",
		"dynamic_variables": {"dynamic_variable_placeholders": {"user": "me"}},
		"parameters": {"type": "object", "required": ["room"], "properties": {
			"room": {"type": "string", "description": "which", "enum": ["hall", "kitchen"]},
			"level": {"type": ["integer", "null"], "description": "how bright"},
			"who": {"type": "string", "dynamic_variable": "user"},
			"house": {"type": "string", "constant_value": "ours"},
			"never": {"type": "string", "is_omitted": true},
			"times": {"type": "array", "items": {"type": "number", "description": "hour"}}
		}}
	}
}`

func TestAnAgentIsDecoded(t *testing.T) {
	server := resttest.Serve(t, &resttest.API{Key: secret, Agents: map[string]string{"agent_1": wholeAgent}})
	a, err := (&rest.Client{Host: server.URL, Key: apikey.New(secret)}).Agent(t.Context(), "agent_1", "branch")
	if err != nil {
		t.Fatal(err)
	}
	conf, overrides := a.Conversation, a.Platform.Overrides
	got := fmt.Sprintln(a.ID, a.Name, conf.ASR, conf.TTS, conf.Turn, conf.Conversation, conf.Agent.DynamicVariables, *a.Platform.Auth, a.ToolIDs(), a.BuiltIn(),
		overrides.Allows("agent", "first_message"), overrides.Allows("agent", "prompt", "llm"), overrides.Allows("agent", "prompt"), overrides.Allows("tts", "voice_id"), overrides.CustomLLMExtraBody, overrides.StartNode)
	want := "agent_1 Butler {ulaw_8000} {pcm_24000} {5.5 30} {false 90 [audio ping]} {map[city:Bern]} {true [{example.com}] true} [tool_1 tool_2 tool_3 tool_4] [end_call] true true false false false true\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if inline := conf.Agent.Prompt.Tools; len(inline) != 1 || !inline[0].Client() || !inline[0].ExpectsResponse || inline[0].ResponseTimeout != 20 || inline[0].ErrorHandling != "auto" {
		t.Errorf("got %+v", inline)
	}
}

func TestAToolIsDecoded(t *testing.T) {
	server := resttest.Serve(t, &resttest.API{Key: secret, Tools: map[string]string{"tool_1": wholeTool}})
	tool, err := (&rest.Client{Host: server.URL, Key: apikey.New(secret)}).Tool(t.Context(), "tool_1")
	if err != nil {
		t.Fatal(err)
	}
	p := tool.Parameters
	got := fmt.Sprintln(tool.Client(), tool.Name, tool.ResponseTimeout, tool.ExpectsResponse, tool.ErrorHandling, p.Type(), p.Required,
		p.Properties["room"].Enum, p.Properties["level"].Type(), p.Properties["level"].Nullable(), p.Properties["times"].Items.Type())
	if want := "true set_light 30 true passthrough object [room] [hall kitchen] integer true number\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, want := range map[string]bool{"room": false, "who": true, "house": true} {
		if got := p.Properties[name].Fixed; got != want {
			t.Errorf("%s is fixed: %v, want %v", name, got, want)
		}
	}
	if _, placeholder := tool.Variables.Placeholders["user"]; !placeholder || p.Properties["who"].Variable != "user" {
		t.Errorf("got %v and %q", tool.Variables, p.Properties["who"].Variable)
	}
	if !p.Properties["never"].Omitted {
		t.Error("never is not omitted")
	}
}

// The test checks that missing fields get the API's defaults, and that fields of an unexpected type
// are ignored.
func TestAnAnswerMayBeIncomplete(t *testing.T) {
	server := resttest.Serve(t, &resttest.API{Refuse: map[string]resttest.Refusal{
		"/v1/convai/agents/agent_1": {Status: 200, Body: `{}`},
		"/v1/convai/agents/agent_2": {Status: 200, Body: `{"agent_id": 7, "conversation_config": {"asr": "none", "agent": {"prompt": {"tools": [7, {"name": "a", "parameters": "none"}, {"name": "b", "parameters": {"type": 7, "enum": [1, "x"], "properties": {"p": null, "q": [], "r": {"type": "string"}}}}], "tool_ids": ["tool_1"]}}}, "platform_settings": null}`},
		"/v1/convai/tools/tool_1":   {Status: 200, Body: `{"tool_config": {"name": "x", "response_timeout_secs": "soon"}}`},
		"/v1/convai/tools/tool_2":   {Status: 200, Body: `{}`},
	}})
	c := &rest.Client{Host: server.URL, Key: apikey.New(secret)}
	a, err := c.Agent(t.Context(), "agent_1", "")
	if err != nil || a.Platform != nil || a.Conversation.ASR.Format != "pcm_16000" || a.Conversation.Conversation.MaxDuration != 600 || a.Conversation.Conversation.Events != nil {
		t.Errorf("got %+v, %v", a, err)
	}
	a, err = c.Agent(t.Context(), "agent_2", "")
	if err != nil {
		t.Fatal(err)
	}
	tools := a.Conversation.Agent.Prompt.Tools
	if len(tools) != 3 || tools[1].Name != "a" || tools[2].Name != "b" || tools[2].Parameters.Properties["r"].Type() != "string" || !slices.Equal(a.ToolIDs(), []string{"tool_1"}) {
		t.Errorf("got %+v", a.Conversation.Agent.Prompt)
	}
	if tool, err := c.Tool(t.Context(), "tool_1"); err != nil || tool.Name != "x" || tool.ResponseTimeout != 20 {
		t.Errorf("got %+v, %v", tool, err)
	}
	if tool, err := c.Tool(t.Context(), "tool_2"); err == nil {
		t.Errorf("got %+v", tool)
	}
}

// The test checks the fake API: it must report requests and answers that do not fit the OpenAPI
// document.
func TestAnswersAreComparedWithTheOpenAPIDocument(t *testing.T) {
	if !resttest.Described() {
		t.Skip("there is no rest.openapi.json in ../shared/protocol")
	}
	var reports []string
	api := &resttest.API{Key: secret, Agents: map[string]string{"bad": `{"agent_id": "bad"}`}}
	server := resttest.Serve(t, api)
	api.Report = func(text string) { reports = append(reports, text) }
	c := &rest.Client{Host: server.URL, Key: apikey.New(secret)}
	c.Agent(t.Context(), "bad", "")
	c.Agent(t.Context(), "a/../b", "")
	c.SignedURL(t.Context(), "", rest.SignedURLOptions{})
	if len(reports) != 1 {
		t.Errorf("got %q", reports)
	}
}
