package script

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"slices"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/guess"
	"moonlark/engine/script/source"
)

// A LoadError says why a script could not be loaded. The cause is in a file, so another load fails
// too until the file has been changed.
type LoadError struct {
	Text string // the message, such as "lights.lua:12: attempt to call a nil value"
	Hint string // a suggestion to the user; "" if there is none

	// Files are the files that the script depends on, as far as it was loaded. Load and Check set
	// them.
	Files []File
}

// Error returns the message without the hint.
func (e *LoadError) Error() string { return e.Text }

// undefinedName matches the end of an error message about a global that does not exist. Its group
// is the name of the global.
var undefinedName = regexp.MustCompile(`'(\w+)' \(a nil value\)$`)

// loadError returns a *LoadError for err, which the top level raised.
func (g *generation) loadError(err error) error {
	var load *LoadError
	if errors.As(err, &load) {
		return load
	}
	text := g.permit.Mask(g.explain(errorText(err)))
	if !fileAndLine.MatchString(text) {
		text = g.path + ": " + text
	}
	e := &LoadError{Text: text}
	if name := undefinedName.FindStringSubmatch(text); name != nil {
		if near := guess.Nearest(name[1], g.globals); near != "" {
			e.Hint = "did you mean '" + near + "'?"
		}
	}
	return e
}

// warnOfGlobals logs a warning for each global that the script's file reads and that no code sets,
// and for each global that hides a module of the same name. text is the source of the file. Call it after the top level has run, because modules
// may set globals.
func (g *generation) warnOfGlobals(text []byte) {
	chunk, err := parse.Parse(bytes.NewReader(text), g.path)
	if err != nil {
		return
	}
	known := slices.Clone(g.globals)
	g.x.RunBetween(func() {
		g.x.State().G.Global.ForEach(func(k, _ lua.LValue) { known = append(known, k.String()) })
	})
	g.filesMu.Lock()
	sources := maps.Clone(g.sources)
	g.filesMu.Unlock()
	for path, text := range sources {
		if module, err := parse.Parse(bytes.NewReader(text), path); err == nil && path != g.path {
			known = append(known, source.Assigned(module)...)
		}
	}
	warnings := source.HiddenModules(chunk, g.path, g.library.Required())
	for _, w := range append(warnings, source.Globals(chunk, g.path, known, foreignGlobals)...) {
		g.log(slog.LevelWarn, w.Text)
	}
}
