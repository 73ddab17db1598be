package doctor_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/agentsettings"
	"moonlark/engine/apikey"
	"moonlark/engine/doctor"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
	"moonlark/engine/tool"
)

const key = "sk_of_the_test"

// A change changes a JSON document. Each key is a path such as "tool_config.name", and each value
// is the new value at that path. The value nil removes the old value.
type change map[string]any

func (c change) apply(t *testing.T, text string) string {
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for path, value := range c {
		keys := strings.Split(path, ".")
		object := doc
		for _, k := range keys[:len(keys)-1] {
			if object[k] == nil {
				object[k] = map[string]any{}
			}
			object = object[k].(map[string]any)
		}
		if last := keys[len(keys)-1]; value == nil {
			delete(object, last)
		} else {
			object[last] = value
		}
	}
	changed, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

// The agent goodAgent and its tool goodTool fit the script's tool, which goodSpec returns. So the
// doctor finds no problem.
const (
	goodAgent = `{"agent_id": "agent_1", "name": "Butler", "metadata": {"created_at_unix_secs": 1, "updated_at_unix_secs": 2},
		"platform_settings": {"auth": {"enable_auth": false}},
		"conversation_config": {
			"conversation": {"client_events": ["audio", "agent_response", "agent_response_correction", "agent_response_complete", "interruption", "user_transcript", "client_tool_call"]},
			"agent": {"prompt": {"tool_ids": ["tool_1"]}}}}`
	goodTool = `{"id": "tool_1", "usage_stats": {"avg_latency_secs": 0}, "access_info": {"is_creator": true, "creator_name": "", "creator_email": "", "role": "admin"},
		"tool_config": {"type": "client", "name": "set_light", "description": "Switches a light", "expects_response": true, "tool_error_handling_mode": "passthrough",
			"parameters": {"type": "object", "required": ["room", "on"], "properties": {
				"room": {"type": "string", "enum": ["hall", "kitchen"], "description": "which"},
				"on": {"type": "boolean", "description": "true for on"}}}}}`
)

func goodSpec() *tool.Spec {
	return &tool.Spec{Name: "set_light", Source: "lights.lua:3", Parameters: &tool.Schema{
		Type: "object", Required: []string{"room", "on"}, Properties: []tool.Property{
			{Name: "room", Schema: &tool.Schema{Type: "string", Enum: []string{"hall", "kitchen"}}},
			{Name: "on", Schema: &tool.Schema{Type: "boolean"}},
		}}}
}

// examine runs the doctor with the agent, tools and answers of api, and with one script, whose tool
// is goodSpec. prepare may change the options; it may be nil. examine returns the findings about
// the agent, its tools and its events, one line each.
func examine(t *testing.T, api *resttest.API, prepare func(*doctor.Options)) (found []string) {
	api.Key = key
	server := resttest.Serve(t, api)
	opts := healthy(server)
	opts.Agent = "agent_1"
	opts.Scripts = []doctor.Script{{Name: "lights.lua", Tools: []*tool.Spec{goodSpec()}}}
	if prepare != nil {
		prepare(&opts)
	}
	if err := doctor.Run(t.Context(), opts, func(f doctor.Finding) {
		if f.Group == "agent" || f.Group == "tools" || f.Group == "events" {
			found = append(found, line(f))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// line formats a finding as one line: its level, group, subject, text and fix.
func line(f doctor.Finding) string {
	text := string(f.Level) + " " + f.Group + " " + f.Subject + ": " + f.Text
	if f.Fix != "" {
		text += " -> " + f.Fix
	}
	return text
}

// healthy returns options with which the doctor finds nothing wrong with the machine. server is the
// fake API.
func healthy(server *httptest.Server) doctor.Options {
	return doctor.Options{
		Client: &rest.Client{Host: server.URL, Key: apikey.New(key), HTTP: server.Client()},
		Memory: 1 << 30,
		Devices: func(context.Context) (speakers, microphones []device.Entry, reasons []string) {
			return []device.Entry{{Name: "pulse:a", Default: true}}, []device.Entry{{Name: "pulse:b"}, {Name: "alsa:c"}}, nil
		},
	}
}

func TestAgentThatAgreesWithTheScriptsHasNoProblems(t *testing.T) {
	got := examine(t, &resttest.API{Agents: map[string]string{"agent_1": goodAgent}, Tools: map[string]string{"tool_1": goodTool}}, nil)
	want := []string{
		"ok agent agent_1: Butler",
		"ok agent access: the agent is public: anybody who knows its id can talk to it",
		"ok agent hears: pcm_16000",
		"ok agent speaks: pcm_16000",
		"ok agent limits: a conversation ends after 10 min; the agent speaks up after 7 s of silence",
		"ok tools set_light: script and agent agree",
		"ok events : all events that are needed are enabled",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Without changes, the agent, the tool and the script fit each other. Each row changes one thing in
// them and lists all findings whose level is not "ok".
func TestDisagreementsAreFound(t *testing.T) {
	const (
		settings  = " in the tool's settings"
		reads     = "tool_config.parameters.properties."
		overrides = "platform_settings.overrides.conversation_config_override."
		config    = "conversation_config."
		auth      = "platform_settings.auth."
	)
	events := func(without string) change {
		var kept []any
		for _, name := range []string{"audio", "agent_response", "agent_response_correction", "agent_response_complete", "interruption", "user_transcript", "client_tool_call"} {
			if name != without {
				kept = append(kept, name)
			}
		}
		return change{config + "conversation.client_events": kept}
	}
	literal := func(kind string) map[string]any { return map[string]any{"type": kind, "description": "x"} }
	spec := func(f func(s *tool.Spec)) func(*doctor.Options) {
		return func(o *doctor.Options) { f(o.Scripts[0].Tools[0]) }
	}
	const value = " -> set it with --var or in agent{}, or give it a placeholder in the agent's settings"
	mustNot := func(name string) string {
		return "error agent overrides: " + name + " must not be overridden: the server ends the conversation -> enable the override (Security, Overrides), or do not set " + name
	}
	says := func(s agentsettings.Settings) func(*doctor.Options) {
		return func(o *doctor.Options) { o.Scripts[0].Agent = s }
	}
	every := agentsettings.Settings{
		Prompt: new("x"), FirstMessage: new("x"), Language: "en", LLM: "x", ToolIDs: []string{"tool_1"}, VoiceID: "x", ModelID: "x", Stability: new(0.5),
		Speed: new(1.0), SimilarityBoost: new(0.5), Keywords: []string{"x"}, SoftTimeoutMessage: new("x"), MaxDurationMessage: new("x"), TextOnly: new(true),
		MaxDurationSeconds: 60, ClientEvents: []string{"agent_response", "agent_response_correction", "agent_response_complete", "interruption", "user_transcript", "client_tool_call"},
		UserID: "x", BranchID: "x", Environment: "x", StartNode: "x", DynamicVariables: map[string]any{"x": 1}, ExtraBody: map[string]any{"x": 1},
	}
	for _, row := range []struct {
		name    string
		agent   change
		tool    change
		prepare func(*doctor.Options)
		want    []string // all expected findings that are not "ok", and perhaps some that are
	}{
		// In the following rows, only the script or only the agent has a tool.
		{"a tool the agent lacks", nil, nil, func(o *doctor.Options) {
			o.Scripts[0].Tools = append(o.Scripts[0].Tools, &tool.Spec{Name: "forget", Source: "lights.lua:9"})
		}, []string{"error tools forget: the agent has no such tool, so it is never called -> moonlark tools push, or give the agent a client tool of this name"}},
		{"a tool the scripts lack", nil, change{"tool_config.name": "open_door"}, func(o *doctor.Options) { o.Scripts[0].Tools = nil },
			[]string{`error tools open_door: no script has this tool: the agent's calls fail -> register_tool("open_door", ...), or remove it from the agent's tools`}},
		{"a near name", nil, change{"tool_config.name": "set_lihgt"}, nil,
			[]string{`error tools set_light: the agent has no such tool, but set_lihgt -> register it as "set_lihgt" in lights.lua:3, if that is what was meant`}},
		{"another case", nil, change{"tool_config.name": "Set_Light"}, nil,
			[]string{`error tools set_light: the agent's tool is called Set_Light: upper and lower case matter -> register it as "Set_Light" in lights.lua:3`}},
		{"a webhook of the same name", nil, change{"tool_config": map[string]any{"type": "webhook", "name": "set_light", "description": "x", "api_schema": map[string]any{"url": "https://example.com", "path_params_schema": map[string]any{}, "request_headers": map[string]any{}}}}, nil,
			[]string{"error tools set_light: the agent has a webhook tool of this name: the script's tool is never called -> make it a client tool, or rename the script's tool (lights.lua:3)"}},
		{"a built-in of the same name", change{config + "agent.prompt.built_in_tools": map[string]any{"end_call": map[string]any{"name": "end_call", "params": map[string]any{"system_tool_type": "end_call"}}}}, change{"tool_config.name": "other"},
			spec(func(s *tool.Spec) { s.Name = "end_call" }),
			[]string{"error tools end_call: the agent has a system tool of this name: the script's tool is never called -> make it a client tool, or rename the script's tool (lights.lua:3)",
				`error tools other: no script has this tool: the agent's calls fail -> register_tool("other", ...), or remove it from the agent's tools`}},
		{"a tool that was deleted", change{config + "agent.prompt.tool_ids": []any{"tool_1", "tool_9"}}, nil, nil,
			[]string{"error tools tool_9: tool tool_9: HTTP 404: /v1/convai/tools/tool_9 not found -> the tool was deleted: remove it from the agent's tools"}},
		{"an inline tool", change{config + "agent.prompt": map[string]any{"tools": []any{map[string]any{"type": "client", "name": "set_light", "description": "x", "expects_response": true, "tool_error_handling_mode": "passthrough"}}}}, nil,
			spec(func(s *tool.Spec) { s.Parameters = nil }), []string{"ok tools set_light: script and agent agree"}},
		{"a tool listed by id and inline", change{config + "agent.prompt.tools": []any{map[string]any{"type": "client", "name": "set_light", "description": "x"}}}, nil, nil, nil},
		{"two tools of one name", change{config + "agent.prompt.tool_ids": []any{"tool_1", "tool_2"}}, nil, nil,
			[]string{"warning tools set_light: the agent has two client tools of this name -> remove one of them"}},
		{"no tools at all", change{config + "agent.prompt": map[string]any{}}, nil, func(o *doctor.Options) { o.Scripts[0].Tools = nil },
			[]string{"ok tools : neither the scripts nor the agent have any tools"}},
		{"no scripts", nil, nil, func(o *doctor.Options) { o.Scripts = nil },
			[]string{"skipped tools set_light: not checked: no script was given that could have this tool"}},
		{"a script that does not load", nil, change{"tool_config.name": "open_door"}, func(o *doctor.Options) {
			o.LoadError = context.Canceled
			o.Scripts[0].Tools = nil
		}, []string{"skipped tools open_door: not checked: a script that could have this tool does not load"}},

		// In the following rows, the script and the agent have different parameters for a tool.
		{"a parameter the agent lacks", nil, change{reads + "on": nil, "tool_config.parameters.required": []any{"room"}}, nil,
			[]string{"error tools set_light: the agent's tool has no parameter on, which the script requires: every call is refused -> add it" + settings}},
		{"an optional parameter the agent lacks", nil, change{reads + "on": nil, "tool_config.parameters.required": []any{"room"}}, spec(func(s *tool.Spec) { s.Parameters.Required = []string{"room"} }),
			[]string{"warning tools set_light: the agent's tool has no parameter on -> add it" + settings}},
		{"no parameters at the agent", nil, change{"tool_config.parameters": nil}, nil,
			[]string{"error tools set_light: the agent's tool has no parameter room, which the script requires: every call is refused -> add it" + settings,
				"error tools set_light: the agent's tool has no parameter on, which the script requires: every call is refused -> add it" + settings}},
		{"no parameters in the script", nil, nil, spec(func(s *tool.Spec) { s.Parameters = nil }), nil},
		{"a misspelt parameter", nil, change{reads + "room": nil, reads + "romo": literal("string"), "tool_config.parameters.required": []any{"romo", "on"}}, nil,
			[]string{`error tools set_light: the agent's tool has no parameter room, which the script requires: every call is refused -> rename it to "romo" in lights.lua:3, or rename "romo" to "room"` + settings}},
		{"a parameter the script lacks", nil, change{reads + "level": literal("integer")}, nil,
			[]string{"warning tools set_light: the agent sends level, which the script does not declare -> declare it in lights.lua:3, or remove it" + settings}},
		{"a parameter that is omitted", nil, change{reads + "room": map[string]any{"type": "string", "is_omitted": true}}, nil,
			[]string{"error tools set_light: the agent's tool has no parameter room, which the script requires: every call is refused -> add it" + settings}},
		{"another type", nil, change{reads + "on": literal("string")}, nil,
			[]string{"error tools set_light: on is a string for the agent, but a boolean for the script -> make it a boolean" + settings}},
		{"a fraction", nil, change{reads + "on": literal("number")}, spec(func(s *tool.Spec) { s.Parameters.Properties[1].Schema.Type = "integer" }),
			[]string{"warning tools set_light: the agent may send a fraction for on, but the script wants an integer -> make it an integer" + settings}},
		{"an integer is a number", nil, change{reads + "on": literal("integer")}, spec(func(s *tool.Spec) { s.Parameters.Properties[1].Schema.Type = "number" }), nil},
		{"an array for a boolean", nil, change{reads + "on": map[string]any{"type": "array", "items": literal("string")}}, nil,
			[]string{"error tools set_light: on is an array for the agent, but a boolean for the script -> make it a boolean" + settings}},
		{"elements of an array", nil, change{reads + "on": map[string]any{"type": "array", "items": literal("string")}}, spec(func(s *tool.Spec) {
			s.Parameters.Properties[1].Schema = &tool.Schema{Type: "array", Items: &tool.Schema{Type: "number"}}
		}), []string{"error tools set_light: on[] is a string for the agent, but a number for the script -> make it a number" + settings}},
		{"a property of an object", nil, change{reads + "on": map[string]any{"type": "object", "properties": map[string]any{"a": literal("string")}}}, spec(func(s *tool.Spec) {
			s.Parameters.Properties[1].Schema = &tool.Schema{Type: "object", Properties: []tool.Property{{Name: "b", Schema: &tool.Schema{Type: "string"}}}}
		}), []string{"warning tools set_light: the agent's tool has no parameter on.b -> rename it to \"a\" in lights.lua:3, or rename \"a\" to \"b\"" + settings}},
		{"not required by the agent", nil, change{"tool_config.parameters.required": []any{"room"}}, nil,
			[]string{"warning tools set_light: the agent may leave out on, which the script requires -> make it required" + settings + ", or optional in lights.lua:3"}},
		{"nullable for the agent", nil, change{reads + "on": map[string]any{"type": []any{"boolean", "null"}, "description": "x"}}, nil,
			[]string{"warning tools set_light: the agent may leave out on, which the script requires -> make it required" + settings + ", or optional in lights.lua:3"}},
		{"a constant", nil, change{reads + "room": map[string]any{"type": "string", "constant_value": "hall"}, "tool_config.parameters.required": []any{"on"}}, nil, nil},
		{"an enum value the script refuses", nil, change{reads + "room.enum": []any{"hall", "kitchen", "attic"}}, nil,
			[]string{"error tools set_light: the agent may send attic for room, which the script refuses -> add it to the enum in lights.lua:3, or remove it" + settings}},
		{"an enum value the agent lacks", nil, change{reads + "room.enum": []any{"hall"}}, nil,
			[]string{"warning tools set_light: the agent never sends kitchen for room -> add it to the enum" + settings}},
		{"no enum at the agent", nil, change{reads + "room.enum": nil}, nil,
			[]string{"warning tools set_light: the agent may send any room, but the script accepts only hall, kitchen -> add these as the enum" + settings}},
		{"no enum in the script", nil, nil, spec(func(s *tool.Spec) { s.Parameters.Properties[0].Schema.Enum = nil }), nil},

		// The following rows are about results, errors and timeouts of a tool.
		{"the agent does not wait", nil, change{"tool_config.expects_response": nil}, nil,
			[]string{`warning tools set_light: the agent does not wait for the result: results and errors are discarded -> enable "wait for response" (expects_response) in the tool's settings`}},
		{"the agent's timeout is shorter", nil, change{"tool_config.response_timeout_secs": 5}, nil,
			[]string{"error tools set_light: the agent's timeout is 5 s, the script's is 15 s -> raise response_timeout_secs in the tool's settings to 20"}},
		{"the agent's timeout cannot be raised enough", nil, nil, spec(func(s *tool.Spec) { s.Timeout = 118 * time.Second }),
			[]string{"error tools set_light: the agent's timeout is 20 s, the script's is 118 s -> set timeout = 15 in the script"}},
		{"the same timeout", nil, change{"tool_config.response_timeout_secs": 15}, nil,
			[]string{"warning tools set_light: agent and script have the same timeout, 15 s: either may be first -> set timeout = 10 in the script"}},
		{"the script's timeout is much shorter", nil, change{"tool_config.response_timeout_secs": 120}, nil,
			[]string{"warning tools set_light: the script's timeout is 15 s, although the agent waits for 2 min -> set timeout = 115 in the script, if a call can take that long"}},
		{"a short timeout of the script", nil, nil, spec(func(s *tool.Spec) { s.Timeout = time.Second }), nil},
		{"errors are hidden", nil, change{"tool_config.tool_error_handling_mode": "hide"}, nil,
			[]string{"warning tools set_light: errors are hidden from the agent: it does not know that a call failed -> set the tool's error handling to passthrough"}},
		{"errors are hidden by default", nil, change{"tool_config.tool_error_handling_mode": nil}, nil,
			[]string{`warning tools errors: the error handling "auto" may hide errors from the agent: set_light -> set the tools' error handling to passthrough`}},

		// In the following rows, the agent does not send some events.
		{"audio is off", events("audio"), nil, nil,
			[]string{"error events audio: not enabled: there is no sound -> enable audio in the agent's settings (Advanced, Client events)"}},
		{"tool calls are off", events("client_tool_call"), nil, nil,
			[]string{"warning events client_tool_call: not enabled: the agent may not be able to use the scripts' tools -> enable client_tool_call in the agent's settings (Advanced, Client events)"}},
		{"transcripts are off", events("user_transcript"), nil, nil,
			[]string{"warning events user_transcript: not enabled: what you say is not shown -> enable user_transcript in the agent's settings (Advanced, Client events)"}},
		{"an event of a script is off", nil, nil, func(o *doctor.Options) { o.Scripts[0].Events = []string{"vad_score"} },
			[]string{`error events vad_score: not enabled: on("vad_score") in lights.lua never runs -> enable vad_score in the agent's settings (Advanced, Client events)`}},
		{"events that are always sent, and events of Moonlark", nil, nil, func(o *doctor.Options) {
			o.Scripts[0].Events = []string{"*", "conversation_initiation_metadata", "error", "level", "orphaned_result", "ping", "silent"}
		}, nil},
		{"the API does not say", change{config + "conversation": nil}, nil, nil,
			[]string{"skipped events : not checked: the API does not say which events are enabled"}},

		// In the following rows, the agent's own settings cause a finding.
		{"a private agent, and no signed URL", change{auth + "enable_auth": true}, nil, nil,
			[]string{"error agent access: the agent is private, and the API refuses a signed URL: signed URL: HTTP 404: /v1/convai/conversation/get-signed-url not found -> check the agent's id and the region: each agent is stored in one region"}},
		{"a private agent", change{auth + "enable_auth": true}, nil, func(o *doctor.Options) { o.Agent = "agent_2" },
			[]string{"ok agent access: the agent is private, and the key gets a signed URL"}},
		{"an Origin is required", change{auth + "allowlist": []any{map[string]any{"hostname": "example.com"}}, auth + "require_origin_header": true}, nil, nil,
			[]string{"error agent origin: the agent requires an Origin from its allowlist: example.com -> run with --origin https://example.com, or change the allowlist (Security)"}},
		{"an Origin in the allowlist", change{auth + "allowlist": []any{map[string]any{"hostname": "https://Example.com/"}}, auth + "require_origin_header": true}, nil, func(o *doctor.Options) { o.Origin = "https://example.com" },
			[]string{"ok agent origin: https://example.com is in the agent's allowlist"}},
		{"an Origin outside the allowlist", change{auth + "allowlist": []any{map[string]any{"hostname": "example.com"}}}, nil, func(o *doctor.Options) { o.Origin = "https://example.org" },
			[]string{"error agent origin: https://example.org is not in the agent's allowlist: example.com -> run with --origin https://example.com, or change the allowlist (Security)"}},
		{"an Origin is not required", change{auth + "allowlist": []any{map[string]any{"hostname": "example.com"}}}, nil, nil,
			[]string{"ok agent origin: no Origin is needed; web pages must be on example.com"}},
		{"the API does not say who may talk", change{"platform_settings": nil}, nil, nil,
			[]string{"skipped agent access: not checked: the API does not say who may talk to the agent -> use an API key that may edit the agent"}},
		{"an archived agent", change{"platform_settings.archived": true}, nil, nil,
			[]string{"warning agent agent_1: Butler (archived) -> restore it on the ElevenLabs site"}},
		{"an audio format of telephones", change{config + "tts.agent_output_audio_format": "ulaw_8000"}, nil, nil, []string{"ok agent speaks: ulaw_8000"}},
		{"text only", change{config + "conversation.text_only": true}, nil, nil,
			[]string{"warning agent speaks: the agent is text only: it sends no sound -> run with --text, or switch text only off (Advanced)"}},
		{"a short conversation", change{config + "conversation.max_duration_seconds": 30, config + "turn": map[string]any{"turn_timeout": 5, "silence_end_call_timeout": 20}}, nil, nil,
			[]string{"warning agent limits: a conversation ends after 30 s, or after 20 s of silence; the agent speaks up after 5 s of silence -> raise the maximum duration (Advanced)"}},
		{"a variable without a value", change{config + "agent.first_message": "Hi {{ name }}, {{name}} in {{city}} at {{system__time}}!", config + "agent.prompt.prompt": "{{name}} {{mood}} {{job}}",
			config + "agent.dynamic_variables": map[string]any{"dynamic_variable_placeholders": map[string]any{"city": "Bern"}}}, nil,
			says(agentsettings.Settings{DynamicVariables: map[string]any{"job": "butler"}}),
			[]string{"error agent variables: the first message needs name, which has no value: the server ends the conversation" + value,
				"warning agent variables: the prompt needs mood, which has no value" + value}},
		{"variables of overridden texts", change{config + "agent.first_message": "Hi {{name}}!", config + "agent.prompt.prompt": "{{mood}}"}, nil,
			says(agentsettings.Settings{FirstMessage: new("Hi!"), Prompt: new("{{job}}")}),
			[]string{mustNot("first_message"), mustNot("prompt"), "warning agent variables: the prompt needs job, which has no value" + value}},
		{"a variable of a tool", nil, change{reads + "room": map[string]any{"type": "string", "dynamic_variable": "room"}, reads + "on": map[string]any{"type": "boolean", "dynamic_variable": "on"},
			"tool_config.dynamic_variables": map[string]any{"dynamic_variable_placeholders": map[string]any{"on": true}}}, nil,
			[]string{"error agent variables: the tool set_light needs room, which has no value: the server ends the conversation" + value}},
		{"overrides", change{overrides + "agent.first_message": true}, nil, says(agentsettings.Settings{FirstMessage: new(""), VoiceID: "x"}),
			[]string{"ok agent overrides: first_message may be overridden", mustNot("voice_id")}},
		{"all overrides", nil, nil, says(every), []string{
			"warning agent speaks: the agent is text only: it sends no sound -> run with --text, or switch text only off (Advanced)",
			"skipped agent overrides: not checked: the API does not say whether client_events may be overridden -> enable the events in the agent's settings",
			mustNot("custom_llm_extra_body"), mustNot("first_message"), mustNot("keywords"),
			mustNot("language"), mustNot("llm"), mustNot("max_duration_message"),
			mustNot("max_duration_seconds"), mustNot("model_id"), mustNot("prompt"),
			mustNot("similarity_boost"), mustNot("soft_timeout_message"), mustNot("speed"),
			mustNot("stability"), mustNot("starting_workflow_node_id"), mustNot("text_only"),
			mustNot("tool_ids"), mustNot("voice_id"),
		}},
		{"the API does not say which overrides are allowed", change{"platform_settings": nil}, nil, says(agentsettings.Settings{VoiceID: "x"}), []string{
			"skipped agent access: not checked: the API does not say who may talk to the agent -> use an API key that may edit the agent",
			"skipped agent overrides: not checked: the API does not say whether voice_id may be overridden -> use an API key that may edit the agent"}},
		{"overridden tools", change{config + "agent.prompt.tool_ids": []any{}, overrides + "agent.prompt.tool_ids": true}, nil, says(agentsettings.Settings{ToolIDs: []string{"tool_1"}}), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			tools := map[string]string{"tool_1": row.tool.apply(t, goodTool), "tool_2": goodTool}
			whole := row.agent.apply(t, goodAgent)
			found := examine(t, &resttest.API{
				Agents: map[string]string{"agent_1": whole, "agent_2": whole},
				Tools:  tools,
				Signed: map[string]string{"agent_2": "wss://example.com/"},
			}, row.prepare)
			var got []string
			for _, f := range found {
				if !strings.HasPrefix(f, "ok ") || slices.Contains(row.want, f) {
					got = append(got, f)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

// This case is not a row of TestDisagreementsAreFound, because that test compares the fake API's
// responses with the OpenAPI document, which does not allow an unknown audio format.
func TestUnsupportedAudioFormatIsFound(t *testing.T) {
	whole := change{"conversation_config.asr.user_input_audio_format": "opus_48000"}.apply(t, goodAgent)
	got := examine(t, &resttest.API{
		Tools:  map[string]string{"tool_1": goodTool},
		Refuse: map[string]resttest.Refusal{"/v1/convai/agents/agent_1": {Status: 200, Body: whole}},
	}, nil)
	want := `error agent hears: unknown audio format "opus_48000": it can be pcm_8000, pcm_16000, pcm_22050, pcm_24000, pcm_44100, pcm_48000, ulaw_8000 -> choose pcm_16000 as the agent's user input format (Advanced)`
	if !slices.Contains(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// The test checks that the doctor also reads the tools in the agent's workflow. With so many tools,
// several goroutines read them at the same time.
func TestToolsOfAWorkflowAreRead(t *testing.T) {
	nodes, tools := map[string]any{}, map[string]string{"tool_1": goodTool}
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		nodes[id] = map[string]any{"type": "tool", "position": map[string]any{"x": 0, "y": 0}, "edge_order": []any{}, "tools": []any{map[string]any{"tool_id": id}}}
		tools[id] = change{"tool_config.name": "tool_" + id, "tool_config.parameters": nil}.apply(t, goodTool)
	}
	whole := change{"workflow": map[string]any{"edges": map[string]any{}, "prevent_subagent_loops": false, "nodes": nodes}}.apply(t, goodAgent)
	got := examine(t, &resttest.API{Agents: map[string]string{"agent_1": whole}, Tools: tools}, func(o *doctor.Options) {
		for _, name := range slices.Sorted(maps.Keys(nodes)) {
			o.Scripts[0].Tools = append(o.Scripts[0].Tools, &tool.Spec{Name: "tool_" + name})
		}
	})
	n := 0
	for _, f := range got {
		if strings.HasSuffix(f, ": script and agent agree") {
			n++
		}
	}
	if n != 8 {
		t.Errorf("%d tools agree, want 8:\n%s", n, strings.Join(got, "\n"))
	}
}
