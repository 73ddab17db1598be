package faults

import (
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// An agent counts the tool calls that it sends and the results that it receives, in all of its
// conversations.
type agent struct {
	*testkit.Agent
	t testing.TB

	mu sync.Mutex // guards the fields below
	// number of tool calls sent, by key; a key is the conversation id, a space and the call id
	calls   map[string]int
	results map[string]int // number of results received, with the same keys as calls
}

// A conversation is the agent's end of one conversation.
type conversation struct {
	*testkit.Conversation
	agent *agent
}

// listen starts an agent that calls play for each conversation.
func listen(t testing.TB, play func(*conversation)) *agent {
	t.Helper()
	a := &agent{t: t, calls: make(map[string]int), results: make(map[string]int)}
	a.Agent = testkit.AgentOptions{Check: a.check}.Serve(t, func(c *testkit.Conversation) {
		c.KeepReading() // so that check counts every result, also those that nobody waits for
		play(&conversation{c, a})
	})
	return a
}

// oddPongs matches the answers to the pings in garbage whose event ids are not integers. A pong has
// the id of its ping.
var oddPongs = regexp.MustCompile(`^\{"type":"pong","event_id":("x"|1e400)\}$`)

// check returns an error if the client's frame is invalid. It counts the frame if it is a tool
// result.
func (a *agent) check(c *testkit.Conversation, frame testkit.Frame) error {
	if frame.Type == "pong" && oddPongs.Match(frame.Text) {
		return nil
	}
	f, err := convai.ParseClient(frame.Text)
	if err != nil {
		return err
	}
	if result, ok := f.Message.(*convai.ClientToolResult); ok {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.results[c.ID+" "+result.ToolCallID]++
	}
	return nil
}

// say sends the message m to the client.
func (c *conversation) say(m convai.Message) error {
	frame, err := convai.Marshal(m)
	if err != nil {
		return err
	}
	return c.Send(frame)
}

// call sends a tool call and returns a channel for its result. It does not wait for the result. id
// is the id of the call and args its arguments as JSON.
func (c *conversation) call(id, tool, args string) <-chan testkit.ToolResult {
	key := c.ID + " " + id
	c.agent.mu.Lock()
	c.agent.calls[key]++
	c.agent.mu.Unlock()
	result := c.StartCall(id, tool, args)
	select {
	case r := <-result:
		if errors.Is(r.Err, testkit.ErrNotSent) {
			c.agent.mu.Lock()
			c.agent.calls[key]--
			c.agent.mu.Unlock()
		}
		again := make(chan testkit.ToolResult, 1)
		again <- r
		return again
	default:
		return result
	}
}

// echo calls the tool "echo" and checks the result. id is the id of the call.
func (c *conversation) echo(id string) {
	c.agent.t.Helper()
	c.want(id, c.call(id, "echo", `{"text":"`+id+`"}`), "echo "+id)
}

// want waits for the result of a tool call and fails the test if its text is not want. id is the id
// of the call, for the error message.
func (c *conversation) want(id string, result <-chan testkit.ToolResult, want string) {
	c.agent.t.Helper()
	if r := c.await(result); r.Err != nil || r.IsError || r.Result != want {
		c.agent.t.Errorf("%s: %s = %.500s, want %.500q", c.ID, id, r, want)
	}
}

// await waits for a result from the channel. If none comes within testkit.Timeout, the Err of the
// returned ToolResult is set.
func (c *conversation) await(result <-chan testkit.ToolResult) testkit.ToolResult {
	select {
	case r := <-result:
		return r
	case <-time.After(testkit.Timeout):
		return testkit.ToolResult{Err: errors.New("no result came")}
	}
}

// checkOutcomes fails the test unless each tool call had exactly one outcome: a result, or an
// orphaned_result event. orphans is the number of these events, with the keys of agent.calls. A
// call may be without an outcome if lost returns true for its key, because its result may have been
// written to a connection that then broke.
func (a *agent) checkOutcomes(orphans map[string]int, lost func(call string) bool) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for call, times := range a.calls {
		if got := a.results[call] + orphans[call]; got != min(times, 1) && !(got == 0 && lost(call)) {
			a.t.Errorf("%s was called %d times, had %d results and was orphaned %d times", call, times, a.results[call], orphans[call])
		}
	}
	for call, times := range a.results {
		if times > 1 {
			a.t.Errorf("%s had %d results", call, times)
		}
		if a.calls[call] == 0 {
			a.t.Errorf("%s had %d results and was never called", call, times)
		}
	}
	for call, times := range orphans {
		if a.calls[call] == 0 {
			a.t.Errorf("%s was orphaned %d times and never called", call, times)
		}
	}
}

// none is the argument lost of checkOutcomes for tests in which no result may get lost.
func none(string) bool { return false }
