// Package convai holds a conversation with an ElevenLabs agent over a
// WebSocket. It knows the wire: every message in both directions ([Parse],
// [ParseClient], [Marshal]), how a conversation opens ([Dial]), is carried
// ([Conversation.Run]) and ends.
//
// Three goroutines carry a conversation: the one that called Run reads, parses
// and calls the handler; a second one writes; a third notices when the
// connection has died without a word. The reader never waits for the
// writer, so whatever is queued or stuck on the way out, what comes in is seen
// at once, and a ping is answered before anyone else hears of it.
//
// The messages are those of the two AsyncAPI descriptions ElevenLabs
// publishes (in its JavaScript and its Swift SDK), merged: a field is optional
// here when either leaves it out.
package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A Message is one message of the protocol, in either direction: a pointer to
// one of this package's message types. It holds the fields of the message
// without its envelope, and is not safe to change once it has been sent.
type Message interface {
	// MessageType is the message's type on the wire, "agent_response". The
	// one message that has none there, UserAudioChunk, says
	// "user_audio_chunk".
	MessageType() string
}

// A kind says how one type of message looks on the wire.
type kind struct {
	name string
	// key is the member of the frame that holds the message's fields. Empty:
	// they stand in the frame itself, beside its type.
	key   string
	empty bool // the frame may come without that member
	flat  bool // the fields may come without their envelope all the same
	make  func() Message
}

// of makes an empty message of type T.
func of[T any, P interface {
	*T
	Message
}]() Message {
	return P(new(T))
}

// serverKinds are the messages a server sends.
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

// namedOnly are server events whose shape nobody describes: the enumeration of
// client_events in ElevenLabs' REST description has their names. They arrive
// as frames without a Message.
var namedOnly = []string{"dtmf_request"}

// clientKinds are the messages a client sends.
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

// userAudioChunk is the one message without a type on the wire; this is its
// only member there.
const userAudioChunk = "user_audio_chunk"

var (
	serverTable = table(serverKinds)
	clientTable = table(clientKinds)
)

func table(kinds []kind) map[string]*kind {
	t := make(map[string]*kind, len(kinds))
	for i := range kinds {
		t[kinds[i].name] = &kinds[i]
	}
	return t
}

// KnownServerTypes are the names of every event a server is known to send,
// sorted, also of those that have no Go type here. The slice is the caller's.
func KnownServerTypes() []string {
	names := slices.Clone(namedOnly)
	for _, k := range serverKinds {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}

// Marshal is the whole frame of a message, envelope included, as one line of
// JSON. It fails only for a nil message, one that is not of this package, or a
// json.RawMessage or map inside it that cannot be JSON.
func Marshal(m Message) ([]byte, error) {
	if m == nil {
		return nil, errors.New("no message")
	}
	name := m.MessageType()
	k := serverTable[name]
	if k == nil {
		k = clientTable[name]
	}
	if k == nil {
		return nil, fmt.Errorf("%s: not a message of this protocol", name)
	}

	var b bytes.Buffer
	b.Grow(256)
	if name != userAudioChunk {
		b.WriteString(`{"type":"`)
		b.WriteString(name)
		b.WriteByte('"')
	}
	if k.key != "" {
		b.WriteString(`,"`)
		b.WriteString(k.key)
		b.WriteString(`":`)
	}
	fields := b.Len()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b.Truncate(b.Len() - 1) // the encoder's newline

	frame := b.Bytes()
	switch {
	case k.key != "":
		return append(frame, '}'), nil
	case name == userAudioChunk:
		return frame, nil
	case len(frame) == fields+len("{}"):
		return append(frame[:fields], '}'), nil
	default:
		frame[fields] = ',' // was the brace that opened the fields
		return frame, nil
	}
}
