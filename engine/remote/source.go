package remote

import (
	"context"
	"encoding/json"
	"fmt"

	"moonlark/engine/script"
)

// The faces, which do not import package script, use these names.
type (
	SourceView  = script.SourceView  // a Lua file of a script
	SourceEdit  = script.SourceEdit  // a new text for one
	SourceError = script.SourceError // a mistake in one
)

// ErrNoSource is the reason why a file is neither read nor saved that no script was loaded from.
var ErrNoSource = script.ErrNoSource

// A SourceSaved is what has become of a text that was saved.
type SourceSaved struct {
	Version string `json:"version"` // script.SourceView.Version of the text
	// Loaded says that all scripts that use the file have been loaded with it. Otherwise the old copy of
	// one continues to run, and Errors say why.
	Loaded bool          `json:"loaded"`
	Errors []SourceError `json:"errors"`
}

// Source returns a Lua file of a script: see script.Scripts.Source.
func (r *Remote) Source(scriptName, file string) (SourceView, error) {
	return r.parts.Load().Scripts.Source(scriptName, file)
}

// FindSource returns the script and the file of a path: see script.Scripts.FindSource.
func (r *Remote) FindSource(path string) (scriptName, file string, ok bool) {
	return r.parts.Load().Scripts.FindSource(path)
}

// CheckSource compiles a text without saving it: see script.Scripts.CheckSource.
func (r *Remote) CheckSource(e SourceEdit) ([]SourceError, error) {
	return r.parts.Load().Scripts.CheckSource(e)
}

// SaveSource saves a text to a Lua file of a script, reloads the scripts that use the file, and returns
// after that. A text that cannot be loaded is saved too. An error says that the text was not saved: see
// script.Scripts.SaveSource.
func (r *Remote) SaveSource(e SourceEdit) (SourceSaved, error) {
	p := r.parts.Load()
	paths, err := p.Scripts.SaveSource(e)
	if err != nil {
		return SourceSaved{}, err
	}
	if p.ReloadChanged != nil {
		p.ReloadChanged(paths...)
	}
	saved := SourceSaved{Version: script.SourceVersion([]byte(e.Text)), Loaded: true, Errors: []SourceError{}}
	for _, path := range paths {
		if failed := p.Scripts.LoadFailure(path); failed != nil {
			saved.Loaded = false
			saved.Errors = append(saved.Errors, *failed)
		}
	}
	return saved, nil
}

// ReloadScript loads one script again, as if its file had been saved, and returns after that. The error
// says that no script has this file name, or why it could not be loaded.
func (r *Remote) ReloadScript(name string) error {
	p := r.parts.Load()
	path, ok := p.Scripts.PathOf(name)
	if !ok {
		return fmt.Errorf("no script is called %.100s", name)
	}
	if p.Reload != nil {
		p.Reload(path)
	}
	if failed := p.Scripts.LoadFailure(path); failed != nil {
		return failed
	}
	return nil
}

// SetState sets one entry of the table `state` of a script: see script.Scripts.SetState.
func (r *Remote) SetState(ctx context.Context, scriptName, key string, value json.RawMessage) error {
	return r.parts.Load().Scripts.SetState(ctx, scriptName, key, value)
}
