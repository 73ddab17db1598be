package chat

import (
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/brain/phrases"
)

// onlyPhrases is what the agent says before it calls a tool without the model for the first time
// since the model has begun to fail.
const onlyPhrases = "My language model does not answer. Until it does, I understand only fixed phrases."

// callByPhrase calls the tools if the words of the exchange are phrases of theirs without doubt. It
// returns false if there is any doubt: see [phrases.Calls]. The caller must hold c.mu.
func (c *conversation) callByPhrase(e *exchange) bool {
	calls := phrases.Calls(e.words, c.start.Tools())
	if len(calls) == 0 || len(calls) > brain.MaxCalls {
		return false
	}
	e.byPhrase = calls
	c.withoutModel[e.turn] = e
	if c.failing && !c.announced {
		c.announced = true
		e.turn.Say(onlyPhrases)
	}
	e.turn.Call(calls...)
	return true
}

// answerByPhrase ends an exchange whose tools callByPhrase has called. It adds the results to the
// message of the user in the history, so that the model learns of them in a later request. It adds
// no tool calls: they would need fields that only the server of the model can make. The caller must
// hold c.mu.
func (c *conversation) answerByPhrase(e *exchange, results []brain.Result) {
	delete(c.withoutModel, e.turn)
	for i, result := range results {
		e.user += "\n" + resultNote(e.byPhrase[i].Tool.Name, "which was called for this", result)
	}
	answer := phrases.Answer(results)
	e.steps = append(e.steps, &step{said: answer})
	e.turn.Say(answer)
	c.end(e, nil)
	c.beginLate()
}

// replaceModel is called when the request r has failed. It calls the tools if the user has said
// phrases of theirs without doubt. It returns false if it has called none. The caller must hold
// c.mu.
func (c *conversation) replaceModel(r *request, err error) bool {
	if c.ctx.Err() != nil {
		return false
	}
	c.failing = true
	e := r.exchange
	if len(e.steps) > 1 || r.step.said != "" || !c.callByPhrase(e) {
		return false
	}
	e.steps = nil
	c.log.Warn("the language model does not answer: " + err.Error())
	return true
}
