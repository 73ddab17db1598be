package script

import (
	"slices"

	"moonlark/engine/script/debug"
	"moonlark/engine/script/vm"
)

// watcher makes g.debugged and returns it, or returns nil without Options.Debugger.
func (g *generation) watcher() vm.Watcher {
	if g.scripts.opts.Debugger == nil {
		return nil
	}
	g.debugged = g.scripts.opts.Debugger.NewScript(debug.ScriptOptions{
		Name:        g.name(),
		NewFunction: g.NewFunction,
		Explain:     func(message string) string { return g.permit.Mask(g.explain(message)) },
		IsBuiltin:   g.isBuiltin,
	})
	return g.debugged
}

// isBuiltin reports whether the script had the global called name when it began to load.
func (g *generation) isBuiltin(name string) bool { return slices.Contains(g.globals, name) }
