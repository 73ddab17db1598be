package localagent

import (
	"fmt"
	"math"
	"strings"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

// mostPending is how many calls a client may leave unanswered at a time.
const mostPending = 256

// A turn is one sentence of the user's and what comes of it. Turns overlap:
// one that waits for a slow tool holds up no other.
type turn struct {
	event int
	plan  plan
	heard []string // what each call came to, in the order of the sentence
	open  int      // calls that are not answered yet
}

// A pending is a call that is not answered yet.
type pending struct {
	turn     *turn
	index    int // of the call in the turn's plan
	id       string
	wait     time.Duration
	deadline time.Time
}

// hear begins a turn. What was said aloud is told to the client, who has only
// heard it.
func (c *conversation) hear(text string, aloud bool) {
	if strings.TrimSpace(text) == "" || c.speech.final {
		c.log.Debug("nothing was said, or after the farewell")
		return
	}
	c.interrupt(time.Now())
	t := &turn{event: c.newEvent(), plan: decide(text, c.opts.Tools(), c.asked)}
	if aloud {
		c.send(&convai.UserTranscript{Text: text, EventID: t.event})
	}
	c.asked = t.plan.ask
	if len(c.calls)+len(t.plan.calls) > mostPending {
		t.plan = plan{say: fmt.Sprintf("I am still waiting for %d tools. Ask me again when they are done.", len(c.calls))}
	}
	t.heard = make([]string, len(t.plan.calls))
	t.open = len(t.plan.calls)
	for i := range t.plan.calls {
		c.call(t, i)
	}
	c.conclude(t)
}

// call asks the client to run a tool. The calls of a sentence all go out
// before any answer is waited for.
func (c *conversation) call(t *turn, index int) {
	call := t.plan.calls[index]
	wait := call.spec.Deadline() + c.opts.ToolMargin
	p := &pending{t, index, newID("call_"), wait, time.Now().Add(wait)}
	c.calls[p.id] = p
	yes, no := true, false
	c.send(&convai.AgentToolRequest{
		ToolName: call.spec.Name, ToolCallID: p.id, ToolType: "client", EventID: t.event, ExpectsResponse: &yes,
		DisableInterruptions: &no, ResponseTimeoutSecs: int(math.Ceil(wait.Seconds())), ExecutionMode: "immediate",
	})
	c.send(&convai.ClientToolCall{
		ToolName: call.spec.Name, ToolCallID: p.id, Parameters: call.args, EventID: t.event, ExpectsResponse: &yes,
	})
}

// result takes in what a tool answered. An answer to no call, or the second to
// one, is ignored, as is one that comes too late.
func (c *conversation) result(m *convai.ClientToolResult) {
	p := c.calls[m.ToolCallID]
	if p == nil {
		c.log.Debug("result of no call", "tool_call_id", m.ToolCallID)
		return
	}
	called := m.ErrorType != string(tool.UserRejected)
	c.answer(p, m.Result, m.IsError || m.ErrorType != "", called)
}

// expire answers the calls that nobody answered in time.
func (c *conversation) expire(now time.Time) {
	for _, p := range c.calls {
		if !now.Before(p.deadline) {
			c.answer(p, fmt.Sprintf("%s did not answer within %v.", p.turn.plan.calls[p.index].spec.Name, p.wait), true, true)
		}
	}
}

func (c *conversation) answer(p *pending, text string, isError, called bool) {
	delete(c.calls, p.id)
	c.send(&convai.AgentToolResponse{
		ToolName: p.turn.plan.calls[p.index].spec.Name, ToolCallID: p.id, ToolType: "client",
		IsError: isError, IsCalled: called, EventID: p.turn.event,
	})
	p.turn.heard[p.index] = speak(text, isError)
	p.turn.open--
	c.conclude(p.turn)
}

// conclude says what came of the turn once all its calls are answered.
func (c *conversation) conclude(t *turn) {
	if t.open > 0 {
		return
	}
	parts := t.heard
	if t.plan.say != "" {
		parts = append(parts, t.plan.say)
	}
	c.say(&response{event: t.event, text: speakAll(parts), final: t.plan.end})
}
