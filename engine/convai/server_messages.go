package convai

import "encoding/json"

// This file has the messages that a server sends, except those about tools. The EventID of a
// message is the number of an utterance or turn, so several messages have the same EventID. The
// numbers increase during a conversation.

// DefaultAudioFormat is the audio format if the metadata has none: mono, 16 kHz, samples of 16
// bits, signed and little-endian.
const DefaultAudioFormat = "pcm_16000"

// ConversationInitiationMetadata is the first message of a conversation. Each format is one of
// pcm_8000, pcm_16000, pcm_22050, pcm_24000, pcm_44100, pcm_48000 and ulaw_8000. If a format is
// missing in the JSON, Parse sets it to DefaultAudioFormat, as the JavaScript SDK does.
type ConversationInitiationMetadata struct {
	ConversationID         string `json:"conversation_id"`
	AgentOutputAudioFormat string `json:"agent_output_audio_format"`
	UserInputAudioFormat   string `json:"user_input_audio_format"`
}

// setDefaults sets the formats that are missing in the JSON to DefaultAudioFormat.
func (m *ConversationInitiationMetadata) setDefaults() {
	if m.AgentOutputAudioFormat == "" {
		m.AgentOutputAudioFormat = DefaultAudioFormat
	}
	if m.UserInputAudioFormat == "" {
		m.UserInputAudioFormat = DefaultAudioFormat
	}
}

// Audio is a part of the agent's speech, usually less than half a minute long.
type Audio struct {
	// Sound has the format AgentOutputAudioFormat of the server's first message. It must not be nil
	// when the message is encoded.
	Sound     []byte     `json:"audio_base_64"`
	EventID   int        `json:"event_id"`
	Alignment *Alignment `json:"alignment,omitempty"`
	IsFinal   bool       `json:"is_final,omitempty"` // whether the response ends with this message
}

// An Alignment says when each character of the text of an Audio message is spoken. The times are in
// milliseconds from the beginning of the message's sound. The three lists have the same length.
type Alignment struct {
	Chars       []string `json:"chars"`
	StartsMS    []int    `json:"char_start_times_ms"`
	DurationsMS []int    `json:"char_durations_ms"`
}

// AgentResponse has the text that the agent is about to say. The message comes together with the
// first Audio of the response, so most of the text has not been spoken yet.
type AgentResponse struct {
	Text    string `json:"agent_response"`
	EventID int    `json:"event_id"`
}

// AgentResponseCorrection is sent after the user interrupted the agent. Corrected is the part of
// the response that was spoken.
type AgentResponseCorrection struct {
	Original  string `json:"original_agent_response"`
	Corrected string `json:"corrected_agent_response"`
	EventID   int    `json:"event_id"`
}

// AgentResponseComplete says that the server has generated the whole response.
type AgentResponseComplete struct {
	EventID int `json:"event_id"`
}

// AgentResponseMetadata has data that a custom LLM added to its response.
type AgentResponseMetadata struct {
	Metadata json.RawMessage `json:"metadata"` // a JSON object
	EventID  int             `json:"event_id"`
}

// A ResponsePart says whether a message begins, continues or ends a text that is sent in parts.
type ResponsePart string

const (
	PartStart ResponsePart = "start" // begins the text; the message's Text is empty
	PartDelta ResponsePart = "delta" // has a part of the text
	PartStop  ResponsePart = "stop"  // ends the text; the message's Text is empty
)

// AgentChatResponsePart is a part of a response's text. The server sends the parts while it
// generates the response.
type AgentChatResponsePart struct {
	Text    string       `json:"text"`
	Part    ResponsePart `json:"type"`
	EventID int          `json:"event_id"`
}

// AgentReasoningResponsePart is a part of what the LLM thinks before it responds. Its EventID is a
// string, unlike the EventIDs of other messages.
type AgentReasoningResponsePart struct {
	Text    string       `json:"text"`
	Part    ResponsePart `json:"type"`
	EventID string       `json:"event_id"`
}

