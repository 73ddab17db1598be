package dialog

import (
	"time"

	"moonlark/engine/convai"
)

// defaultResponseTimeout is how long an agent waits for the response of a tool if it does not say
// how long.
const defaultResponseTimeout = 20 * time.Second

// An announcedCall is a tool call that the agent has announced: a call of a server's tool, such as
// a webhook, or a client tool call that has not arrived yet. It is open until the agent says that the
// tool has responded, until the client tool call arrives, or until the deadline.
type announcedCall struct {
	began    time.Time
	timeout  time.Duration // how long the agent waits for the response
	deadline time.Time
}

// callAnnounced records that the agent has announced the tool call id. A call outside of a turn
// begins a turn. timeout is how long the agent waits for the response, zero when the agent does not
// say. extra is the time before the agent begins to wait. A second announcement of an open call sets
// a new deadline; an announcement of a call that is over has no effect.
func (t *Turns) callAnnounced(id string, timeout, extra time.Duration) {
	t.change(func() {
		if t.overCalls.has(id) {
			return
		}
		now := time.Now()
		call := t.announced[id]
		if call == nil {
			call = &announcedCall{began: now, timeout: defaultResponseTimeout}
			t.announced[id] = call
			t.beginTurnOfCall()
		}
		if timeout > 0 {
			call.timeout = timeout
		}
		call.deadline = now.Add(call.timeout + extra)
	})
}

// callResponded records that the announced tool call id has its response, and that the agent can be
// expected to say something about it. It ignores calls that have not been announced.
func (t *Turns) callResponded(id string) {
	t.change(func() {
		if t.announced[id] != nil {
			t.endAnnounced(id)
			t.newResult, t.replyEnded = true, false
		}
	})
}

// endAnnounced ends the announced call id. The caller holds the mutex.
func (t *Turns) endAnnounced(id string) {
	delete(t.announced, id)
	if id != "" { // an agent that does not number its calls can announce another one
		t.overCalls.add(id)
	}
}

// nextDeadline returns the last deadline of the announced calls that are open, and whether any call
// is open. It ends the calls whose deadline has passed. The caller holds the mutex.
func (t *Turns) nextDeadline() (deadline time.Time, open bool) {
	now := time.Now()
	for id, call := range t.announced {
		if now.Before(call.deadline) {
			open = true
			if call.deadline.After(deadline) {
				deadline = call.deadline
			}
			continue
		}
		t.endAnnounced(id)
		if call.deadline.After(t.last) {
			t.last = call.deadline
		}
		// the agent will probably say that the tool has failed, unless it has spoken already
		if !t.lastSpoke.After(call.began) {
			t.newResult, t.replyEnded = true, false
		}
	}
	return deadline, open
}

// toolsRun reports whether a tool runs: one of ours, or one that the agent has announced.
func (t *Turns) toolsRun() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, open := t.nextDeadline()
	return open || t.openCalls > 0
}

// noteRequest records that the agent calls a tool of any kind.
func (d *Dialog) noteRequest(m *convai.AgentToolRequest) {
	d.noteTimeout(m)
	d.mu.Lock()
	ours := d.isOurs(m.ToolCallID)
	d.mu.Unlock()
	if ours || m.ToolName == convai.EndCall {
		return // a client tool call is open until we have answered it; end_call has no response
	}
	d.opts.Turns.callAnnounced(m.ToolCallID, responseTimeout(m), 0)
}

// noteResponse records that a tool of any kind has responded.
func (d *Dialog) noteResponse(m *convai.AgentToolResponse) {
	d.NoteActivity()
	d.opts.Turns.callResponded(m.ToolCallID)
	d.watchForEndCall(m)
}

// noteMCPState records how far the call of a tool on an MCP server has come.
func (d *Dialog) noteMCPState(m *convai.MCPToolCall) {
	d.NoteActivity()
	switch m.State {
	case convai.MCPSuccess, convai.MCPFailure:
		d.opts.Turns.callResponded(m.ToolCallID)
	case convai.MCPAwaitingApproval:
		d.opts.Turns.callAnnounced(m.ToolCallID, 0, approvalTimeoutOf(m))
	default:
		d.opts.Turns.callAnnounced(m.ToolCallID, 0, 0)
	}
	d.requestApproval(m)
}

// responseTimeout returns how long the agent waits for the response of the tool, or zero when the
// agent does not say how long.
func responseTimeout(m *convai.AgentToolRequest) time.Duration {
	if m.ResponseTimeoutSecs <= 0 {
		return 0
	}
	return time.Duration(min(m.ResponseTimeoutSecs, maxTimeoutSecs)) * time.Second
}
