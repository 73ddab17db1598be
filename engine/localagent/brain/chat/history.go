package chat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/safetext"
)

// maxHistory is the maximum length of the history in a request, in tokens. More would cost time and
// money in each round.
const maxHistory = 12_000

// maxResult is the maximum length of the result of a tool in the history, in bytes. The rest is cut
// off.
const maxResult = 16 << 10

// A history is what has been said and done in a conversation. The messages that it makes fulfil the
// rules of all APIs: each tool call has exactly one result, directly behind it.
type history struct {
	exchanges []*exchange
}

// An exchange is a message of the user, or a note of the agent to the model, and all that followed.
type exchange struct {
	turn  brain.Turn
	words string // what the user has said; empty if the exchange begins with a note of the agent
	user  string // the message for the model
	// byPhrase are the calls that were made without the model.
	byPhrase []brain.Call
	steps    []*step
	rounds   int  // number of requests to the model so far
	hangUp   bool // the model has called end_call
	ended    bool // the turn has ended
}

// A step is one reply of the model, with the results of its calls.
type step struct {
	said  string // the text that was passed to the server
	calls []llm.Call
	extra map[string]json.RawMessage // see llm.Message

	results []*brain.Result // of the calls; nil for a call that has no result yet
	// late means that the user had gone on before the results arrived. The history keeps saying
	// that the calls run; a later note has the results.
	late bool

	interrupted bool
	heard       string // what the user has heard of an interrupted text
}

// text returns what the user has heard.
func (s *step) text() string {
	if !s.interrupted {
		return s.said
	}
	if s.heard == "" {
		return ""
	}
	return s.heard + " …"
}

// last returns the last step of the exchange, or nil.
func (e *exchange) last() *step {
	if len(e.steps) == 0 {
		return nil
	}
	return e.steps[len(e.steps)-1]
}

// last returns the newest exchange, or nil.
func (h *history) last() *exchange {
	if len(h.exchanges) == 0 {
		return nil
	}
	return h.exchanges[len(h.exchanges)-1]
}

// find returns the newest exchange of the turn, or nil.
func (h *history) find(turn brain.Turn) *exchange {
	for _, e := range slices.Backward(h.exchanges) {
		if e.turn == turn {
			return e
		}
	}
	return nil
}

// stillRunning is the result of a call that has none yet, for the model.
const stillRunning = "(still running; the result will follow)"

// messages returns the history for a request.
func (h *history) messages() []llm.Message {
	var all []llm.Message
	for _, e := range h.exchanges {
		all = append(all, llm.Message{Role: llm.User, Text: e.user})
		for _, s := range e.steps {
			text := s.text()
			if strings.TrimSpace(text) == "" && len(s.calls) == 0 {
				continue
			}
			all = append(all, llm.Message{Role: llm.Assistant, Text: text, Calls: s.calls, Extra: s.extra})
			for i, call := range s.calls {
				m := llm.Message{Role: llm.ToolResult, CallID: call.ID, Text: stillRunning}
				if r := s.results[i]; r != nil && !s.late {
					m.Text, m.IsError = cutResult(r.Text), r.IsError
				}
				all = append(all, m)
			}
		}
	}
	return all
}

// trim removes the oldest exchanges until the history has at most limit tokens. It keeps the newest
// exchange.
func (h *history) trim(limit int) {
	sizes := make([]int, len(h.exchanges))
	total := 0
	for i, e := range h.exchanges {
		sizes[i] = e.tokens()
		total += sizes[i]
	}
	n := 0
	for n < len(h.exchanges)-1 && total > limit {
		total -= sizes[n]
		n++
	}
	h.exchanges = slices.Delete(h.exchanges, 0, n)
}

// tokens returns an estimate of the number of tokens. A token has about 3.5 bytes.
func (e *exchange) tokens() int {
	n := len(e.user)
	for _, s := range e.steps {
		n += len(s.said)
		for _, value := range s.extra {
			n += len(value)
		}
		for i, call := range s.calls {
			n += len(call.Name) + len(call.Arguments) + 20
			for _, value := range call.Extra {
				n += len(value)
			}
			if r := s.results[i]; r != nil {
				n += min(len(r.Text), maxResult)
			}
		}
	}
	return n * 2 / 7
}

// lateNote returns the note with the results of calls that came after the user had gone on.
func lateNote(s *step) string {
	var lines []string
	for i, call := range s.calls {
		if r := s.results[i]; r != nil {
			lines = append(lines, resultNote(call.Name, "which you called earlier", *r))
		}
	}
	return strings.Join(lines, "\n")
}

// resultNote returns a text that tells the model the result of a tool, for a message that is not a
// tool result. about says which call it is.
func resultNote(name, about string, r brain.Result) string {
	outcome := "returned"
	if r.IsError {
		outcome = "failed"
	}
	return fmt.Sprintf("(The tool %s, %s, has %s: %s)", name, about, outcome, cutResult(r.Text))
}

// cutResult limits the length of the result of a tool.
func cutResult(text string) string {
	return safetext.Cut(text, maxResult, " … (the rest is cut off)")
}
