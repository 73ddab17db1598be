package engine

import (
	"context"
	"errors"

	"moonlark/engine/remote"
	"moonlark/engine/script"
)

// RunScripts loads the scripts, calls serve and stops the scripts when serve has returned. The scripts
// run as they do between two conversations: their tools, timers and event handlers work, and files
// that change are loaded again if opts.Watch is set. There is no agent and no sound, so the Lua
// functions that need one return an error. The Remote that serve gets can call tools and reload the
// scripts.
//
// The error is a *script.LoadError when a script cannot be loaded, or the error of serve, or a mistake
// in opts. It is nil when ctx was cancelled while the scripts were loaded.
func RunScripts(ctx context.Context, opts Options, serve func(context.Context, *remote.Remote) error) error {
	e, err := New(opts)
	if err != nil {
		return err
	}
	defer e.close()
	// without Life and Turns, because there will be no conversation
	e.remote.Connect(remote.Parts{
		Bus: e.bus, Scripts: e.scripts, Pins: opts.Pins, Approvals: e.approvals,
		Speak: opts.LocalAgent.TTS, Transcribe: opts.LocalAgent.STT,
		Reload: e.reloadScripts, ReloadChanged: e.reloadChangedScripts, Events: eventNames(),
	})
	if err := e.load(ctx); errors.Is(err, script.ErrCancelled) {
		return endCause(ctx)
	} else if err != nil {
		return err
	}
	return serve(ctx, e.remote)
}
