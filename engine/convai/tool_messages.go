package convai

import (
	"encoding/json"
	"errors"
)

// The messages a server sends about tools.

// ClientToolCall asks the client to run one of its tools and to answer with a
// ClientToolResult.
type ClientToolCall struct {
	ToolName   string          `json:"tool_name"`
	ToolCallID string          `json:"tool_call_id"`
	Parameters json.RawMessage `json:"parameters"` // an object by the protocol, not checked here; nil when missing
	EventID    int             `json:"event_id"`
	// ExpectsResponse false asks for no result. Servers up to the end of 2025
	// did not say; see WantsResult.
	ExpectsResponse *bool `json:"expects_response,omitempty"`
}

// WantsResult says whether the server waits for a result: unless it says that
// it does not.
func (m *ClientToolCall) WantsResult() bool {
	return m.ExpectsResponse == nil || *m.ExpectsResponse
}

// check refuses a call that could not be run or not be answered.
func (m *ClientToolCall) check() error {
	switch {
	case m.ToolName == "":
		return errors.New("no tool_name")
	case m.ToolCallID == "":
		return errors.New("no tool_call_id")
	}
	return nil
}

// AgentToolRequest tells that the agent wants a tool of any kind run. It is
// news, not a call: a client tool among them gets its ClientToolCall as well.
type AgentToolRequest struct {
	ToolName             string `json:"tool_name"`
	ToolCallID           string `json:"tool_call_id"`
	ToolType             string `json:"tool_type"` // "client", "webhook", "mcp", "system"
	EventID              int    `json:"event_id"`
	ExpectsResponse      *bool  `json:"expects_response,omitempty"`
	DisableInterruptions *bool  `json:"disable_interruptions,omitempty"`
	ResponseTimeoutSecs  int    `json:"response_timeout_secs,omitempty"` // how long the server will wait; zero when not said
	ExecutionMode        string `json:"execution_mode,omitempty"`        // "immediate", "post_tool_speech" or "async"
}

// EndCall is the name of the system tool by which an agent hangs up.
const EndCall = "end_call"

// AgentToolResponse tells how a tool of any kind went. After one of the tool
// EndCall the server closes the conversation.
type AgentToolResponse struct {
	ToolName   string `json:"tool_name"`
	ToolCallID string `json:"tool_call_id"`
	ToolType   string `json:"tool_type"`
	IsError    bool   `json:"is_error"`
	IsBlocked  bool   `json:"is_blocked,omitempty"`
	IsCalled   bool   `json:"is_called"` // it had begun
	EventID    int    `json:"event_id"`
}

// AgentToolResponseFullPayload is an AgentToolResponse with the result itself,
// up to 64 KB of it.
type AgentToolResponseFullPayload struct {
	AgentToolResponse
	FullToolResult string `json:"full_tool_result"`
	Truncated      bool   `json:"truncated,omitempty"`
}

// An MCPState is how far an MCPToolCall has come.
type MCPState string

const (
	MCPLoading          MCPState = "loading"
	MCPAwaitingApproval MCPState = "awaiting_approval" // to be answered with an MCPToolApprovalResult
	MCPSuccess          MCPState = "success"
	MCPFailure          MCPState = "failure"
)

// MCPToolCall tells what becomes of a call to a tool on an MCP server. The
// same call id comes again with each state.
type MCPToolCall struct {
	ServiceID       string          `json:"service_id"`
	ToolCallID      string          `json:"tool_call_id"`
	ToolName        string          `json:"tool_name"`
	ToolDescription string          `json:"tool_description,omitempty"`
	Parameters      json.RawMessage `json:"parameters"`          // an object
	Timestamp       string          `json:"timestamp,omitempty"` // ISO 8601
	State           MCPState        `json:"state"`
	// ApprovalTimeoutSecs is how long the server waits for an approval; zero
	// in other states, and when it does not say (then it waits 300 s).
	ApprovalTimeoutSecs int               `json:"approval_timeout_secs,omitempty"`
	Result              []json.RawMessage `json:"result,omitzero"`         // MCP content blocks; with MCPSuccess
	ErrorMessage        string            `json:"error_message,omitempty"` // with MCPFailure
}

// MCPConnectionStatus lists the MCP servers of the agent.
type MCPConnectionStatus struct {
	Integrations []MCPIntegration `json:"integrations"`
}

// An MCPIntegration is one MCP server and whether it can be reached.
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
