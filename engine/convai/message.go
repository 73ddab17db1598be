package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A Message is one message of the protocol, from the server or from the client: a pointer to one of
// this package's message types. It has the fields of the message without the envelope. Do not
// change a message after it was passed to Send.
type Message interface {
	// MessageType returns the type of the message in JSON, such as "agent_response". For
	// UserAudioChunk, whose JSON has no type, it returns "user_audio_chunk".
	MessageType() string
}

// A kind describes the JSON of one type of message. The fields of most messages are in an object
// within the whole JSON object, called the envelope: in {"type": "ping", "ping_event": {"event_id":
// 1}} the envelope is the value of ping_event.
type kind struct {
	name string // the value of the JSON field "type"
	// key is the name of the field whose value is the envelope. It is empty if messages of this
	// type have no envelope.
	key string
	// empty says that the protocol allows the envelope to be missing. The message then has no
	// fields.
	empty bool
	// flat says that the envelope may be missing. The fields are then in the whole JSON object.
	flat bool
	make func() Message

	// prefix is the JSON of a message of this type up to its fields, such as
	// {"type":"ping","ping_event":
	prefix string
}

// of returns a new message of type T, all of whose fields are zero.
func of[T any, P interface {
	*T
	Message
}]() Message {
	return P(new(T))
}

// serverKinds are the types of messages that a server sends.
var serverKinds = []kind{
	{name: "conversation_initiation_metadata", key: "conversation_initiation_metadata_event", make: of[ConversationInitiationMetadata]},
	{name: "audio", key: "audio_event", make: of[Audio]},
	{name: "agent_response", key: "agent_response_event", make: of[AgentResponse]},
	{name: "agent_response_correction", key: "agent_response_correction_event", make: of[AgentResponseCorrection]},
	{name: "agent_response_complete", key: "agent_response_complete_event", make: of[AgentResponseComplete]},
	{name: "agent_response_metadata", key: "agent_response_metadata_event", make: of[AgentResponseMetadata]},
	{name: "agent_chat_response_part", key: "text_response_part", make: of[AgentChatResponsePart]},
	{name: "agent_reasoning_response_part", key: "reasoning_response_part", make: of[AgentReasoningResponsePart]},
	{name: "user_transcript", key: "user_transcription_event", make: of[UserTranscript]},
	{name: "tentative_user_transcript", key: "tentative_user_transcription_event", make: of[TentativeUserTranscript]},
	{name: "interruption", key: "interruption_event", make: of[Interruption]},
	{name: "ping", key: "ping_event", make: of[Ping]},
	{name: "vad_score", key: "vad_score_event", make: of[VADScore]},
	{name: "client_tool_call", key: "client_tool_call", make: of[ClientToolCall]},
	{name: "agent_tool_request", key: "agent_tool_request", make: of[AgentToolRequest]},
	{name: "agent_tool_response", key: "agent_tool_response", make: of[AgentToolResponse]},
	{name: "agent_tool_response_full_payload", key: "agent_tool_response_full_payload", make: of[AgentToolResponseFullPayload]},
	{name: "mcp_tool_call", key: "mcp_tool_call", make: of[MCPToolCall]},
	{name: "mcp_connection_status", key: "mcp_connection_status", make: of[MCPConnectionStatus]},
	{name: "asr_initiation_metadata", key: "asr_initiation_metadata_event", empty: true, make: of[ASRInitiationMetadata]},
	{name: "guardrail_triggered", key: "guardrail_triggered_event", empty: true, make: of[GuardrailTriggered]},
	{name: "context_usage", key: "context_usage_event", make: of[ContextUsage]},
	{name: "rich_content", key: "rich_content", make: of[RichContent]},
	{name: "agent_typing", key: "agent_typing_event", make: of[AgentTyping]},
	{name: "external_agent_connected", key: "external_agent_connected_event", empty: true, make: of[ExternalAgentConnected]},
	{name: "external_agent_disconnected", key: "external_agent_disconnected_event", empty: true, make: of[ExternalAgentDisconnected]},
	{name: "internal_turn_probability", key: "turn_probability_internal_event", make: of[InternalTurnProbability]},
	{name: "internal_tentative_agent_response", key: "tentative_agent_response_internal_event", make: of[InternalTentativeAgentResponse]},
	{name: "error", key: "error_event", flat: true, make: of[ServerError]},
	{name: "client_error", key: "error_event", make: of[ClientError]},
}

