package localagent

import (
	"fmt"
	"math"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// maxToolCalls is the maximum number of tool calls of one conversation that may run at a time.
const maxToolCalls = 256

// A toolCall is a tool call for which the client has not sent a result yet.
type toolCall struct {
	turn     *turn
	index    int // index of the call among the calls of its turn
	tool     *tool.Spec
	id       string
	timeout  time.Duration
	deadline time.Time
}

// callTools asks the client to run the tools. It sends all calls before it waits for any result. If
// too many tool calls are running, it gives the brain an error as the result of each call instead.
func (c *conversation) callTools(t *turn, calls []brain.Call) {
	t.results = make([]brain.Result, len(calls))
	if running := len(c.toolCalls); running+len(calls) > maxToolCalls {
		for i := range t.results {
			t.results[i] = brain.Result{Text: fmt.Sprintf("the agent is still waiting for %d tools", running), IsError: true}
		}
		c.brain.Results(t, t.results)
		return
	}
	t.running = len(calls)
	for i, call := range calls {
		c.callTool(t, i, call)
	}
}

func (c *conversation) callTool(t *turn, index int, call brain.Call) {
	timeout := call.Tool.Deadline() + c.opts.ToolMargin
	tc := &toolCall{t, index, call.Tool, newID("call_"), timeout, time.Now().Add(timeout)}
	c.toolCalls[tc.id] = tc
	c.send(&convai.AgentToolRequest{
		ToolName: tc.tool.Name, ToolCallID: tc.id, ToolType: "client", EventID: t.event, ExpectsResponse: new(true),
		DisableInterruptions: new(false), ResponseTimeoutSecs: int(math.Ceil(timeout.Seconds())), ExecutionMode: "immediate",
	})
	c.send(&convai.ClientToolCall{
		ToolName: tc.tool.Name, ToolCallID: tc.id, Parameters: call.Arguments, EventID: t.event, ExpectsResponse: new(true),
	})
}

// receiveToolResult handles the result of a tool call. It ignores the result if the call is
// unknown, already has a result, or has passed its deadline.
func (c *conversation) receiveToolResult(m *convai.ClientToolResult) {
	tc := c.toolCalls[m.ToolCallID]
	if tc == nil {
		c.log.Debug("ignored a tool result without a call", "tool_call_id", m.ToolCallID)
		return
	}
	called := m.ErrorType != string(tool.UserRejected)
	c.finishToolCall(tc, brain.Result{Text: m.Result, IsError: m.IsError || m.ErrorType != ""}, called)
}

// expireToolCalls ends the tool calls whose deadline has passed, with an error as their result.
func (c *conversation) expireToolCalls(now time.Time) {
	for _, tc := range c.toolCalls {
		if !now.Before(tc.deadline) {
			c.finishToolCall(tc, brain.Result{Text: fmt.Sprintf("%s did not answer within %v.", tc.tool.Name, tc.timeout), IsError: true}, true)
		}
	}
}

// finishToolCall records the result of the tool call. called reports whether the client ran the
// tool. When every call of the turn has a result, finishToolCall passes the results to the brain.
func (c *conversation) finishToolCall(tc *toolCall, result brain.Result, called bool) {
	delete(c.toolCalls, tc.id)
	t := tc.turn
	c.send(&convai.AgentToolResponse{
		ToolName: tc.tool.Name, ToolCallID: tc.id, ToolType: "client",
		IsError: result.IsError, IsCalled: called, EventID: t.event,
	})
	t.results[tc.index] = result
	if t.running--; t.running == 0 {
		c.brain.Results(t, t.results)
	}
}
