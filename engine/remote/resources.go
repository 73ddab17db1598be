package remote

import (
	"cmp"
	"context"
	"encoding/json"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// Resources returns the resources of all scripts.
func (r *Remote) Resources() []*tool.Resource { return r.parts.Load().Scripts.Resources() }

// Prompts returns the prompts of all scripts.
func (r *Remote) Prompts() []*tool.Prompt { return r.parts.Load().Scripts.Prompts() }

// ReadResource reads the resource with this URI and waits for its content. The error is a
// *tool.RequestError, or the cause of ctx when ctx is done: ReadResource then cancels the read, and
// does not wait for the script.
func (r *Remote) ReadResource(ctx context.Context, uri string, opts CallOptions) (tool.Content, error) {
	a := newAnswer[tool.Content]()
	call := opts.call(uri, nil)
	r.parts.Load().Scripts.Read(call, a.give)
	return a.await(ctx, call)
}

// GetPrompt gets the messages of the prompt with this name and waits for them. args are the arguments by
// their names. The error is like that of ReadResource.
func (r *Remote) GetPrompt(ctx context.Context, name string, args map[string]string, opts CallOptions) ([]tool.PromptMessage, error) {
	text, err := json.Marshal(args)
	if err != nil { // cannot happen: they are strings
		return nil, err
	}
	a := newAnswer[[]tool.PromptMessage]()
	call := opts.call(name, text)
	r.parts.Load().Scripts.Prompt(call, a.give)
	return a.await(ctx, call)
}

// call returns a script.Call with these options.
func (o CallOptions) call(name string, args json.RawMessage) *script.Call {
	return &script.Call{ID: cmp.Or(o.ID, "call"), Name: name, Args: args, Client: o.Client, Progress: o.Progress, Job: o.Job}
}

// An answer is what a script returns for a call, or an error.
type answer[T any] struct{ ch chan outcome[T] }

// An outcome is a value or an error.
type outcome[T any] struct {
	value T
	err   error
}

func newAnswer[T any]() answer[T] { return answer[T]{make(chan outcome[T], 1)} }

// give sets the answer. It must be called once. Any goroutine may call it.
func (a answer[T]) give(v T, err error) { a.ch <- outcome[T]{v, err} }

// await waits for the answer of the call. When ctx is done, await cancels the call and returns the cause
// of ctx.
func (a answer[T]) await(ctx context.Context, call *script.Call) (T, error) {
	select {
	case o := <-a.ch:
		return o.value, o.err
	case <-ctx.Done():
		call.Cancel()
		var none T
		return none, context.Cause(ctx)
	}
}
