package dialog

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

// A server's tool in flight: the agent says "let me check", announces the tool, and says the answer
// only after the tool has responded. The turn must not be over before that.
func TestATurnIsNotOverWhileAnAnnouncedToolIsOpen(t *testing.T) {
	request := func(kind string, seconds int) *convai.AgentToolRequest {
		return &convai.AgentToolRequest{ToolName: "find", ToolCallID: "a", ToolType: kind, EventID: 2, ResponseTimeoutSecs: seconds}
	}
	response := &convai.AgentToolResponse{ToolName: "find", ToolCallID: "a", ToolType: "webhook", IsCalled: true, EventID: 2}
	mcp := func(state convai.MCPState, seconds int) *convai.MCPToolCall {
		return &convai.MCPToolCall{ToolName: "find", ToolCallID: "a", State: state, ApprovalTimeoutSecs: seconds}
	}
	said := &convai.AgentResponse{Text: "Let me check.", EventID: 2}
	complete := &convai.AgentResponseComplete{EventID: 2}
	for _, row := range []struct {
		name     string
		messages []any // messages of the agent, and pauses between them
		after    time.Duration
		err      error
	}{
		{"a webhook whose answer follows", []any{said, request("webhook", 60), 50 * time.Second, response, time.Second, said, complete}, announceTime, nil},
		{"a webhook after whose response the agent thinks", []any{said, complete, request("webhook", 60), 50 * time.Second, response}, thinkingTime, nil},
		{"a webhook that is announced twice", []any{said, request("webhook", 60), request("webhook", 60), response, request("webhook", 60)}, thinkingTime, nil},
		{"a webhook that does not respond", []any{said, request("webhook", 60)}, 60*time.Second + thinkingTime, nil},
		{"a webhook without a timeout that does not respond", []any{said, request("webhook", 0)}, 20*time.Second + thinkingTime, nil},
		{"a webhook whose response is not sent to clients", []any{said, request("webhook", 10), time.Second, said, complete}, 9 * time.Second, nil},
		{"a webhook that takes longer than a reply may take", []any{request("webhook", 60), 50 * time.Second, response}, replyTimeout, ErrNoReply},
		{"a full response", []any{said, request("webhook", 60), &convai.AgentToolResponseFullPayload{AgentToolResponse: *response}}, thinkingTime, nil},
		{"an MCP tool that succeeds", []any{said, mcp(convai.MCPLoading, 0), 15 * time.Second, mcp(convai.MCPSuccess, 0)}, thinkingTime, nil},
		{"an MCP tool that fails", []any{said, request("mcp", 60), mcp(convai.MCPLoading, 0), 50 * time.Second, mcp(convai.MCPFailure, 0)}, thinkingTime, nil},
		{"an MCP tool that is refused and never heard of again", []any{said, mcp(convai.MCPAwaitingApproval, 100)}, 20*time.Second + thinkingTime, nil},
		{"a client tool that never arrives", []any{said, request("client", 3)}, 3*time.Second + thinkingTime, nil},
		{"the tool end_call", []any{said, &convai.AgentToolRequest{ToolName: "end_call", ToolCallID: "a", ToolType: "system"}}, quietTime, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			play(t, Options{}, func(s *testDialog) {
				if err := s.Say("Where is it?"); err != nil {
					t.Error(err)
				}
				var err error
				done := make(chan struct{})
				go func() { err = s.opts.Turns.AwaitReply(context.Background()); close(done) }()
				for _, m := range row.messages {
					select {
					case <-done:
						t.Error("over too early")
					default:
					}
					switch m := m.(type) {
					case time.Duration:
						time.Sleep(m)
					case convai.Message:
						s.conv.receive(m)
					}
				}
				last := time.Now()
				<-done
				if took := time.Since(last); took != row.after || err != row.err {
					t.Errorf("over after %v with %v, want %v with %v", took, err, row.after, row.err)
				}
			})
		})
	}
}

func TestAClientToolIsOpenFromItsAnnouncementUntilItsResult(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.conv.receive(&convai.AgentToolRequest{ToolName: "light", ToolCallID: "x", ToolType: "client", ResponseTimeoutSecs: 5})
		if !s.opts.Turns.toolsRun() {
			t.Error("not open when it has been announced")
		}
		s.conv.receive(callMessage("x", "light"))
		time.Sleep(time.Minute) // the result is late
		if !s.opts.Turns.toolsRun() {
			t.Error("not open while it runs")
		}
		s.scripts.calls[0].Reply(s.scripts.calls[0], tool.Result{Text: "on"})
		s.conv.receive(&convai.AgentToolRequest{ToolName: "light", ToolCallID: "x", ToolType: "client", ResponseTimeoutSecs: 5})
		if s.opts.Turns.toolsRun() {
			t.Error("still open after its result")
		}
	})
}

func TestAGreetingIsNotOverWhileAnAnnouncedToolIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns()
		turns.callAnnounced("a", 0, 0)
		time.AfterFunc(3*time.Second, func() { turns.callResponded("a") })
		time.AfterFunc(3500*time.Millisecond, func() { turns.agentSpoke(1) })
		began := time.Now()
		turns.AwaitGreeting(context.Background(), false)
		if took := time.Since(began); took != 3500*time.Millisecond {
			t.Errorf("it took %v, want 3.5s", took)
		}
	})
}
