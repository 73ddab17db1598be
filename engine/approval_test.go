package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// awaiting asks for approval of an MCP tool call.
func (a *fakeAgent) awaiting(id string, seconds int) {
	a.send(&convai.MCPToolCall{
		ServiceID: "s", ToolCallID: id, ToolName: "pay", Parameters: []byte(`{"sum":5}`),
		State: convai.MCPAwaitingApproval, ApprovalTimeoutSecs: seconds,
	})
}

func TestAnMCPCallIsAnsweredByAScriptOnce(t *testing.T) {
	t.Parallel()
	url := fake(t, func(a *fakeAgent) {
		a.send(&convai.MCPToolCall{ServiceID: "s", ToolCallID: "yes", ToolName: "pay", Parameters: []byte(`{"sum":5}`), State: convai.MCPLoading})
		for _, row := range []struct{ id, want string }{
			{"yes", `{"type":"mcp_tool_approval_result","tool_call_id":"yes","is_approved":true}`},
			{"no", `{"type":"mcp_tool_approval_result","tool_call_id":"no","is_approved":false}`},
		} {
			a.awaiting(row.id, 30)
			a.awaiting(row.id, 30) // said again, asked once
			if got := a.frame(); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		}
		a.send(&convai.MCPToolCall{ToolCallID: "yes", ToolName: "pay", State: convai.MCPSuccess})
		if got := a.frame(); got != `{"type":"user_activity"}` {
			t.Errorf("got %s", got)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `
		on("mcp_tool_call", function(e)
			print("state " .. e.state)
			if e.state == "success" then session.activity() end
			if e.state == "awaiting_approval" then
				print(e.tool_name .. " " .. e.parameters.sum)
				print("first", session.approve(e.tool_call_id, e.tool_call_id == "yes"))
				print("second", session.approve(e.tool_call_id, true))
			end
		end)
		on_start(function() print("early", session.approve("yes", true)) after(0.05, function() print("unknown", session.approve("what", true)) end) end)
	`)
	h.start(context.Background())()
	h.until(event.Print, "state loading")
	h.until(event.Print, "pay 5")
	h.until(event.Print, "second\tnil\tthe call yes has been answered already")
	h.until(event.Print, "second\tnil\tthe call no has been answered already")
	if got := h.printed("early"); !slices.Equal(got, []string{"\tnil\tthere is no conversation"}) {
		t.Errorf("early: %q", got)
	}
}

func TestAnMCPCallThatNobodyAnswersIsRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, source string
		least, most  time.Duration
	}{
		{"at once when no script listens", "", 0, 3 * time.Second},
		{"in time when one listens and says nothing", `on("mcp_tool_call", function() end)`, 1900 * time.Millisecond, 3900 * time.Millisecond},
		{"in time when one asks for too long", `on("mcp_tool_call", function(e) sleep(5) session.approve(e.tool_call_id, true) end)`, 1900 * time.Millisecond, 3900 * time.Millisecond},
		{"in time when one fails", `on("mcp_tool_call", function() error("oh") end)`, 1900 * time.Millisecond, 3900 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url := fake(t, func(a *fakeAgent) {
				began := time.Now()
				a.awaiting("x", 4)
				if got := a.frame(); got != `{"type":"mcp_tool_approval_result","tool_call_id":"x","is_approved":false}` {
					t.Errorf("got %s", got)
				}
				if took := time.Since(began); took < row.least || took > row.most {
					t.Errorf("it took %v, want %v to %v", took, row.least, row.most)
				}
				a.close(1000, "")
			})
			h := build(t, Options{Target: Target{URL: url}}, "a.lua", row.source)
			h.start(context.Background())()
			h.until(event.Log, "the agent may not call pay: no script has approved of it")
		})
	}
}

func TestAnApprovalBelongsToItsConversation(t *testing.T) {
	t.Parallel()
	url := inTurn(t, func(a *fakeAgent) {
		a.awaiting("x", 300)
		a.frame()
		a.cut()
	}, func(a *fakeAgent) {
		for f := a.frame(); f != ""; f = a.frame() {
			if strings.Contains(f, "approval") {
				t.Errorf("the new conversation got %s", f)
			}
			a.close(1000, "")
		}
	})
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "a.lua", `
		local asked
		on("mcp_tool_call", function(e) asked = e.tool_call_id session.activity() end)
		on("reconnected", function() print("late", session.approve(asked, true)) session.activity() end)
	`)
	h.start(context.Background())()
	h.until(event.Print, "late\tnil\tno call x awaits approval")
}
