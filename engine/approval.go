package engine

import (
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/convai"
)

const (
	approvalTime   = 300 * time.Second // that the server waits for an approval, when it does not say
	approvalMargin = 2 * time.Second   // before that we answer, or it would be too late
)

// An approval is the question whether an MCP tool may be called. It is answered
// once: by a script, or with no, when none does.
type approval struct {
	name string
	late *time.Timer
	done bool
}

// mcpCall deals with an MCP tool call that awaits approval, or no longer does.
func (t *talk) mcpCall(m *convai.MCPToolCall) {
	if m.State != convai.MCPAwaitingApproval {
		t.mu.Lock()
		if a := t.approvals[m.ToolCallID]; a != nil {
			a.done = true
			a.late.Stop()
		}
		t.mu.Unlock()
		return
	}
	wait := time.Duration(m.ApprovalTimeoutSecs) * time.Second
	if wait <= 0 {
		wait = approvalTime
	}
	wait = max(wait-approvalMargin, wait/2)
	if !t.e.scripts.Listens(mcpToolCall) {
		wait = 0 // nobody is going to answer
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.approvals[m.ToolCallID] != nil || t.over {
		return
	}
	id := m.ToolCallID
	a := &approval{name: m.ToolName}
	a.late = time.AfterFunc(wait, func() {
		if t.approve(id, false) == nil {
			t.e.log("", slog.LevelWarn, fmt.Sprintf("the agent may not call %s: no script has approved of it", a.name))
		}
	})
	t.approvals[id] = a
}

// mcpToolCall is the event by which scripts hear of it.
const mcpToolCall = "mcp_tool_call"

// approve answers an MCP tool call. The error is that none awaits an answer by
// that id, or that it has been answered. Any goroutine may call it.
func (t *talk) approve(id string, approved bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.approvals[id]
	switch {
	case a == nil:
		return fmt.Errorf("no call %s awaits approval", id)
	case a.done:
		return fmt.Errorf("the call %s has been answered already", id)
	}
	a.done = true
	a.late.Stop()
	return t.conv.Send(&convai.MCPToolApprovalResult{ToolCallID: id, IsApproved: approved})
}

// endApprovals gives up what has not been answered: the conversation is over.
func (t *talk) endApprovals() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	for _, a := range t.approvals {
		a.done = true
		a.late.Stop()
	}
}
