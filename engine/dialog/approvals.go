package dialog

import (
	"fmt"
	"time"

	"moonlark/engine/convai"
)

const (
	// approvalTimeout is how long the server waits for an approval if its message does not contain
	// a timeout.
	approvalTimeout = 300 * time.Second

	// approvalMargin is how long before the server's timeout Moonlark refuses a request that no
	// script has answered.
	approvalMargin = 2 * time.Second
)

// mcpToolCall is the name of the event that tells scripts about an MCP tool call.
const mcpToolCall = "mcp_tool_call"

// An approval is a request of the agent to approve an MCP tool call. It gets one answer: from a
// script, or a refusal when no script has answered in time.
type approval struct {
	tool     string
	refuse   *time.Timer
	answered bool
}

// requestApproval handles the agent's message about an MCP tool call. If the call awaits approval,
// it starts the timer that refuses the request; otherwise it stops that timer.
func (d *Dialog) requestApproval(m *convai.MCPToolCall) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.approvals[m.ToolCallID]
	switch {
	case m.State != convai.MCPAwaitingApproval:
		if known != nil {
			known.end()
		}
		return
	case known != nil || d.ended:
		return
	}
	timeout := approvalTimeoutOf(m)
	timeout = max(timeout-approvalMargin, timeout/2)
	if !d.opts.Scripts.Listens(mcpToolCall) {
		timeout = 0 // refuse at once, since no script can answer
	}
	id, name := m.ToolCallID, m.ToolName
	d.approvals[id] = &approval{tool: name, refuse: time.AfterFunc(timeout, func() {
		if d.Approve(id, false) == nil {
			d.warn("the agent may not call %s: no script has approved the call", name)
		}
	})}
}

// approvalTimeoutOf returns how long the server waits for the approval of the MCP tool call.
func approvalTimeoutOf(m *convai.MCPToolCall) time.Duration {
	if m.ApprovalTimeoutSecs <= 0 {
		return approvalTimeout
	}
	return time.Duration(min(m.ApprovalTimeoutSecs, maxTimeoutSecs)) * time.Second
}

// Approve answers a request to approve an MCP tool call; callID is the id of the call. It returns
// an error when there is no such request, when the request has been answered already, or when the
// answer cannot be sent. Any goroutine may call it.
func (d *Dialog) Approve(callID string, approved bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.approvals[callID]
	switch {
	case a == nil:
		return fmt.Errorf("no call %s awaits approval", callID)
	case a.answered:
		return fmt.Errorf("the call %s has been answered already", callID)
	}
	a.end()
	d.opts.Turns.callAnnounced(callID, 0, 0) // from now on, the server waits for the tool
	return d.conv.Send(&convai.MCPToolApprovalResult{ToolCallID: callID, IsApproved: approved})
}

// end marks the request as answered and stops the timer that would refuse it.
func (a *approval) end() {
	a.answered = true
	a.refuse.Stop()
}

// endApprovals marks all requests as answered. It is called after the conversation has ended.
func (d *Dialog) endApprovals() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.approvals {
		a.end()
	}
}