// UserTranscript is the text that the user said. It may come after the AgentResponse that has the
// same EventID.
type UserTranscript struct {
	Text    string `json:"user_transcript"`
	EventID int    `json:"event_id"`
}

// TentativeUserTranscript is the text that was recognised so far while the user is speaking. It may
// still change.
type TentativeUserTranscript struct {
	Text    string `json:"user_transcript"`
	EventID int    `json:"event_id"`
}

// Interruption says that the user interrupted the agent. Audio with the same or a lower EventID
// must not be played any more, even if it arrives later. If EventID is zero, the server has not said
// which response was interrupted: all audio that has arrived must not be played any more.
type Interruption struct {
	EventID int `json:"event_id"`
}

// Ping asks for a Pong with the same EventID. A Conversation sends the Pong without help from the
// caller.
type Ping struct {
	EventID int `json:"event_id"`
	// PingMS is how long the server thinks a round trip takes. It is nil in the first Ping.
	PingMS *int `json:"ping_ms,omitempty"`
}

// VADScore is the probability that the user is speaking, from 0 to 1.
type VADScore struct {
	Score float64 `json:"vad_score"`
}

// ASRInitiationMetadata says that speech recognition has started. Its fields are not documented.
type ASRInitiationMetadata struct{}

// GuardrailTriggered says that the conversation violated one of the agent's guardrails (rules about
// what may be said).
type GuardrailTriggered struct {
	Name string `json:"guardrail_name,omitempty"`
}

// ContextUsage says how many tokens of the LLM's context the last turn used, and how many it may
// use.
type ContextUsage struct {
	EventID       int    `json:"event_id"`
	Model         string `json:"model"`
	ContextTokens int    `json:"context_tokens"`
	ContextLimit  int    `json:"context_limit_tokens"`
}

// RichContent is content to show on a screen. Component says what kind of content it is, and so
// which fields Props has.
type RichContent struct {
	RichContentID string          `json:"rich_content_id"`
	Component     string          `json:"component"`
	Props         json.RawMessage `json:"props"` // a JSON object
	EventID       int             `json:"event_id"`
}

// AgentTyping says whether a human who has replaced the agent is typing.
type AgentTyping struct {
	IsTyping bool `json:"is_typing"`
	// DurationMS is how long to show that somebody is typing. It is nil if the server does not say.
	DurationMS *int `json:"duration_ms,omitempty"`
}

// ExternalAgentConnected says that a human now talks to the user in place of the agent.
type ExternalAgentConnected struct{}

// ExternalAgentDisconnected says that the human has left and the agent talks to the user again.
type ExternalAgentDisconnected struct{}

// InternalTurnProbability is the probability that the user has finished speaking, from 0 to 1.
// ElevenLabs says that the message is not for public use.
type InternalTurnProbability struct {
	Probability float64 `json:"turn_probability"`
}

// InternalTentativeAgentResponse is a response that the agent will perhaps give. ElevenLabs says
// that the message is not for public use.
type InternalTentativeAgentResponse struct {
	Text string `json:"tentative_agent_response"`
}

// EmbeddedAgentError is the ErrorType of a ServerError that says why the embedded agent could not
// answer the user. If its Code is 0, the conversation goes on. Message is for the user, with a hint.
const EmbeddedAgentError = "embedded_agent_error"

// ServerError (type "error") says why the server is about to close the conversation. Some servers
// send it without its envelope. Then only the field Message is set.
type ServerError struct {
	// Code is the close code of the close frame that will follow. It is zero if the server does not
	// say.
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
	// ErrorType is ElevenLabs' name for the problem, such as "override_error" or "llm_timeout".
	ErrorType string `json:"error_type,omitempty"`
	Reason    string `json:"reason,omitempty"`
	// DebugMessage is sent only to users who have the permission to see it.
	DebugMessage string          `json:"debug_message,omitempty"`
	Details      json.RawMessage `json:"details,omitempty"` // a JSON object
}

// ClientError has the same meaning as ServerError. ElevenLabs describes ServerError in one of its
// two AsyncAPI documents, and ClientError in the other.
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
