package script

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	"moonlark/engine/safetext"
	"moonlark/luastd"
)

// ApprovalEvent is the name of the event that tells scripts about the call of a tool of an MCP server.
const ApprovalEvent = "mcp_tool_call"

// surpriseTime is how long after the end of a question a person may still mean that question with an
// answer.
const surpriseTime = 10 * time.Second

// maxShownArguments is the maximal length of the arguments of a call in a question, in bytes.
const maxShownArguments = 1000

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
	typing int        // number of those with typing
	open   []*openQuestion
	ended  time.Time // when a question has ended last without the answer of a person
}

// A Question is a question that waits for an answer.
type Question struct {
	ID       string
	Attended bool // a person answers questions
	Typed    bool // with AnswerOldest, in the order of the questions
	Before   int  // number of questions that the person must answer first
	luastd.ApprovalRequest
}

// An openQuestion is a question that has no answer yet.
type openQuestion struct {
	Question
	answered func(error)
}

// Text returns the question as a person reads it. Arguments that are too long are cut, and the text
// says so.
func (q Question) Text() string {
	args := safetext.Line(string(q.Arguments))
	note := fmt.Sprintf("… (cut: %d bytes in all)", len(q.Arguments))
	return fmt.Sprintf("may %s of the MCP server %s be called with %s?", q.Tool, q.Server, safetext.Cut(args, maxShownArguments, note))
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
	q := &openQuestion{Question{fmt.Sprintf("mcp-ask-%d", a.last), a.people > 0, a.typing > 0, len(a.open), r}, answered}
	a.open = append(a.open, q)
	a.mu.Unlock()
	if a.Publish != nil {
		a.Publish(q.Question)
	}
	return func() { a.take(q.ID) }
}

// take removes the question with this id, which has ended without the answer of a person. It returns
// nil if there is none.
func (a *Approvals) take(id string) *openQuestion {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, q := range a.open {
		if q.ID == id {
			a.open = append(a.open[:i:i], a.open[i+1:]...)
			a.ended = time.Now()
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
	q.answer(approved)
	return true
}

// answer says that the call may be made, or may not.
func (q *openQuestion) answer(approved bool) {
	if approved {
		q.answered(nil)
	} else {
		q.answered(luastd.ErrRefused)
	}
}

// AnswerOldest is the answer of a person to the question that has been waiting longest. It returns
// false if there is none. If another question has just ended, the person may have meant that one: then
// a yes has no effect, and the error contains the question. A second yes counts.
func (a *Approvals) AnswerOldest(approved bool) (answered bool, err error) {
	a.mu.Lock()
	if len(a.open) == 0 {
		a.mu.Unlock()
		return false, nil
	}
	q := a.open[0]
	if approved && time.Since(a.ended) < surpriseTime {
		a.ended = time.Time{}
		a.mu.Unlock()
		return false, fmt.Errorf("the question before this one has ended without your answer. This one is: %s Answer again", q.Text())
	}
	a.open = a.open[1:]
	a.mu.Unlock()
	q.answer(approved)
	return true, nil
}

// Attend says that a person answers questions from now on, until leave is called. typing says that the
// person answers them one after the other, with AnswerOldest.
func (a *Approvals) Attend(typing bool) (leave func()) {
	a.attend(1, typing)
	return sync.OnceFunc(func() { a.attend(-1, typing) })
}

// attend adds n to the number of people who answer questions.
func (a *Approvals) attend(n int, typing bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.people += n
	if typing {
		a.typing += n
	}
}
