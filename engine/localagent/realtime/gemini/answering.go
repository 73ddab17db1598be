package gemini

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
)

const (
	// textDelay is the maximum time from the end of the agent's sound until its text has arrived.
	textDelay = 500 * time.Millisecond
	// A connection is replaced at the latest reserve before the end that the service has announced,
	// even if somebody speaks.
	reserve = 5 * time.Second
	// maxRounds is how many answers with tool calls the model may give to one message of the user.
	// Further calls are not run: their result is an error.
	maxRounds = 10
)

var errNoAnswer = errors.New("the model has answered nothing")

// The methods in this file, except for handleMessage, must be called with the mutex of the session
// locked.

// handleMessage handles a message of the service. It runs on the goroutine that reads, and does not
// wait.
func (c *session) handleMessage(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if m.Usage != nil {
		c.read, c.written = m.Usage.PromptTokenCount, m.Usage.ResponseTokenCount
	}
	if r := m.SessionResumption; r != nil && r.Resumable && r.NewHandle != "" {
		c.handle = r.NewHandle
	}
	if m.GoAway != nil {
		left, err := time.ParseDuration(m.GoAway.TimeLeft)
		if err != nil {
			left = 10 * time.Second
		}
		c.replace = now.Add(max(left-reserve, 0))
	}
	if content := m.ServerContent; content != nil {
		if t := content.InputTranscription; t != nil && t.Text != "" {
			c.heardUser(t.Text)
		}
		if content.Interrupted {
			c.interrupted()
		}
		if content.ModelTurn != nil {
			for _, part := range content.ModelTurn.Parts {
				switch {
				case part.InlineData != nil && strings.HasPrefix(part.InlineData.MimeType, "audio/pcm"):
					c.soundReceived(part.InlineData.Data, now)
				case part.Text != "" && !part.Thought:
					c.textReceived(part.Text, now)
				}
			}
		}
		if t := content.OutputTranscription; t != nil && t.Text != "" {
			c.textReceived(t.Text, now)
		}
		if content.GenerationComplete {
			c.passUserText()
			c.itemDone = now.Add(textDelay)
		}
		if content.TurnComplete {
			c.passUserText()
			c.turnComplete()
		}
	}
	if m.ToolCall != nil {
		c.passUserText()
		c.called(m.ToolCall.FunctionCalls, now)
	}
	if m.ToolCallCancellation != nil {
		for _, id := range m.ToolCallCancellation.IDs {
			delete(c.calls, id) // the tool continues to run, but the service does not want its result
		}
	}
}

// begun records that the model has begun to answer, or goes on.
func (c *session) begun(now time.Time) {
	c.turn, c.awaited = true, time.Time{}
	c.settle()
	if c.first.IsZero() {
		c.first = now
	}
}

// current returns the item that the agent is saying, and begins one if there is none.
func (c *session) current() string {
	if c.item == "" {
		c.items++
		c.item = fmt.Sprintf("agent_%d", c.items)
		c.history.Add(realtime.Entry{Item: c.item, Role: "assistant"})
	}
	return c.item
}

// soundReceived passes sound of the agent on to Events.
func (c *session) soundReceived(sound []byte, now time.Time) {
	c.begun(now)
	if c.stopped || c.start.TextOnly || len(sound) == 0 {
		return
	}
	c.spoke = true
	if c.playEnd.Before(now) {
		c.playEnd = now
	}
	c.playEnd = c.playEnd.Add(time.Duration(len(sound)/2) * time.Second / agentRate)
	c.events.AgentSound(c.current(), sound)
}

// textReceived passes a piece of the agent's text on to Events.
func (c *session) textReceived(text string, now time.Time) {
	c.begun(now)
	if c.stopped {
		return
	}
	c.spoke = true
	item := c.current()
	if e := c.history.Find(item); e != nil {
		if len(e.Text)+len(text) > realtime.MaxText {
			return
		}
		e.Text += text
	}
	c.events.AgentText(item, text)
}

