package engine

import (
	"slices"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
)

func TestAScriptAnswersAnApprovalRequestOnce(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.send(&convai.MCPToolCall{ServiceID: "s", ToolCallID: "yes", ToolName: "pay", Parameters: []byte(`{"sum":5}`), State: convai.MCPLoading})
		for _, row := range []struct{ id, want string }{
			{"yes", `{"type":"mcp_tool_approval_result","tool_call_id":"yes","is_approved":true}`},
			{"no", `{"type":"mcp_tool_approval_result","tool_call_id":"no","is_approved":false}`},
		} {
			a.requestApproval(row.id, 30)
			a.requestApproval(row.id, 30) // a repeated request has no effect
			if got := a.nextFrame(); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		}
		a.send(&convai.MCPToolCall{ToolCallID: "yes", ToolName: "pay", State: convai.MCPSuccess})
		if got := a.nextFrame(); got != `{"type":"user_activity"}` {
			t.Errorf("got %s", got)
		}
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `
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
	h.runToEnd()
	h.waitFor(bus.Print, "state loading")
	h.waitFor(bus.Print, "pay 5")
	h.waitFor(bus.Print, "second\tnil\tthe call yes has been answered already")
	h.waitFor(bus.Print, "second\tnil\tthe call no has been answered already")
	if got := h.printed("early"); !slices.Equal(got, []string{"\tnil\tthere is no conversation"}) {
		t.Errorf("early: %q", got)
	}
}
