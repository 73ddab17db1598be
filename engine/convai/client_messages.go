package convai

import "encoding/json"

// This file has the messages that a client sends during a conversation. The messages that a client
// sends at the beginning are in initiation.go.

// UserAudioChunk is 20 to 250 ms of the user's sound. Its JSON has no field "type", unlike that of
// all other messages.
type UserAudioChunk struct {
	// Sound has the bytes of the sound, not in base64. Their format is UserInputAudioFormat of the
	// server's first message.
	Sound []byte `json:"user_audio_chunk"`
}

// Pong is the reply to a Ping. A Conversation sends it without help from the caller.
type Pong struct {
	EventID int `json:"event_id"` // the EventID of the Ping
}

// UserMessage is a text that the user wrote. The agent responds as if the user had said the text.
type UserMessage struct {
	Text string `json:"text,omitempty"`
	// RichContentID is the id of the RichContent whose button the user pressed.
	RichContentID  string `json:"rich_content_id,omitempty"`
	UserIdentifier string `json:"user_identifier,omitempty"`
}

// UserActivity says that the user is doing something, such as typing. For about two seconds after
// this message, the agent does not begin to speak.
type UserActivity struct{}

// ContextualUpdate gives the agent information without making the agent respond.
type ContextualUpdate struct {
	Text string `json:"text"`
	// ContextID identifies the update. An update replaces an earlier one with the same ContextID.
	ContextID string `json:"context_id,omitempty"`
}

// ClientToolResult is the reply to a ClientToolCall. Result must be a string in JSON: if it is any
// other value, the server closes the conversation with close code 1008.
type ClientToolResult struct {
	ToolCallID string `json:"tool_call_id"`
	Result     string `json:"result"`
	IsError    bool   `json:"is_error"`
	// ErrorType is empty or one of user_rejected, external_server, external_client, customer_auth,
	// client_timeout and unknown. If ErrorType is set, the server treats the result as an error.
	// The type user_rejected means that the tool was not called.
	ErrorType string `json:"error_type,omitempty"`
}

// MCPToolApprovalResult is the user's decision about an MCPToolCall that needs approval.
type MCPToolApprovalResult struct {
	ToolCallID string `json:"tool_call_id"`
	IsApproved bool   `json:"is_approved"`
}

// A Score is the user's rating of one response of the agent.
type Score string

const (
	Like    Score = "like"
	Dislike Score = "dislike"
)

// Feedback tells the server how the user rates one response of the agent.
type Feedback struct {
	EventID int    `json:"event_id"` // the EventID of the response that the user rates
	Score   *Score `json:"score"`    // nil removes an earlier rating
}

// MultimodalMessage is a message from the user with a text, a file or both.
type MultimodalMessage struct {
	Text   *UserMessage // nil if there is no text
	FileID string       // the id of a file uploaded to the conversation; empty if there is none
}

// multimodal has the JSON form of a MultimodalMessage. In JSON, the text and the file each have a
// field "type".
type multimodal struct {
	Text *multimodalText `json:"text,omitempty"`
	File *multimodalFile `json:"file,omitempty"`
}

type multimodalText struct {
	Type string `json:"type"`
	UserMessage
}

type multimodalFile struct {
	Type   string `json:"type"`
	FileID string `json:"file_id"`
}

// MarshalJSON encodes the message in the form of multimodal, with a field "type" in each part.
func (m *MultimodalMessage) MarshalJSON() ([]byte, error) {
	var wire multimodal
	if m.Text != nil {
		wire.Text = &multimodalText{"user_message", *m.Text}
	}
	if m.FileID != "" {
		wire.File = &multimodalFile{"file_input", m.FileID}
	}
	return json.Marshal(wire)
}

// UnmarshalJSON decodes the form of multimodal. It ignores the fields "type" of the parts.
func (m *MultimodalMessage) UnmarshalJSON(data []byte) error {
	var wire multimodal
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*m = MultimodalMessage{}
	if wire.Text != nil {
		m.Text = &wire.Text.UserMessage
	}
	if wire.File != nil {
		m.FileID = wire.File.FileID
	}
	return nil
}

func (*UserAudioChunk) MessageType() string        { return userAudioChunk }
func (*Pong) MessageType() string                  { return "pong" }
func (*UserMessage) MessageType() string           { return "user_message" }
func (*UserActivity) MessageType() string          { return "user_activity" }
func (*ContextualUpdate) MessageType() string      { return "contextual_update" }
func (*ClientToolResult) MessageType() string      { return "client_tool_result" }
func (*MCPToolApprovalResult) MessageType() string { return "mcp_tool_approval_result" }
func (*Feedback) MessageType() string              { return "feedback" }
func (*MultimodalMessage) MessageType() string     { return "multimodal_message" }
