package remote

import (
	"cmp"
	"context"
	"encoding/json"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// CallOptions are the options of CallTool. The zero value works.
type CallOptions struct {
	// ID is the id of the call, which scripts see. Empty means "call".
	ID string
	// Client is the name of the program that calls the tool, for the log and for scripts. It may be
	// empty.
	Client string
	// Progress is told how much of the work is done: see script.Call.Progress. Nil means that nobody
	// wants to know it.
	Progress func(done, total float64, message string)
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
	result := make(chan tool.Result, 1)
	call := &script.Call{
		ID: cmp.Or(opts.ID, "call"), Name: name, Args: args, Client: opts.Client, Progress: opts.Progress,
		Reply: func(_ *script.Call, r tool.Result) { result <- r },
	}
	r.parts.Load().Scripts.Call(call)
	select {
	case r := <-result:
		return r, nil
	case <-ctx.Done():
		call.Cancel()
		return tool.Result{}, context.Cause(ctx)
	}
}
