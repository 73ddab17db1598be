package remote

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

func TestCallsOfOtherProgramsAreEvents(t *testing.T) {
	events := new(bus.Bus)
	var got []string
	events.Attach(bus.Receiver{
		Wants: func(t bus.Type, _ string) bool { return t == bus.ToolCall || t == bus.ToolResult },
		Receive: func(e bus.Event) {
			result := ""
			if e.Result != nil {
				result = *e.Result
			}
			got = append(got, string(e.Type)+" "+e.Tool+" "+e.CallID+" "+e.Script+" "+e.Via+" "+e.Client+" "+string(e.Args)+result)
		},
	})
	r := newRemote(Parts{Bus: events, Scripts: newScripts(t, `register_tool("who", function(_, call) return call.client .. " " .. call.id end)`)})
	for _, row := range []struct {
		name, args string
		opts       CallOptions
		want       []string
	}{
		{"who", `{"a":1}`, CallOptions{ID: "mcp-1", Client: "editor", Via: "mcp"}, []string{`tool_call who mcp-1 a.lua mcp editor {"a":1}`, `tool_result who mcp-1 a.lua mcp editor editor mcp-1`}},
		{"who", ``, CallOptions{ID: "mcp-2", Via: "mcp"}, []string{`tool_call who mcp-2 a.lua mcp  {}`, ""}},
		{"none", `{"a":`, CallOptions{ID: "mcp-3", Client: "editor", Via: "mcp"}, []string{`tool_call none mcp-3  mcp editor {}`, `tool_result none mcp-3  mcp editor there is no tool 'none'; the tools are who`}},
		{"who", ``, CallOptions{Client: "editor"}, nil},
	} {
		got = nil
		if _, err := r.CallTool(t.Context(), row.name, json.RawMessage(row.args), row.opts); err != nil {
			t.Errorf("%+v: %v", row.opts, err)
		}
		if row.want != nil && row.want[len(row.want)-1] == "" { // the result does not matter
			got = append(slices.Clip(got[:1]), "")
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%+v: got %q, want %q", row.opts, got, row.want)
		}
	}
}

func TestACallWhoseContextIsDoneIsCancelled(t *testing.T) {
	r := newRemote(Parts{Scripts: newScripts(t, `
		state.seen = "nothing"
		register_tool("hang", function(_, call)
			state.seen = "begun"
			pcall(function() while not call:cancelled() do sleep(0.01) end end)
			if call:cancelled() then state.seen = "cancelled" end
		end)
		register_tool("seen", function() return state.seen end)
	`)})
	seen := func(want string) {
		testkit.Until(t, "the tool has "+want, func() bool {
			result, err := r.Call(context.Background(), "seen", nil)
			return err == nil && result.Text == want
		})
	}
	why := errors.New("the client has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		_, err := r.CallTool(ctx, "hang", nil, CallOptions{})
		ended <- err
	}()
	seen("begun")
	cancel(why)
	if err := <-ended; !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
	seen("cancelled")
}
