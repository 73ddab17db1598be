package engine

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"moonlark/engine/event"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// Call loads the scripts, runs one tool without any conversation, and returns
// what an agent would get. The error is a *script.LoadError, or ctx's.
func Call(ctx context.Context, opts Options, name string, args json.RawMessage) (tool.Result, error) {
	opts.OwnEvents = true // who knows
	e, err := New(opts)
	if err != nil {
		return tool.Result{}, err
	}
	defer e.close()
	e.opts.Watch = false
	if err := e.load(); err != nil {
		return tool.Result{}, err
	}
	answer := make(chan tool.Result, 1)
	e.scripts.Call(&script.Call{ID: "call", Name: name, Args: args, Reply: func(_ *script.Call, r tool.Result) { answer <- r }})
	select {
	case r := <-answer:
		return r, nil
	case <-ctx.Done():
		return tool.Result{}, context.Cause(ctx)
	}
}

// Check runs the top level of each script and says what they offer together.
// No handler is called and no timer started. The error is a *script.LoadError;
// what could be loaded before it is returned too.
func Check(opts Options) ([]script.Summary, error) {
	opts.OwnEvents = true // who knows
	e, err := New(opts)
	if err != nil {
		return nil, err
	}
	defer e.close()
	return e.scripts.Check(opts.Scripts...)
}

// Serve offers the embedded agent at addr, as "127.0.0.1:8765", until ctx is
// done. The scripts only tell it which tools there are: none of their handlers
// is called, the clients have their own. ready is told the agent's URL.
func Serve(ctx context.Context, opts Options, addr string, ready func(url string)) error {
	e, err := New(opts)
	if err != nil {
		return err
	}
	defer e.close()
	offered := &catalogue{}
	if err := offered.read(e.scripts, opts.Scripts); err != nil {
		return err
	}
	if opts.Watch && len(opts.Scripts) > 0 {
		files := func(string) []script.File { return offered.files() }
		e.watcher, err = watch(opts.Scripts, files, func(path string) {
			began := time.Now()
			if err := offered.read(e.scripts, opts.Scripts); err != nil {
				e.out.post(reloadFailed(path, err))
				return
			}
			e.out.post(loadedEvent(event.Reloaded, offered.of(path), time.Since(began)))
		})
		if err != nil {
			return err
		}
	}
	server, err := e.listen(addr, offered.specs)
	if err != nil {
		return err
	}
	ready(server.URL())
	<-ctx.Done()
	return closeServer(server)
}

// reloadFailed is the event for a script that could not be loaded anew.
func reloadFailed(path string, err error) event.Event {
	return event.Event{Type: event.ReloadFailed, Script: filepath.Base(path), Text: err.Error(), Hint: Hint(err)}
}