// namedOnly are types of messages from the server that are known only by name, from the values of
// client_events in ElevenLabs' description of its REST API. Parse returns them without a Message.
var namedOnly = []string{"dtmf_request"}

// clientKinds are the types of messages that a client sends.
var clientKinds = []kind{
	{name: "conversation_initiation_client_data", make: of[ConversationInitiationClientData]},
	{name: "enclave_setup_config", make: of[EnclaveSetupConfig]},
	{name: userAudioChunk, make: of[UserAudioChunk]},
	{name: "pong", make: of[Pong]},
	{name: "user_message", make: of[UserMessage]},
	{name: "user_activity", make: of[UserActivity]},
	{name: "contextual_update", make: of[ContextualUpdate]},
	{name: "client_tool_result", make: of[ClientToolResult]},
	{name: "mcp_tool_approval_result", make: of[MCPToolApprovalResult]},
	{name: "feedback", make: of[Feedback]},
	{name: "multimodal_message", make: of[MultimodalMessage]},
}

// userAudioChunk is the name of the only JSON field of UserAudioChunk, which has no field "type".
const userAudioChunk = "user_audio_chunk"

// A table finds the kinds of messages of one direction.
type table struct {
	byName map[string]*kind
	byJSON map[string]*kind // by the name in quotes, as it is in JSON
	byKey  map[string]*kind // by the name of the envelope; the first one if several kinds have the same
}

var (
	serverTable = newTable(serverKinds)
	clientTable = newTable(clientKinds)
)

func newTable(kinds []kind) table {
	t := table{byName: make(map[string]*kind), byJSON: make(map[string]*kind), byKey: make(map[string]*kind)}
	for i := range kinds {
		k := &kinds[i]
		switch {
		case k.key != "":
			k.prefix = fmt.Sprintf(`{"type":%q,%q:`, k.name, k.key)
		case k.name != userAudioChunk:
			k.prefix = fmt.Sprintf(`{"type":%q`, k.name)
		}
		t.byName[k.name] = k
		if k.key != "" && t.byKey[k.key] == nil {
			t.byKey[k.key] = k
		}
		if k.name != userAudioChunk { // its JSON has no type
			t.byJSON[`"`+k.name+`"`] = k
		}
	}
	return t
}

// KnownServerTypes returns the types of all messages that a server is known to send, sorted. For
// some of them, this package has no Go type. The caller may change the slice.
func KnownServerTypes() []string {
	names := slices.Clone(namedOnly)
	for _, k := range serverKinds {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

// Marshal encodes a message as one line of JSON, including the type and the envelope. It returns an
// error if m is nil or not one of this package's types, or if a json.RawMessage or a map in m
// cannot be encoded.
func Marshal(m Message) ([]byte, error) {
	if m == nil {
		return nil, errors.New("no message")
	}
	name := m.MessageType()
	k := serverTable.byName[name]
	if k == nil {
		k = clientTable.byName[name]
	}
	if k == nil {
		return nil, fmt.Errorf("%s: not a message of this protocol", name)
	}

	b := bytes.NewBuffer(make([]byte, 0, 256))
	b.WriteString(k.prefix)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	frame := b.Bytes()[:b.Len()-1] // Encode appends a newline
	inner := frame[len(k.prefix):]
	switch {
	case name == userAudioChunk:
		return frame, nil
	case k.key != "":
		return append(frame, '}'), nil
	case string(inner) == "{}":
		return append(frame[:len(k.prefix)], '}'), nil
	default:
		inner[0] = ',' // the fields of m follow the type, in one object
		return frame, nil
	}
}
