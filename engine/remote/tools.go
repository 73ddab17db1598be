package remote

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/safetext"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// CallOptions are the options of CallTool, ReadResource and GetPrompt. The zero value works.
type CallOptions struct {
	// ID is the id of the call, which scripts see. Empty means "call".
	ID string
	// Client is the name of the program that calls, for the log and for scripts. It may be empty.
	Client string
	// Job carries out a job of a tool with job = true, in place of starting one.
	Job bool
	// Progress is called with how much of the work is done: see script.Call.Progress. It may be nil.
	Progress func(done, total float64, message string)

	// Via says how the call has reached the program, such as "mcp". If it is not empty, CallTool
	// publishes the call and its result as events, and ID must not be the id of another call.
	// ReadResource and GetPrompt do not use it.
	Via string

	// Source says who tries the tool: "inspector". If it is not empty, CallTool publishes the call and
	// its result as events, as with Via.
	Source string

	// Report is filled before CallTool returns without an error. Nil means that nobody needs it.
	Report *CallReport
}

// Tools returns the tools of all scripts.
func (r *Remote) Tools() []*tool.Spec { return r.parts.Load().Scripts.Tools() }

// Owner returns the file name of the script that offers the tool, or "" if none does.
func (r *Remote) Owner(tool string) string {
	name, _ := r.parts.Load().Scripts.Owner(tool)
	return name
}

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
	isPublished := opts.Via != "" || opts.Source != ""
	scriptName, at := p.Scripts.Owner(name)
	var report callRecorder
	if opts.Report != nil {
		call.Printed = report.printed
	}
	call.Reply = func(c *script.Call, r tool.Result) {
		if isPublished {
			e := dialog.ResultEvent(c, r, scriptName)
			e.Via, e.Client, e.Source = opts.Via, opts.Client, opts.Source
			p.Bus.Publish(e)
		}
		a.give(r, nil)
	}
	if isPublished {
		p.Bus.Publish(bus.Event{
			Type: bus.ToolCall, Tool: name, CallID: call.ID, Args: eventArgs(args), Script: scriptName, At: at,
			Via: opts.Via, Client: opts.Client, Source: opts.Source,
		})
	}
	p.Scripts.Call(call)
	result, err := a.await(ctx, call)
	if opts.Report != nil && err == nil {
		*opts.Report = report.of(call)
	}
	return result, err
}

// A CallReport says how a tool call went, beside its result.
type CallReport struct {
	Took   time.Duration // from the call to the result
	Queued time.Duration // until the handler began
	CPU    time.Duration // while the handler ran Lua code
	Waited time.Duration // in waits of the handler
	Prints []string      // what the handler printed, at most maxPrints texts and maxPrintBytes bytes
}

// CallReport.Prints has at most maxPrints texts, which together have at most maxPrintBytes bytes. What
// comes first is kept; a text that is too long is cut.
const (
	maxPrints     = 200
	maxPrintBytes = 64 << 10
)

// A callRecorder collects what a handler prints. Any goroutine may call its methods.
type callRecorder struct {
	mu     sync.Mutex // guards the fields below
	prints []string
	bytes  int // the size of all texts of prints
}

func (r *callRecorder) printed(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.prints) == maxPrints || r.bytes >= maxPrintBytes {
		return
	}
	text = safetext.Cut(text, maxPrintBytes-r.bytes, "")
	r.bytes += len(text)
	r.prints = append(r.prints, text)
}

// of returns the report about a call that was answered.
func (r *callRecorder) of(c *script.Call) CallReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	return CallReport{Took: c.Took(), Queued: c.Queued(), CPU: c.CPU(), Waited: c.Waited(), Prints: slices.Clone(r.prints)}
}

// Loading reports whether a script is being loaded at this moment.
func (r *Remote) Loading() bool { return r.parts.Load().Scripts.Loading() }

// eventArgs returns the arguments for an event, {} if there are none. Arguments that are not JSON are
// left out, because the event could not be written as JSON.
func eventArgs(args json.RawMessage) json.RawMessage {
	if len(args) == 0 || !json.Valid(args) {
		return json.RawMessage("{}")
	}
	return args
}
