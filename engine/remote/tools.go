package remote

import (
	"context"
	"encoding/json"

	"moonlark/engine/bus"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// CallOptions are the options of CallTool, ReadResource and GetPrompt. The zero value works.
type CallOptions struct {
	// ID is the id of the call, which scripts see. Empty means "call".
	ID string
	// Client is the name of the program that calls, for the log and for scripts. It may be empty.
	Client string
	// Progress is called with how much of the work is done: see script.Call.Progress. It may be nil.
	Progress func(done, total float64, message string)

	// Via says how the call has reached the program, such as "mcp". If it is not empty, CallTool
	// publishes the call and its result as events, and ID must not be the id of another call.
	// ReadResource and GetPrompt do not use it.
	Via string
}

// Tools returns the tools of all scripts.
func (r *Remote) Tools() []*tool.Spec { return r.parts.Load().Scripts.Tools() }

// Call runs a tool outside of any conversation and waits for its result. It returns an error only
// when ctx is done.
func (r *Remote) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	return r.CallTool(ctx, name, args, CallOptions{})
}

// CallTool runs a tool outside of any conversation and waits for its result. args are a JSON object,
// and may be empty. A tool that does not exist, wrong arguments and an error of the tool are results
// with IsError. CallTool returns an error only when ctx is done: it then cancels the call in the
// script and returns the cause of ctx without waiting for the script.
func (r *Remote) CallTool(ctx context.Context, name string, args json.RawMessage, opts CallOptions) (tool.Result, error) {
	p := r.parts.Load()
	a := newAnswer[tool.Result]()
	call := opts.call(name, args)
	call.Reply = func(c *script.Call, r tool.Result) {
		if opts.Via != "" {
			p.Bus.Publish(resultEvent(p, c, r, opts))
		}
		a.give(r, nil)
	}
	if opts.Via != "" {
		p.Bus.Publish(bus.Event{
			Type: bus.ToolCall, Tool: name, CallID: call.ID, Args: eventArgs(args), Script: p.Scripts.Owner(name),
			Via: opts.Via, Client: opts.Client,
		})
	}
	p.Scripts.Call(call)
	return a.await(ctx, call)
}

// resultEvent returns the event for the result of a call.
func resultEvent(p *Parts, c *script.Call, r tool.Result, opts CallOptions) bus.Event {
	return bus.Event{
		Type: bus.ToolResult, Tool: c.Name, CallID: c.ID, Script: p.Scripts.Owner(c.Name),
		Result: &r.Text, IsError: r.IsError, ErrorType: string(r.Type), Seconds: c.Took().Seconds(), CPU: c.CPU().Seconds(),
		Via: opts.Via, Client: opts.Client,
	}
}

// eventArgs returns the arguments for an event, {} if there are none. Arguments that are not JSON are
// left out, because the event could not be written as JSON.
func eventArgs(args json.RawMessage) json.RawMessage {
	if len(args) == 0 || !json.Valid(args) {
		return json.RawMessage("{}")
	}
	return args
}
