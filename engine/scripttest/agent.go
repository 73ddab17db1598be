package scripttest

import (
	"context"
	"encoding/json"
	"strings"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/brain/phrases"
)

// says lets a user say a sentence to the embedded agent, which has the tools of the script, and
// returns what the agent answers. The agent remembers its last question, as in a conversation.
func (s *subject) says(ctx context.Context, sentence string) (string, error) {
	s.mu.Lock()
	if s.conversation == nil {
		s.conversation = phrases.Brain{}.Open(brain.Start{Tools: s.scripts.Tools, Settings: new(convai.ConversationInitiationClientData)})
	}
	c := s.conversation
	s.mu.Unlock()
	turn := new(turn)
	c.Hear(turn, sentence)
	for len(turn.calls) > 0 {
		calls := turn.calls
		turn.calls = nil
		results, err := s.call(ctx, calls...)
		if err != nil {
			return "", err
		}
		var heard []brain.Result
		for _, r := range results {
			heard = append(heard, brain.Result{Text: r.Text, IsError: r.IsError})
		}
		c.Results(turn, heard)
	}
	answer := turn.answer.String()
	if s.scripts.Listens("agent_response") {
		fields, _ := json.Marshal(map[string]any{"agent_response": answer, "event_id": 1}) // cannot fail
		return answer, s.dispatch(ctx, "agent_response", fields)
	}
	return answer, nil
}

// A turn collects what the agent does in response to one sentence of the user: the text that it
// says, and the tools that it calls. The brain of package phrases calls the methods of the turn
// before Hear and Results return, on the same goroutine.
type turn struct {
	answer strings.Builder
	calls  []*callOf // the calls that the brain waits for
}

func (t *turn) Say(text string) { t.answer.WriteString(text) }

func (t *turn) Call(calls ...brain.Call) {
	for _, c := range calls {
		t.calls = append(t.calls, &callOf{name: c.Tool.Name, args: c.Arguments})
	}
}

func (t *turn) HangUp()   {}
func (t *turn) End(error) {}
