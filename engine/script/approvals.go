package script

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"moonlark/luastd"
)

// ApprovalEvent is the name of the event that tells scripts about the call of a tool of an MCP server.
const ApprovalEvent = "mcp_tool_call"

// Approvals are the questions whether tools of MCP servers may be called. Any goroutine may use them.
// The zero value has none, and nobody who answers.
type Approvals struct {
	// Listens reports whether a script handles ApprovalEvent, and Publish passes the event to the scripts
	// and to people. They must be set before the first question, and must not block.
	Listens func() bool
	Publish func(q Question)

	mu     sync.Mutex // guards the fields below
	last   int        // number of questions so far
	people int        // number of calls of Attend that have not ended
	open   []*openQuestion
}

// A Question is a question that waits for an answer.
type Question struct {
	ID       string
	Attended bool // a person answers questions
	luastd.ApprovalRequest
}

// An openQuestion is a question that has no answer yet.
type openQuestion struct {
	Question
	answered func(error)
}

// Fields returns the fields of ApprovalEvent for the question, as JSON.
func (q Question) Fields() json.RawMessage {
	args := q.Arguments
	if len(args) == 0 {
		args = json.RawMessage("{}")
	}
	fields, _ := json.Marshal(map[string]any{ // cannot fail: args is JSON
		"service_id": q.Server, "tool_name": q.Tool, "tool_call_id": q.ID, "tool_description": q.Description,
		"parameters": args, "state": "awaiting_approval", "approval_timeout_secs": int(math.Ceil(q.Timeout.Seconds())),
	})
	return fields
}

// Ask asks a question: see luastd.Approver.
func (a *Approvals) Ask(r luastd.ApprovalRequest, answered func(error)) (cancel func()) {
	a.mu.Lock()
	if a.people == 0 && (a.Listens == nil || !a.Listens()) {
		a.mu.Unlock()
		answered(luastd.ErrNobody)
		return func() {}
	}
	a.last++
	q := &openQuestion{Question{fmt.Sprintf("mcp-ask-%d", a.last), a.people > 0, r}, answered}
	a.open = append(a.open, q)
	a.mu.Unlock()
	if a.Publish != nil {
		a.Publish(q.Question)
	}
	return func() { a.take(q.ID) }
}

// take removes the question with this id. It returns nil if there is none.
func (a *Approvals) take(id string) *openQuestion {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, q := range a.open {
		if q.ID == id {
			a.open = append(a.open[:i:i], a.open[i+1:]...)
			return q
		}
	}
	return nil
}

// Answer answers the question with this id. It returns false if there is no such question, or if it
// has been answered.
func (a *Approvals) Answer(id string, approved bool) bool {
	q := a.take(id)
	if q == nil {
		return false
	}
	if approved {
		q.answered(nil)
	} else {
		q.answered(luastd.ErrRefused)
	}
	return true
}

// Oldest returns the question that has been waiting longest. ok is false if there is none.
func (a *Approvals) Oldest() (q Question, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.open) == 0 {
		return Question{}, false
	}
	return a.open[0].Question, true
}

// Attend says that a person answers questions from now on, until leave is called.
func (a *Approvals) Attend() (leave func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.people++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.people--
	})
}
