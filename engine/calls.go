package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// orphanedResult is the event a script gets for a tool result whose
// conversation was over before it could be sent.
const orphanedResult = "orphaned_result"

// announcedMargin is how much sooner than the agent gives up a tool is stopped,
// so that it is told why.
const announcedMargin = 500 * time.Millisecond

// mostAnnounced is the longest that an agent may say it waits, in seconds.
const mostAnnounced = 24 * 60 * 60

// A toolCall is one call of the agent's, in its conversation.
type toolCall struct {
	name    string
	ignored bool         // the agent does not want the result
	call    *script.Call // nil once it has its outcome: it holds on to its copy of the script
}

// call runs a tool for the agent, unless it has asked with that id before.
func (t *talk) call(m *convai.ClientToolCall) {
	c := &script.Call{ID: m.ToolCallID, Name: m.ToolName, Args: m.Parameters, Reply: t.reply}
	t.mu.Lock()
	_, again := t.calls[c.ID]
	if !again {
		t.calls[c.ID] = &toolCall{name: c.Name, ignored: !m.WantsResult(), call: c}
		c.Timeout = t.waits[c.ID]
		delete(t.waits, c.ID)
	}
	t.mu.Unlock()
	if again {
		t.e.log("", slog.LevelWarn, fmt.Sprintf("the agent called %s twice with the id %s: it runs once", c.Name, c.ID))
		return
	}
	t.e.turns.callBegan()
	owner := t.e.scripts.Owner(c.Name)
	t.e.out.post(event.Event{Type: event.ToolCall, Tool: c.Name, CallID: c.ID, Args: validJSON(c.Args), Script: owner})
	t.e.scripts.Call(c)
}

func validJSON(args json.RawMessage) json.RawMessage {
	if len(args) == 0 {
		return json.RawMessage("{}")
	}
	return args
}

// announce notes how long the agent waits for a call: it says so beside the
// call, before it or after.
func (t *talk) announce(m *convai.AgentToolRequest) {
	if m.ResponseTimeoutSecs <= 0 {
		return
	}
	wait := time.Duration(min(m.ResponseTimeoutSecs, mostAnnounced)) * time.Second
	wait -= min(announcedMargin, wait/4)
	t.mu.Lock()
	c := t.calls[m.ToolCallID]
	if c == nil {
		t.waits[m.ToolCallID] = wait
	}
	t.mu.Unlock()
	if c != nil && c.call != nil {
		t.e.scripts.Hurry(c.call, wait)
	}
}

// reply is the outcome of a call: sent, or when the conversation is over, told
// to the scripts. It runs on an executor or a timer, once for each call.
func (t *talk) reply(c *script.Call, r tool.Result) {
	t.mu.Lock()
	call := t.calls[c.ID]
	call.call = nil
	t.mu.Unlock()
	ev := event.Event{
		Type: event.ToolResult, Tool: c.Name, CallID: c.ID, Script: t.e.scripts.Owner(c.Name),
		Result: &r.Text, IsError: r.IsError, ErrorType: string(r.Type), Seconds: c.Took().Seconds(), CPU: c.CPU().Seconds(),
	}
	if call.ignored {
		t.e.out.post(ev)
		t.e.turns.callAnswered(t.turns, false)
		return
	}
	m := &convai.ClientToolResult{ToolCallID: c.ID, Result: r.Text, IsError: r.IsError, ErrorType: string(r.Type)}
	err := t.conv.Send(m)
	ev.Orphaned = err != nil
	t.e.out.post(ev)
	if err != nil {
		t.orphan(m)
	}
	t.e.turns.callAnswered(t.turns, true)
}

// orphan reports a result that cannot reach its conversation.
func (t *talk) orphan(m *convai.ClientToolResult) {
	t.e.dispatch(orphanedResult, map[string]any{
		"conversation_id": t.id, "tool_call_id": m.ToolCallID, "tool_name": t.nameOf(m.ToolCallID), "result": m.Result, "is_error": m.IsError,
	})
}

// nameOf is the tool that a call is of.
func (t *talk) nameOf(id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[id].name
}

// endCalls tells the handlers of calls under way that nobody waits any more, and
// reports the results that were never written.
func (t *talk) endCalls() {
	t.mu.Lock()
	for _, c := range t.calls {
		if c.call != nil {
			c.call.Cancel()
		}
	}
	t.mu.Unlock()
	for _, m := range t.conv.Unsent() {
		if m, ok := m.(*convai.ClientToolResult); ok {
			t.e.log("", slog.LevelWarn, fmt.Sprintf("the result of %s could not be sent any more", t.nameOf(m.ToolCallID)))
			t.orphan(m)
		}
	}
}
