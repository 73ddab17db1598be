package engine

import (
	"context"
	"encoding/json"
	"errors"

	"moonlark/engine/remote"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// Call loads the scripts, runs the tool with the given name without a conversation, and returns the
// result that an agent would receive, or that of the job of a tool with jobs. The error is a *script.LoadError, or the cause of ctx, or a
// mistake in opts.
func Call(ctx context.Context, opts Options, name string, args json.RawMessage) (tool.Result, error) {
	result, _, err := CallWith(ctx, opts, name, func(*tool.Spec) (json.RawMessage, error) { return args, nil })
	return result, err
}

// CallWith is like Call. makeArgs returns the arguments. It gets the description of the tool, or nil
// if there is no such tool. An error of makeArgs is returned unchanged. CallWith also returns the
// files that the scripts depend on, as far as they were loaded.
func CallWith(ctx context.Context, opts Options, name string, makeArgs func(*tool.Spec) (json.RawMessage, error)) (tool.Result, []script.File, error) {
	opts.Watch = false
	var files []script.File
	for _, path := range opts.Scripts {
		files = append(files, script.StatFile(path))
	}
	e, err := New(opts)
	if err != nil {
		return tool.Result{}, files, err
	}
	defer e.close()
	err = e.load(ctx)
	if err == nil {
		err = e.scripts.AwaitToolsets(ctx) // the tools of MCP servers
	}
	files = append(files, e.requiredFiles()...)
	var load *script.LoadError
	if errors.As(err, &load) {
		files = append(files, load.Files...)
	}
	if errors.Is(err, script.ErrCancelled) {
		err = context.Cause(ctx)
	}
	if err != nil {
		return tool.Result{}, files, err
	}
	var spec *tool.Spec
	for _, s := range e.scripts.Tools() {
		if s.Name == name {
			spec = s
		}
	}
	args, err := makeArgs(spec)
	if err != nil {
		return tool.Result{}, files, err
	}
	result, err := e.remote.CallTool(ctx, name, args, remote.CallOptions{Client: "moonlark call", Job: true})
	return result, append(files, e.requiredFiles()...), err
}

// requiredFiles returns the files that the scripts depend on now. A tool may have required some of
// them.
func (e *Engine) requiredFiles() (files []script.File) {
	for _, path := range e.opts.Scripts {
		files = append(files, e.scripts.Files(path)...)
	}
	return files
}

// Check runs the top level of each script and returns the tools and handlers that each offers. It
// calls no handler and starts no timer. The error is a *script.LoadError for the first script that
// cannot be loaded, or the cause of ctx; Check then also returns the summaries of the scripts before.
func Check(ctx context.Context, opts Options) ([]script.Summary, error) {
	e, err := New(opts)
	if err != nil {
		return nil, err
	}
	defer e.close()
	defer context.AfterFunc(ctx, e.scripts.Cancel)()
	all, err := e.scripts.Check(opts.Scripts...)
	if errors.Is(err, script.ErrCancelled) {
		err = context.Cause(ctx)
	}
	return all, err
}
