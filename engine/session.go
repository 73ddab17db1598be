package engine

import (
	"context"
	"encoding/json"
	"errors"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// A Session is a set of scripts that are loaded without a conversation, so that a person can try them.
// Its methods may be called from any goroutine.
type Session struct {
	e    *Engine
	path string
}

// OpenSession loads the scripts. Eval and Complete use the first one. With opts.Watch, a script is
// reloaded when one of its files is saved. The errors are those of Call. The caller must call Close.
func OpenSession(ctx context.Context, opts Options) (*Session, error) {
	e, err := New(opts)
	if err != nil {
		return nil, err
	}
	if err := e.load(ctx); err != nil {
		e.close()
		if errors.Is(err, script.ErrCancelled) {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return &Session{e, opts.Scripts[0]}, nil
}

// Eval runs Lua code in the script and returns the values of the code: see script.Scripts.Eval.
func (s *Session) Eval(ctx context.Context, code string) ([]string, error) {
	return s.e.scripts.Eval(ctx, s.path, code)
}

// Complete returns the names that complete the name at the end of text: see script.Scripts.Complete.
func (s *Session) Complete(text string) (start int, names []string) {
	return s.e.scripts.Complete(s.path, text)
}

// Tools returns the tools of all scripts.
func (s *Session) Tools() []*tool.Spec { return s.e.remote.Tools() }

// Call runs a tool and returns the result that an agent would receive. The error is the cause of ctx.
func (s *Session) Call(ctx context.Context, name string, args json.RawMessage) (tool.Result, error) {
	return s.e.remote.Call(ctx, name, args)
}

// Close stops the scripts.
func (s *Session) Close() { s.e.close() }
