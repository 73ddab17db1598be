package script

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"moonlark/engine/permit"
)

// A SourceEdit is a new text for a Lua file of a script.
type SourceEdit struct {
	Script  string `json:"script"`  // as SourceView.Script
	File    string `json:"file"`    // as SourceView.File; empty means the script's own file
	Text    string `json:"text"`    // the whole new content
	Version string `json:"version"` // SourceView.Version of the content that the person has edited
}

// CheckSource compiles a new text for a Lua file of a script and returns the mistakes that the compiler
// has found. It neither saves the text nor runs it. An error is like that of Source. Any goroutine may
// call CheckSource.
func (s *Scripts) CheckSource(e SourceEdit) ([]SourceError, error) {
	o, err := s.openSource(e.Script, e.File)
	if err != nil {
		return nil, err
	}
	defer o.root.Close()
	_, _, err = compile(filepath.Join(o.folder, filepath.FromSlash(o.file)), []byte(e.Text))
	if load := (*LoadError)(nil); errors.As(err, &load) {
		return []SourceError{o.locate(load.Text, load.Hint)}, nil
	}
	return []SourceError{}, err
}

// SaveSource writes a new text to a Lua file of a script. The file has the old content or the new one at
// any time, also after a power cut, and keeps its mode and, if possible, its owner. Before SaveSource
// changes a file for the first time since the program started, it copies the file to one whose name has a
// ~ at the end. It does not load the text: the caller reloads the scripts whose paths it returns, which
// were loaded from the file.
//
// An error is like that of Source. It is errSourceChanged if the file has not the version of e. Files of a
// signed bundle are not changed. Any goroutine may call SaveSource.
func (s *Scripts) SaveSource(e SourceEdit) (paths []string, err error) {
	o, err := s.openSource(e.Script, e.File)
	if err != nil {
		return nil, err
	}
	defer o.root.Close()
	if !s.opts.Permissions.IsHome(o.path) {
		return nil, o.wrap(errSourceSigned)
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	if err := s.saveSource(o, e); err != nil {
		return nil, o.wrap(err)
	}
	return s.loadedFrom(filepath.Join(o.folder, filepath.FromSlash(o.file))), nil
}

// saveSource does what SaveSource says. The caller must hold s.saving.
func (s *Scripts) saveSource(o *scriptSource, e SourceEdit) error {
	old, err := o.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errSourceChanged
	case err != nil && !errors.Is(err, errSourceEncoding) && !errors.Is(err, errSourceSize):
		return err
	case err != nil || SourceVersion(old) != e.Version:
		return errSourceChanged
	case len(e.Text) > maxSource:
		return errSourceSize
	case !utf8.ValidString(e.Text):
		return errSourceEncoding
	case e.Text == string(old):
		return nil
	}
	name, err := o.target()
	if err != nil {
		return err
	}
	info, err := o.root.Stat(name)
	if err != nil {
		return err
	}
	path := filepath.Join(o.folder, name)
	if !s.backedUp[path] {
		backup := permit.Replacement{Mode: info.Mode().Perm(), Sync: true, Write: writes(string(old))}
		if err := permit.ReplaceIn(o.root, name+"~", backup); err != nil {
			return fmt.Errorf("the copy %s~: %w", filepath.Base(name), withoutPath(err))
		}
		s.backedUp[path] = true
	}
	return permit.ReplaceIn(o.root, name, permit.Replacement{Sync: true, Write: writes(e.Text)})
}

// writes returns a function that writes a text.
func writes(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// target returns the path, relative to the folder of the script, of the chosen file or, if that is a
// symbolic link, of the file to which it leads.
func (o *scriptSource) target() (string, error) {
	folder, err := filepath.EvalSymlinks(o.folder)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(filepath.Join(o.folder, filepath.FromSlash(o.file)))
	if err != nil {
		return "", err
	}
	name, err := filepath.Rel(folder, real)
	if err != nil || !filepath.IsLocal(name) {
		return "", errSourceLink
	}
	return name, nil
}

// loadedFrom returns the paths of the scripts whose latest load has read the file at path.
func (s *Scripts) loadedFrom(path string) []string {
	var paths []string
	for _, o := range s.sources() {
		if slices.ContainsFunc(slices.Collect(maps.Keys(o.readFiles())), func(other string) bool { return sameFile(path, other) }) {
			paths = append(paths, o.path)
		}
	}
	return paths
}

// sources returns the sources of all scripts.
func (s *Scripts) sources() []*scriptSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*scriptSource
	for _, sc := range s.list {
		all = append(all, s.sourceOf(sc))
	}
	return all
}

// sameFile reports whether two paths lead to the same file.
func sameFile(a, b string) bool {
	return a == b || StatFile(a).Same(StatFile(b)) && StatFile(a).Info != nil
}
