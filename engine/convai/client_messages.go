package convai

import "encoding/json"

// The messages a client sends, but for those that open a conversation.

// UserAudioChunk is a piece of what the user says, 20 to 250 ms of it. It is
// the only message whose frame has no type.
type UserAudioChunk struct {
	Base64 Base64 `json:"user_audio_chunk"` // in the format the metadata announced
}

// Pong answers a Ping. A Conversation sends it by itself.
type Pong struct {
	EventID int `json:"event_id"` // that of the Ping
}

// UserMessage is what the user wrote; the agent answers it as if it had been
// said.
type UserMessage struct {
	Text           string `json:"text,omitempty"`
	RichContentID  string `json:"rich_content_id,omitempty"` // when it came from a button of a RichContent
	UserIdentifier string `json:"user_identifier,omitempty"`
}

// UserActivity says that the user is there, typing perhaps. It keeps the agent
// from speaking for about two seconds.
type UserActivity struct{}

// ContextualUpdate tells the agent something without asking it to answer.
type ContextualUpdate struct {
	Text      string `json:"text"`
	ContextID string `json:"context_id,omitempty"` // the newest update with an id replaces the others with it
}

// ClientToolResult answers a ClientToolCall. Result is always a string: the
// server closes with 1008 on anything else.
type ClientToolResult struct {
	ToolCallID string `json:"tool_call_id"`
	Result     string `json:"result"`
	IsError    bool   `json:"is_error"`
	// ErrorType is empty or one of user_rejected, external_server,
	// external_client, customer_auth, client_timeout and unknown; with any of
	// them the server takes the result for an error. user_rejected marks the
	// tool as not called.
	ErrorType string `json:"error_type,omitempty"`
}

// MCPToolApprovalResult answers an MCPToolCall that awaits approval.
type MCPToolApprovalResult struct {
	ToolCallID string `json:"tool_call_id"`
	IsApproved bool   `json:"is_approved"`
}

// A Score is what the user thinks of a response.
type Score string

const (
	Like    Score = "like"
	Dislike Score = "dislike"
)

// Feedback is the user's opinion of one response.
type Feedback struct {
	EventID int    `json:"event_id"` // that of the response
	Score   *Score `json:"score"`    // nil takes an opinion back
}

// MultimodalMessage is a message with a file, with or without a text. One of
// the two is set.
type MultimodalMessage struct {
	Text   *UserMessage // nil for none
	FileID string       // of a file uploaded to the conversation; empty for none
}

// multimodal is a MultimodalMessage as it is sent: its parts are typed again.
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

// MarshalJSON gives each part its type.
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

// UnmarshalJSON takes the types of the parts as given.
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
