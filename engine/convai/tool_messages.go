package convai

import (
	"encoding/json"
	"strconv"
)

// This file has the messages about tools that a server sends.

// ClientToolCall asks the client to run one of its tools and to reply with a ClientToolResult.
type ClientToolCall struct {
	ToolName string `json:"tool_name"`
	// ToolCallID must be in the reply. If it is empty, the call cannot be answered.
	ToolCallID string `json:"tool_call_id"`
	// Parameters is a JSON object according to the protocol, but Parse does not check that. It is
	// nil if it is missing in the JSON.
	Parameters json.RawMessage `json:"parameters"`
	EventID    int             `json:"event_id"`
	// ExpectsResponse says whether the server waits for a result. It is nil if the server is older
	// than 2026; see WantsResult.
	ExpectsResponse *bool `json:"expects_response,omitempty"`
}

// decode decodes the message from a JSON object, which must be valid. It is faster than package json,
// because the agent of a conversation may call tools thousands of times a second. Parameters shares
// memory with object. If a field has an unusual JSON type, decode leaves m zero and returns false.
func (m *ClientToolCall) decode(object []byte) bool {
	for name, value := range members(object) {
		ok := true
		switch string(name) {
		case "tool_name":
			m.ToolName, ok = textOf(value)
		case "tool_call_id":
			m.ToolCallID, ok = textOf(value)
		case "parameters":
			m.Parameters = value
		case "event_id":
			var err error
			m.EventID, err = strconv.Atoi(string(value))
			ok = err == nil
		case "expects_response":
			expects := string(value) == "true"
			m.ExpectsResponse, ok = &expects, expects || string(value) == "false"
		}
		if !ok {
			*m = ClientToolCall{}
			return false
		}
	}
	return true
}

// textOf returns the text of a JSON value if the value is a string.
func textOf(value json.RawMessage) (text string, ok bool) {
	if value[0] != '"' {
		return "", false
	}
	return string(unquote(value)), true
}

// WantsResult reports whether the server waits for a result. It returns true unless ExpectsResponse
// is false, or the call has no id and so cannot be answered.
func (m *ClientToolCall) WantsResult() bool {
	return m.ToolCallID != "" && (m.ExpectsResponse == nil || *m.ExpectsResponse)
}

// AgentToolRequest says that the agent calls a tool of any kind. The client need not do anything.
// If the tool is a client tool, the server sends a ClientToolCall as well.
type AgentToolRequest struct {
	ToolName             string `json:"tool_name"`
	ToolCallID           string `json:"tool_call_id"`
	ToolType             string `json:"tool_type"` // such as "client", "webhook", "mcp" or "system"
	EventID              int    `json:"event_id"`
	ExpectsResponse      *bool  `json:"expects_response,omitempty"`
	DisableInterruptions *bool  `json:"disable_interruptions,omitempty"`
	// ResponseTimeoutSecs is how long the server waits for the result. It is zero if the server
	// does not say.
	ResponseTimeoutSecs int `json:"response_timeout_secs,omitempty"`
	// ExecutionMode is "immediate", "post_tool_speech" or "async".
	ExecutionMode string `json:"execution_mode,omitempty"`
}

// EndCall is the name of the system tool that an agent calls to end the conversation.
const EndCall = "end_call"

// AgentToolResponse says whether a call of a tool of any kind succeeded. If the tool is EndCall,
// the server closes the conversation after this message.
type AgentToolResponse struct {
	ToolName   string `json:"tool_name"`
	ToolCallID string `json:"tool_call_id"`
	ToolType   string `json:"tool_type"`
	IsError    bool   `json:"is_error"`
	IsBlocked  bool   `json:"is_blocked,omitempty"`
	IsCalled   bool   `json:"is_called"` // whether the call was started
	EventID    int    `json:"event_id"`
}

// AgentToolResponseFullPayload is an AgentToolResponse that also has the tool's result, or the
// first 64 KB of the result.
type AgentToolResponseFullPayload struct {
	AgentToolResponse
	FullToolResult string `json:"full_tool_result"`
	Truncated      bool   `json:"truncated,omitempty"`
}

// An MCPState says how far the call of a tool on an MCP server has come.
type MCPState string

const (
	MCPLoading MCPState = "loading"
	// The server waits for an MCPToolApprovalResult.
	MCPAwaitingApproval MCPState = "awaiting_approval"
	MCPSuccess          MCPState = "success"
	MCPFailure          MCPState = "failure"
)

// MCPToolCall says that the call of a tool on an MCP server has a new state. Messages about the
// same call have the same ToolCallID.
type MCPToolCall struct {
	ServiceID       string          `json:"service_id"`
	ToolCallID      string          `json:"tool_call_id"`
	ToolName        string          `json:"tool_name"`
	ToolDescription string          `json:"tool_description,omitempty"`
	Parameters      json.RawMessage `json:"parameters"`          // a JSON object
	Timestamp       string          `json:"timestamp,omitempty"` // a time in the form of ISO 8601
	State           MCPState        `json:"state"`
	// ApprovalTimeoutSecs is how long the server waits for the user's approval. It is zero in
	// states other than MCPAwaitingApproval. It is also zero if the server does not send it; then
	// the server waits 300 s.
	ApprovalTimeoutSecs int `json:"approval_timeout_secs,omitempty"`
	// Result has the MCP content blocks of the result. It is set in the state MCPSuccess.
	Result []json.RawMessage `json:"result,omitzero"`
	// ErrorMessage is set in the state MCPFailure.
	ErrorMessage string `json:"error_message,omitempty"`
}

// MCPConnectionStatus lists the MCP servers of the agent, and says which of them are connected.
type MCPConnectionStatus struct {
	Integrations []MCPIntegration `json:"integrations"`
}

// An MCPIntegration says whether one MCP server is connected.
type MCPIntegration struct {
	IntegrationID   string `json:"integration_id"`
	IntegrationType string `json:"integration_type"` // "mcp_server" or "mcp_integration"
	IsConnected     bool   `json:"is_connected"`
	ToolCount       int    `json:"tool_count"`
}

func (*ClientToolCall) MessageType() string    { return "client_tool_call" }
func (*AgentToolRequest) MessageType() string  { return "agent_tool_request" }
func (*AgentToolResponse) MessageType() string { return "agent_tool_response" }
func (*AgentToolResponseFullPayload) MessageType() string {
	return "agent_tool_response_full_payload"
}
func (*MCPToolCall) MessageType() string         { return "mcp_tool_call" }
func (*MCPConnectionStatus) MessageType() string { return "mcp_connection_status" }
