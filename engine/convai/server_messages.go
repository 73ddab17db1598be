package convai

import "encoding/json"

// The messages a server sends, but for those about tools. Event ids count up
// through a conversation; what they number is an utterance or turn, so several
// messages share one.

// DefaultAudioFormat is how sound is sent when the metadata does not say:
// signed 16-bit little-endian mono at 16 kHz.
const DefaultAudioFormat = "pcm_16000"

// ConversationInitiationMetadata is the first message of a conversation. The
// formats are pcm_8000, pcm_16000, pcm_22050, pcm_24000, pcm_44100, pcm_48000
// or ulaw_8000; one that is missing on the wire is read as DefaultAudioFormat,
// as the JavaScript SDK does.
type ConversationInitiationMetadata struct {
	ConversationID         string `json:"conversation_id"`
	AgentOutputAudioFormat string `json:"agent_output_audio_format"`
	UserInputAudioFormat   string `json:"user_input_audio_format"`
}

// check fills in the formats that were missing.
func (m *ConversationInitiationMetadata) check() error {
	if m.AgentOutputAudioFormat == "" {
		m.AgentOutputAudioFormat = DefaultAudioFormat
	}
	if m.UserInputAudioFormat == "" {
		m.UserInputAudioFormat = DefaultAudioFormat
	}
	return nil
}

// Audio is a piece of what the agent says, up to about half a minute of it.
type Audio struct {
	Base64    Base64     `json:"audio_base_64"` // in the format the metadata announced
	EventID   int        `json:"event_id"`
	Alignment *Alignment `json:"alignment,omitempty"`
	IsFinal   bool       `json:"is_final,omitempty"` // the last piece of this response
}

// An Alignment says when in its Audio each character is spoken, in
// milliseconds from the beginning of that piece. The three lists are equally
// long.
type Alignment struct {
	Chars       []string `json:"chars"`
	StartsMS    []int    `json:"char_start_times_ms"`
	DurationsMS []int    `json:"char_durations_ms"`
}

// AgentResponse is what the agent is about to say. It comes with the first
// audio of the response, so the text runs ahead of the voice.
type AgentResponse struct {
	Text    string `json:"agent_response"`
	EventID int    `json:"event_id"`
}

// AgentResponseCorrection follows an interruption: what of a response was
// really spoken.
type AgentResponseCorrection struct {
	Original  string `json:"original_agent_response"`
	Corrected string `json:"corrected_agent_response"`
	EventID   int    `json:"event_id"`
}

// AgentResponseComplete says that the whole response has been generated.
type AgentResponseComplete struct {
	EventID int `json:"event_id"`
}

// AgentResponseMetadata carries what a custom LLM said beside its response.
type AgentResponseMetadata struct {
	Metadata json.RawMessage `json:"metadata"` // an object
	EventID  int             `json:"event_id"`
}

// A ResponsePart says which part of a streamed text a piece is.
type ResponsePart string

const (
	PartStart ResponsePart = "start" // without text
	PartDelta ResponsePart = "delta"
	PartStop  ResponsePart = "stop" // without text
)

// AgentChatResponsePart is a piece of a response, as it is generated.
type AgentChatResponsePart struct {
	Text    string       `json:"text"`
	Part    ResponsePart `json:"type"`
	EventID int          `json:"event_id"`
}

// AgentReasoningResponsePart is a piece of what the LLM thinks before it
// responds. Its event id is a string, and not that of any other message.
type AgentReasoningResponsePart struct {
	Text    string       `json:"text"`
	Part    ResponsePart `json:"type"`
	EventID string       `json:"event_id"`
}

// UserTranscript is what the user said. It may come after the AgentResponse
// that has the same event id.
type UserTranscript struct {
	Text    string `json:"user_transcript"`
	EventID int    `json:"event_id"`
}

// TentativeUserTranscript is what the user seems to be saying; it may change.
type TentativeUserTranscript struct {
	Text    string `json:"user_transcript"`
	EventID int    `json:"event_id"`
}

// Interruption says that the user spoke over the agent. Audio with this event
// id or a lower one is not to be played any more, also what is still to come.
type Interruption struct {
	EventID int `json:"event_id"`
}

// Ping asks for a Pong with the same event id at once. A Conversation answers
// by itself.
type Ping struct {
	EventID int  `json:"event_id"`
	PingMS  *int `json:"ping_ms,omitempty"` // the server's estimate of the latency from the pong before; nil at first
}

