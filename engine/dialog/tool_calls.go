package dialog

import (
	"fmt"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

const (
	// answerMargin is how long before the agent's timeout a tool is stopped, so that the agent
	// still receives the error result.
	answerMargin = 500 * time.Millisecond

	maxTimeoutSecs = 24 * 60 * 60 // maximum timeout that we accept from an agent, in seconds
)

// A toolCall is one tool call of the agent that has no outcome yet.
type toolCall struct {
	call         *script.Call
	expectsReply bool // the agent wants the result
}

// A toolResult is the message to the agent that has the result of a tool call.
type toolResult struct {
	convai.ClientToolResult
	tool string // the name of the tool; it is not in the JSON
}

// held reports whether this process may act in the conversation.
func (d *Dialog) held() bool { return d.opts.Held == nil || d.opts.Held() }

// call runs the tool that the agent calls. It ignores a second call with the same id.
func (d *Dialog) call(m *convai.ClientToolCall) {
	if !d.held() {
		d.warn("the agent called %s, which does not run, because another process may have the conversation", m.ToolName)
		return
	}
	c := &script.Call{ID: m.ToolCallID, Name: m.ToolName, Args: m.Parameters, Reply: d.reply}
	d.mu.Lock()
	if c.ID == "" {
		// the agent cannot receive a result without an id, but wants the tool to run
		d.withoutID++
		c.ID = fmt.Sprintf("call %d without an id", d.withoutID)
	}
	again := d.isOurs(c.ID)
	if !again {
		d.calls[c.ID] = toolCall{call: c, expectsReply: m.WantsResult()}
		c.Timeout = d.timeouts[c.ID]
		delete(d.timeouts, c.ID)
	}
	d.mu.Unlock()
	if again {
		d.warn("the agent called %s twice with the id %s: the tool runs only once", c.Name, c.ID)
		return
	}
	d.opts.Turns.callBegan(c.ID)
	scriptName, at := d.opts.Scripts.Owner(c.Name)
	d.opts.Bus.Publish(bus.Event{Type: bus.ToolCall, Tool: c.Name, CallID: c.ID, Args: toolCallArgs(c.Args), Script: scriptName, At: at})
	d.opts.Scripts.Call(c)
}

// isOurs reports whether id is the id of a client tool call that has arrived. The caller holds d.mu.
func (d *Dialog) isOurs(id string) bool {
	_, open := d.calls[id]
	return open || d.answered.has(id)
}

// noteTimeout records how long the agent waits for the result of a client tool call. The agent announces
// the timeout in a separate message, which can arrive before the call or after it.
func (d *Dialog) noteTimeout(m *convai.AgentToolRequest) {
	timeout := responseTimeout(m)
	if timeout == 0 || m.ToolType != "client" && m.ToolType != "" {
		return // only client tool calls arrive here
	}
	timeout -= min(answerMargin, timeout/4)
	d.mu.Lock()
	if !d.isOurs(m.ToolCallID) {
		d.timeouts[m.ToolCallID] = timeout
	}
	running := d.calls[m.ToolCallID].call
	d.mu.Unlock()
	if running != nil {
		d.opts.Scripts.ShortenTimeout(running, timeout)
	}
}

// reply sends the agent the result r of the tool call c. When the conversation has ended or is not held
// any more, the scripts receive the result as an orphaned_result event. reply runs on an executor or on
// the goroutine of a timer, once for each call.
func (d *Dialog) reply(c *script.Call, r tool.Result) {
	d.NoteActivity()
	d.mu.Lock()
	expectsReply := d.calls[c.ID].expectsReply
	delete(d.calls, c.ID)
	d.answered.add(c.ID)
	d.mu.Unlock()
	scriptName, _ := d.opts.Scripts.Owner(c.Name)
	ev := ResultEvent(c, r, scriptName)
	if !expectsReply {
		d.opts.Bus.Publish(ev)
		d.opts.Turns.callEnded(d.turn)
		return
	}
	d.opts.Turns.resultIsSent(d.turn) // before the agent can react to the result
	m := &toolResult{convai.ClientToolResult{ToolCallID: c.ID, Result: r.Text, IsError: r.IsError, ErrorType: string(r.Type)}, c.Name}
	ev.Orphaned = !d.held() || d.conv.Send(m) != nil
	d.opts.Bus.Publish(ev)
	if ev.Orphaned {
		d.publishOrphan(m)
	}
	d.opts.Turns.callEnded(d.turn)
}

// ResultEvent returns the event for the result r of the call c. scriptName is the name of the script that
// offers the tool. Call it in script.Call.Reply.
func ResultEvent(c *script.Call, r tool.Result, scriptName string) bus.Event {
	return bus.Event{
		Type: bus.ToolResult, Tool: c.Name, CallID: c.ID, Script: scriptName,
		Result: &r.Text, IsError: r.IsError, ErrorType: string(r.Type),
		Seconds: c.Took().Seconds(), CPU: c.CPU().Seconds(), Queued: c.Queued().Seconds(), Waited: c.Waited().Seconds(),
	}
}

// publishOrphan publishes an orphaned_result event. It gives the scripts a tool result that can no
// longer be sent.
func (d *Dialog) publishOrphan(m *toolResult) {
	d.opts.Bus.Publish(bus.Event{
		Type: bus.OrphanedResult, ConversationID: d.id, CallID: m.ToolCallID, Tool: m.tool, Result: &m.Result, IsError: m.IsError,
	})
}

// endCalls tells the tool calls that are still running that the agent does not wait for their results
// any more, and publishes the results that were still
// in the send queue. It is called after the conversation has ended.
func (d *Dialog) endCalls() {
	d.mu.Lock()
	for _, c := range d.calls {
		c.call.SetUnwanted()
	}
	d.mu.Unlock()
	for _, m := range d.conv.Unsent() {
		if m, ok := m.(*toolResult); ok {
			d.warn("the result of %s could not be sent before the conversation ended", m.tool)
			d.publishOrphan(m)
		}
	}
}
