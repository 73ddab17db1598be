package chat

import (
	"context"
	"errors"
	"slices"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
)

// A request is a request to the model.
type request struct {
	cancel   func()
	exchange *exchange
	step     *step // the reply
}

// warmUp prepares the server of the model, and logs an error if that cannot answer. A request of
// the user does not stop it, because that request needs the same preparation.
func (c *conversation) warmUp() {
	var err error
	if c.model.IsNear() {
		r := c.request([]llm.Message{{Role: llm.User, Text: "Hello"}})
		r.MaxTokens, r.WaitForModel = 1, true
		_, err = c.model.Stream(c.ctx, r, func(string) {})
	} else {
		_, err = c.model.List(c.ctx)
	}
	if err != nil && c.ctx.Err() == nil {
		c.log.Warn("the language model does not answer: " + err.Error())
	}
}

// request returns a request with the messages.
func (c *conversation) request(messages []llm.Message) llm.Request {
	return llm.Request{
		Model: c.wantedModel, System: c.system, Messages: messages, Extra: c.extra,
		Tools: brain.WithEndCall(c.start.Tools()),
	}
}

// ask asks the model for the next reply of the exchange. The caller must hold c.mu, and there
// must be no request in progress.
func (c *conversation) ask(e *exchange) {
	e.rounds++
	c.history.trim(maxHistory)
	message := c.request(c.history.messages())
	message.NoCalls = e.rounds >= maxRounds || e.tokens() > maxHistory
	if c.start.Asking != nil {
		c.start.Asking(e.rounds, message)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	r := &request{cancel: cancel, exchange: e, step: &step{}}
	e.steps = append(e.steps, r.step)
	c.active = r
	c.workers.Go(func() {
		defer cancel()
		reply, err := c.model.Stream(ctx, message, func(text string) { c.say(r, text) })
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.active == r {
			c.active = nil
			c.receive(r, reply, err)
			c.beginLate()
		}
	})
}

// say says a piece of the model's reply, unless the request has been stopped.
func (c *conversation) say(r *request, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active == r {
		r.step.said += text
		r.exchange.turn.Say(text)
	}
}

// receive handles the reply of the model. The caller must hold c.mu.
func (c *conversation) receive(r *request, reply llm.Reply, err error) {
	e := r.exchange
	if err != nil {
		c.receiveError(r, err)
		return
	}
	c.failing, c.announced = false, false
	if c.start.Report != nil {
		u := reply.Usage
		c.start.Report(llm.Round{
			Model: c.model.String(), Round: e.rounds, Calls: len(reply.Calls), InputTokens: u.InputTokens, OutputTokens: u.OutputTokens,
			FirstToken: u.FirstToken.Seconds(), Seconds: u.Duration.Seconds(), Attempts: u.Attempts,
		})
	}
	if reply.Warning != "" {
		c.log.Warn(reply.Warning)
	}
	if reply.Cut == "length" {
		c.log.Warn("the model's reply was cut, because it was too long")
	}
	if len(reply.Calls) > 0 && e.rounds < maxRounds {
		c.call(e, r.step, reply)
		return
	}
	if strings.TrimSpace(r.step.said) == "" {
		r.step.said = c.substitute(e, reply)
		e.turn.Say(r.step.said)
	}
	c.end(e, nil)
}

// substitute returns what to say when the model has said nothing: the results of the tools that it
// has called before, or that there is no answer. The caller must hold c.mu.
func (c *conversation) substitute(e *exchange, reply llm.Reply) string {
	if reply.Cut == "content_filter" {
		return "I must not answer that."
	}
	if n := len(e.steps); n > 1 {
		var texts []string
		for _, result := range e.steps[n-2].results {
			if result != nil && result.Text != "" {
				texts = append(texts, result.Text)
			}
		}
		if len(texts) > 0 {
			return strings.Join(texts, "\n")
		}
	}
	return noAnswer
}

// receiveError ends the turn with the error, or asks once more with a shorter history if the
// history was too long. The caller must hold c.mu.
func (c *conversation) receiveError(r *request, err error) {
	e := r.exchange
	var failure *llm.Error
	if errors.As(err, &failure) && failure.TooLong && r.step.said == "" && len(c.history.exchanges) > 1 {
		c.log.Warn("the conversation is too long for the model: its older half is forgotten")
		h := &c.history
		h.exchanges = slices.Delete(h.exchanges, 0, (len(h.exchanges)+1)/2)
		e.steps = e.steps[:len(e.steps)-1]
		e.rounds--
		c.ask(e)
		return
	}
	if c.replaceModel(r, err) {
		return
	}
	c.end(e, err)
}
