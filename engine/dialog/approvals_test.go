package dialog

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
)

// request returns the agent's message that asks for approval of an MCP tool call. seconds is the
// agent's timeout.
func request(id string, seconds int) *convai.MCPToolCall {
	return &convai.MCPToolCall{
		ServiceID: "s", ToolCallID: id, ToolName: "pay", Parameters: []byte(`{"sum":5}`),
		State: convai.MCPAwaitingApproval, ApprovalTimeoutSecs: seconds,
	}
}

func TestARequestForApprovalIsAnsweredOnce(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.scripts.listens[mcpToolCall] = true
		s.conv.receive(request("x", 30))
		s.conv.receive(request("x", 30)) // the agent sends the request a second time
		if err := s.Approve("x", true); err != nil {
			t.Error(err)
		}
		if err := s.Approve("x", false); err == nil || err.Error() != "the call x has been answered already" {
			t.Errorf("the second answer: %v", err)
		}
		if err := s.Approve("y", true); err == nil || err.Error() != "no call y awaits approval" {
			t.Errorf("an unknown call: %v", err)
		}
		time.Sleep(time.Minute)
		if got, want := s.conv.wire(), []string{`{"type":"mcp_tool_approval_result","tool_call_id":"x","is_approved":true}`}; !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	})
}

func TestARequestThatNoScriptAnswersIsRefusedInTime(t *testing.T) {
	for _, row := range []struct {
		name    string
		listens bool
		seconds int
		want    time.Duration
	}{
		{"at once when no script listens", false, 30, 0},
		{"2 s before the timeout of the agent", true, 30, 28 * time.Second},
		{"after half of a short timeout", true, 3, 1500 * time.Millisecond},
		{"after almost 5 minutes when the agent announces no timeout", true, 0, 298 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, s := play(t, Options{}, func(s *testDialog) {
				s.scripts.listens[mcpToolCall] = row.listens
				s.conv.receive(request("x", row.seconds))
				if row.want > 0 {
					time.Sleep(row.want - time.Millisecond)
					if got := s.conv.wire(); len(got) > 0 {
						t.Errorf("too early: %q", got)
					}
					time.Sleep(time.Millisecond)
				}
				synctest.Wait()
				if got, want := s.conv.wire(), []string{`{"type":"mcp_tool_approval_result","tool_call_id":"x","is_approved":false}`}; !slices.Equal(got, want) {
					t.Errorf("sent %q, want %q", got, want)
				}
			})
			if logs := s.all(bus.Log); len(logs) != 1 || logs[0].Text != "the agent may not call pay: no script has approved the call" {
				t.Errorf("logged %+v", logs)
			}
		})
	}
}

func TestARequestThatTheAgentWithdrawsIsNotAnswered(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.scripts.listens[mcpToolCall] = true
		s.conv.receive(request("x", 30))
		s.conv.receive(&convai.MCPToolCall{ToolCallID: "x", ToolName: "pay", State: convai.MCPFailure})
		time.Sleep(time.Minute)
		if got := s.conv.wire(); len(got) > 0 {
			t.Errorf("sent %q", got)
		}
	})
}

func TestARequestCannotBeApprovedAfterTheConversation(t *testing.T) {
	_, s := play(t, Options{}, func(s *testDialog) {
		s.scripts.listens[mcpToolCall] = true
		s.conv.receive(request("x", 30))
		s.conv.end(&convai.CloseError{Code: 1000})
		synctest.Wait()
		if err := s.Approve("x", true); err == nil {
			t.Error("a call of a conversation that has ended was approved")
		}
		time.Sleep(time.Minute)
	})
	if len(s.conv.sent) > 0 || len(s.all(bus.Log)) > 0 {
		t.Errorf("sent %q, logged %+v", s.conv.sent, s.all(bus.Log))
	}
}