// finishItem tells Events that the item that the agent is saying is complete.
func (c *session) finishItem() {
	if c.item != "" {
		c.events.AgentDone(c.item)
	}
	c.item, c.itemDone = "", time.Time{}
}

// heardUser records a piece of the text of what the user has said. It may arrive after the answer
// has begun.
func (c *session) heardUser(text string) {
	if c.userItem == "" {
		c.items++
		c.userItem = fmt.Sprintf("user_%d", c.items)
		c.history.Add(realtime.Entry{Item: c.userItem, Role: "user"})
		if !c.turn {
			c.userSpoke()
			c.events.UserBegan(c.userItem)
		}
	}
	if !c.turn {
		c.asked = time.Now()
	}
	if len(c.userText)+len(text) <= realtime.MaxText {
		c.userText += text
	}
}

// passUserText passes the text of the user's item to Events, and ends the item.
func (c *session) passUserText() {
	if c.userItem == "" {
		return
	}
	if e := c.history.Find(c.userItem); e != nil {
		e.Text = strings.TrimSpace(c.userText)
	}
	c.events.UserText(c.userItem, c.userText)
	c.userItem, c.userText = "", ""
}

// interrupted handles the message that the user has interrupted the answer. It begins a new item of
// the user.
func (c *session) interrupted() {
	c.passUserText()
	c.userSpoke()
	c.items++
	c.userItem = fmt.Sprintf("user_%d", c.items)
	c.history.Add(realtime.Entry{Item: c.userItem, Role: "user"})
	c.events.UserBegan(c.userItem)
	c.finishItem()
	c.stopped, c.playEnd = c.turn, time.Time{}
}

// turnComplete handles the end of an answer.
func (c *session) turnComplete() {
	c.finishItem()
	var err error
	if !c.spoke && !c.stopped && !c.awaited.IsZero() {
		err = errNoAnswer
	}
	c.settle()
	c.endTurn(err)
}

// endTurn tells Events that an answer has ended.
func (c *session) endTurn(err error) {
	c.events.ResponseDone(c.round(0), err)
	c.turn, c.stopped, c.awaited, c.first, c.read, c.written = false, false, time.Time{}, time.Time{}, 0, 0
}

// round returns the tokens and the times of an answer that ends now. calls is the number of its
// tool calls.
func (c *session) round(calls int) llm.Round {
	now := time.Now()
	asked := cmp.Or(c.asked, now)
	return llm.Round{
		Model: c.service.Name(c.start), Round: c.rounds + 1, Calls: calls,
		InputTokens: c.read, OutputTokens: c.written,
		FirstToken: max(cmp.Or(c.first, now).Sub(asked), 0).Seconds(), Seconds: max(now.Sub(asked), 0).Seconds(), Attempts: 1,
	}
}

// called handles tool calls of the model.
func (c *session) called(list []functionCall, now time.Time) {
	c.begun(now)
	var calls []llm.Call
	for _, f := range list {
		_, isOpen := c.calls[f.ID]
		if f.ID == "" || f.Name == "" || isOpen || len(calls) == brain.MaxCalls {
			c.log.Warn("a tool call of the model was ignored", "tool", c.service.Clean(f.Name))
			continue
		}
		c.calls[f.ID] = f
		call := llm.Call{ID: f.ID, Name: cmp.Or(c.names[f.Name], f.Name)}
		call.Arguments, call.Problem = exchange.Repair(string(f.Args))
		if c.rounds >= maxRounds {
			call.Problem = "you have called tools too often; answer the user"
		}
		calls = append(calls, call)
	}
	if len(calls) == 0 {
		return
	}
	c.finishItem()
	round := c.round(len(calls))
	c.rounds++
	c.events.Calls(calls)
	c.events.ResponseDone(round, nil)
	c.first, c.read, c.written = time.Time{}, 0, 0
}
