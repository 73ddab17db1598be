package openai

import (
	"cmp"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/localagent/brain"
)

// addCall adds a tool call, or updates the call with the same id. A call that is not complete yet
// has the status "incomplete".
func (a *answer) addCall(call item) {
	for i := range a.calls {
		if known := &a.calls[i]; known.CallID == call.CallID {
			known.Name = cmp.Or(call.Name, known.Name)
			if len(call.Arguments) > 0 {
				known.Arguments = call.Arguments
			}
			known.Status = call.Status
			return
		}
	}
	a.calls = append(a.calls, call)
}

// completeCalls returns the tool calls of an answer that is complete, and records them in c.calls.
// It leaves out calls that cannot be run, for example because they have no name, and logs them.
func (c *session) completeCalls(a *answer, r *response) (calls []llm.Call) {
	for _, it := range r.Output {
		if it.Type == "function_call" {
			a.addCall(it)
		}
	}
	for _, it := range a.calls {
		_, isOpen := c.calls[it.CallID]
		if it.CallID == "" || it.Name == "" || isOpen || it.Status == "incomplete" || len(calls) == brain.MaxCalls {
			c.log.Warn("a tool call of the model was ignored", "tool", c.service.Clean(it.Name))
			continue
		}
		c.calls[it.CallID] = it.Name
		object, problem := exchange.Repair(string(it.Arguments))
		calls = append(calls, llm.Call{ID: it.CallID, Name: it.Name, Arguments: object, Problem: problem})
	}
	return calls
}