// VADScore is how likely it is that the user is speaking, 0 to 1.
type VADScore struct {
	Score float64 `json:"vad_score"`
}

// ASRInitiationMetadata says that speech recognition has started. What it
// carries is not described.
type ASRInitiationMetadata struct{}

// GuardrailTriggered says that a guardrail of the agent has stepped in.
type GuardrailTriggered struct {
	Name string `json:"guardrail_name,omitempty"`
}

// ContextUsage is how full the LLM's context was in the turn just completed.
type ContextUsage struct {
	EventID       int    `json:"event_id"`
	Model         string `json:"model"`
	ContextTokens int    `json:"context_tokens"`
	ContextLimit  int    `json:"context_limit_tokens"`
}

// RichContent is something to show; the component decides the shape of props.
type RichContent struct {
	RichContentID string          `json:"rich_content_id"`
	Component     string          `json:"component"`
	Props         json.RawMessage `json:"props"` // an object
	EventID       int             `json:"event_id"`
}

// AgentTyping says whether a person who has taken over is typing.
type AgentTyping struct {
	IsTyping   bool `json:"is_typing"`
	DurationMS *int `json:"duration_ms,omitempty"` // after which it is over by itself; nil when not said
}

// ExternalAgentConnected says that a person has taken over from the agent.
type ExternalAgentConnected struct{}

// ExternalAgentDisconnected says that the agent has taken over again.
type ExternalAgentDisconnected struct{}

// InternalTurnProbability is how likely it is that the user's turn is over, 0
// to 1. ElevenLabs calls it not for public use.
type InternalTurnProbability struct {
	Probability float64 `json:"turn_probability"`
}

// InternalTentativeAgentResponse is a response the agent may give. ElevenLabs
// calls it not for public use.
type InternalTentativeAgentResponse struct {
	Text string `json:"tentative_agent_response"`
}

// ServerError ("error") says why the server is about to close. It is also seen
// without its envelope and then has a Message only.
type ServerError struct {
	Code         int             `json:"code"` // the close code that follows; zero when not said
	Message      string          `json:"message,omitempty"`
	ErrorType    string          `json:"error_type,omitempty"` // "override_error", "llm_timeout"
	Reason       string          `json:"reason,omitempty"`
	DebugMessage string          `json:"debug_message,omitempty"` // only for those allowed to see it
	Details      json.RawMessage `json:"details,omitempty"`       // an object
}

// ClientError is the other form of ServerError: the two descriptions of the
// protocol know one each.
type ClientError struct {
	Code      int    `json:"code"`
	ErrorName string `json:"error_name"`
	Message   string `json:"message,omitempty"`
}

func (*ConversationInitiationMetadata) MessageType() string {
	return "conversation_initiation_metadata"
}
func (*Audio) MessageType() string                      { return "audio" }
func (*AgentResponse) MessageType() string              { return "agent_response" }
func (*AgentResponseCorrection) MessageType() string    { return "agent_response_correction" }
func (*AgentResponseComplete) MessageType() string      { return "agent_response_complete" }
func (*AgentResponseMetadata) MessageType() string      { return "agent_response_metadata" }
func (*AgentChatResponsePart) MessageType() string      { return "agent_chat_response_part" }
func (*AgentReasoningResponsePart) MessageType() string { return "agent_reasoning_response_part" }
func (*UserTranscript) MessageType() string             { return "user_transcript" }
func (*TentativeUserTranscript) MessageType() string    { return "tentative_user_transcript" }
func (*Interruption) MessageType() string               { return "interruption" }
func (*Ping) MessageType() string                       { return "ping" }
func (*VADScore) MessageType() string                   { return "vad_score" }
func (*ASRInitiationMetadata) MessageType() string      { return "asr_initiation_metadata" }
func (*GuardrailTriggered) MessageType() string         { return "guardrail_triggered" }
func (*ContextUsage) MessageType() string               { return "context_usage" }
func (*RichContent) MessageType() string                { return "rich_content" }
func (*AgentTyping) MessageType() string                { return "agent_typing" }
func (*ExternalAgentConnected) MessageType() string     { return "external_agent_connected" }
func (*ExternalAgentDisconnected) MessageType() string  { return "external_agent_disconnected" }
func (*InternalTurnProbability) MessageType() string    { return "internal_turn_probability" }
func (*InternalTentativeAgentResponse) MessageType() string {
	return "internal_tentative_agent_response"
}
func (*ServerError) MessageType() string { return "error" }
func (*ClientError) MessageType() string { return "client_error" }
