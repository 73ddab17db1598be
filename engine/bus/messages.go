package bus

// A ScriptEvent describes an event that scripts can receive.
type ScriptEvent struct {
	Name  string // name for the Lua function on()
	About string // what has happened, in one phrase, in Markdown
	// Fields are the fields of the table that a script's handler receives, without the field "type".
	// Nil means that the fields are not known.
	Fields []Field
}

// Messages describes the messages of the agent's server that scripts receive under the names that
// they have in the protocol. A server can also send messages that are not here. Scripts receive them too.
var Messages = []ScriptEvent{
	{"conversation_initiation_metadata", "the conversation has begun", []Field{
		str("conversation_id", ""),
		str("agent_output_audio_format", "format of the agent's sound, such as `pcm_16000`"),
		str("user_input_audio_format", ""),
	}},
	{"user_transcript", "what the user has said", []Field{str("user_transcript", ""), eventID}},
	{"tentative_user_transcript", "what has been recognised so far, while the user speaks; it may change", []Field{str("user_transcript", ""), eventID}},
	{"agent_response", "what the agent is about to say", []Field{str("agent_response", ""), eventID}},
	{"agent_response_correction", "the user has interrupted the agent", []Field{
		str("original_agent_response", "what the agent was about to say"), str("corrected_agent_response", "what it has said"), eventID}},
	{"agent_chat_response_part", "a piece of what the agent says, as it arrives", []Field{str("text", ""), part, eventID}},
	{"agent_response_complete", "the whole text of a response has been generated", []Field{eventID}},
	{"agent_response_metadata", "data that a language model of your own has added to its response", []Field{field("metadata", "table", ""), eventID}},
	{"agent_reasoning_response_part", "a piece of the reasoning of the language model before it responds", []Field{
		str("text", ""), part, str("event_id", "")}},
	{"interruption", "the user has interrupted the agent", []Field{
		field("event_id", "integer", "sound with this number or a smaller one is not played any more")}},
	{"audio", "sound of the agent", []Field{
		str("audio", "the bytes, decoded"), eventID,
		field("alignment", "{ chars: string[], char_start_times_ms: integer[], char_durations_ms: integer[] }?",
			"the time of each character, in milliseconds from the beginning of the sound"),
		boolean("is_final", "true if the response ends with this sound")}},
	{"vad_score", "how probable it is that the user speaks", []Field{field("vad_score", "number", "from 0 to 1")}},
	{"ping", "the server measures the connection; Moonlark has answered already", []Field{
		eventID, field("ping_ms", "integer?", "how long an answer takes, as the server thinks")}},

	{"client_tool_call", "the agent calls a tool of the scripts; Moonlark runs it", []Field{
		str("tool_name", ""), str("tool_call_id", ""), field("parameters", "table", "the arguments"), eventID,
		field("expects_response", "boolean?", "whether the agent waits for the result")}},
	{"agent_tool_request", "the agent calls a tool of any kind", []Field{
		str("tool_name", ""), str("tool_call_id", ""), toolType, eventID,
		field("expects_response", "boolean?", ""), field("disable_interruptions", "boolean?", ""),
		field("response_timeout_secs", "integer?", ""), field("execution_mode", `"immediate"|"post_tool_speech"|"async"|nil`, "")}},
	{"agent_tool_response", "a tool of any kind has a result", toolResponse},
	{"agent_tool_response_full_payload", "the same, with the result", append(toolResponse[:len(toolResponse):len(toolResponse)],
		str("full_tool_result", "the result, or its first 64 KB"), field("truncated", "boolean?", ""))},
	{"mcp_tool_call", "the call of a tool on an MCP server has a new state", []Field{
		str("tool_name", ""), str("tool_call_id", ""), str("service_id", ""), field("tool_description", "string?", ""),
		field("parameters", "table", "the arguments"), field("timestamp", "string?", ""),
		field("state", `"loading"|"awaiting_approval"|"success"|"failure"`, "see `session.approve`"),
		field("approval_timeout_secs", "integer?", "how long the server waits for `session.approve`"),
		field("result", "table[]?", "with the state `success`"), field("error_message", "string?", "with the state `failure`")}},
	{"mcp_connection_status", "which MCP servers of the agent are connected", []Field{
		field("integrations", "{ integration_id: string, integration_type: string, is_connected: boolean, tool_count: integer }[]", "the MCP servers of the agent")}},

	{"guardrail_triggered", "the conversation has violated a guardrail of the agent", []Field{field("guardrail_name", "string?", "")}},
	{"context_usage", "how much of its context the language model has used for a turn", []Field{
		eventID, str("model", ""), field("context_tokens", "integer", ""), field("context_limit_tokens", "integer", "")}},
	{"rich_content", "content to show on a screen", []Field{
		str("rich_content_id", ""), str("component", "the kind of content"), field("props", "table", "the content"), eventID}},
	{"agent_typing", "a person who has replaced the agent starts or stops typing", []Field{
		boolean("is_typing", ""), field("duration_ms", "integer?", "how long to show that somebody types")}},
	{"external_agent_connected", "a person talks to the user in place of the agent", []Field{}},
	{"external_agent_disconnected", "the person has left, and the agent talks to the user again", []Field{}},
	{"dtmf_request", "the agent asks for tones of a telephone keypad", nil},
	{"asr_initiation_metadata", "speech recognition has started", nil},
	{"internal_turn_probability", "how probable it is that the user has finished speaking; internal to ElevenLabs", []Field{
		field("turn_probability", "number", "from 0 to 1")}},
	{"internal_tentative_agent_response", "what the agent will perhaps say; internal to ElevenLabs", []Field{str("tentative_agent_response", "")}},

	{"error", "the server reports an error, usually before it closes the conversation", []Field{
		field("code", "integer?", "the close code that will follow, if the server says it"), field("message", "string?", ""),
		field("error_type", "string?", "such as `override_error`"), field("reason", "string?", ""),
		field("debug_message", "string?", ""), field("details", "table?", "")}},
	{"client_error", "the same, from some servers", []Field{
		field("code", "integer", ""), str("error_name", ""), field("message", "string?", "")}},
}

var (
	part         = field("part", `"start"|"delta"|"stop"`, "`start`, `delta` or `stop`")
	toolType     = str("tool_type", "such as `client`, `webhook`, `mcp` or `system`")
	toolResponse = []Field{
		str("tool_name", ""), str("tool_call_id", ""), toolType,
		boolean("is_error", ""), field("is_blocked", "boolean?", ""), boolean("is_called", "whether the call was started"), eventID}
)

func field(name, luaType, about string) Field { return Field{Name: name, Type: luaType, About: about} }

func str(name, about string) Field { return field(name, "string", about) }

func boolean(name, about string) Field { return field(name, "boolean", about) }

// ScriptEvents returns the descriptions of all events that scripts can receive, except those with
// names that scripts and other programs have chosen: the messages of the agent's server, and then the
// events of Moonlark's own.
func ScriptEvents() []ScriptEvent {
	all := Messages[:len(Messages):len(Messages)]
	for _, k := range Catalogue {
		if k.Script != "" {
			all = append(all, ScriptEvent{Name: k.Script, About: k.About, Fields: k.Fields})
		}
	}
	return all
}
