package luastd

import (
	"encoding/json"
	"errors"
	"time"
)

// An Approver asks whether a tool of somebody else's server may be called.
type Approver interface {
	// AskApproval asks the scripts that handle the event mcp_tool_call, and the person at the prompt.
	// answered is called once with nil if the call is approved, and otherwise with the reason, which
	// may be ErrNobody or ErrRefused: on any goroutine, possibly before AskApproval returns. cancel
	// withdraws the question.
	AskApproval(r ApprovalRequest, answered func(error)) (cancel func())
}

// An ApprovalRequest is a question whether a tool may be called.
type ApprovalRequest struct {
	Server      string // the name of the server
	Tool        string // the name of the tool, as the server calls it
	Description string // of the tool
	Arguments   json.RawMessage
	Timeout     time.Duration // how long the answer is awaited
}

// ErrNobody is the reason why a call is not approved that nobody can approve. ErrRefused says that a
// script or a person has refused the call.
var (
	ErrNobody  = errors.New("nobody is there to allow the call")
	ErrRefused = errors.New("the user did not allow the call")
)
