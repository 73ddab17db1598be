package fs

import (
	"context"
	"errors"
	"io/fs"

	"path/filepath"
	"slices"
	"strings"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
)

// maxWatched is the maximal number of files and folders of a watch.
const maxWatched = 10_000

// A state is what a watch knows about a file.
type state struct{ info fs.FileInfo }

// same reports whether the file has not changed.
func (s state) same(t state) bool {
	if s.info.IsDir() && t.info.IsDir() {
		return true // its entries are compared
	}
	return permit.SameFile(s.info, t.info) && s.info.Size() == t.info.Size() && s.info.ModTime().Equal(t.info.ModTime()) &&
		s.info.Mode().Type() == t.info.Mode().Type()
}

// look returns the watched files, by path relative to the watched folder. A watched file has the
// path "". folders are the paths of the folders whose changes the system should notify the watch
// of.
func (w *watch) look(ctx context.Context) (found map[string]state, folders []string, err error) {
	found = make(map[string]state)
	p, err := w.m.runner.Resolve(w.path, false)
	if errors.Is(err, fs.ErrNotExist) { // the data folder, which does not exist
		return found, []string{filepath.Dir(p.Path)}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	folders = []string{filepath.Dir(p.Path)} // editors rename files, so the folder is watched and not the file
	info, err := p.Root.Stat(p.Name)
	switch {
	case err != nil:
		if err = p.Explain(err); files.Explain(w.path, err).Code != "not_found" {
			return nil, nil, err
		}
		return found, folders, nil
	case !info.IsDir():
		found[""] = state{info}
		return found, folders, nil
	}
	entries, err := listFolder(ctx, p, w.recursive, maxWatched)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // removed meanwhile
	}
	folders = append(folders, p.Path)
	for _, e := range entries {
		found[e.path] = state{e.info}
		if w.recursive && e.info.IsDir() {
			folders = append(folders, filepath.Join(p.Path, filepath.FromSlash(e.path)))
		}
	}
	return found, folders, err
}

// changes returns the events that lead from old to now, sorted by path. base is the path of the
// watched file or folder, as the script has passed it.
func changes(old, now map[string]state, base string) []event {
	var events []event
	for path, before := range old {
		after, ok := now[path]
		switch {
		case !ok:
			events = append(events, event{path, "remove"})
		case !before.same(after):
			events = append(events, event{path, "change"})
		}
	}
	for path := range now {
		if _, ok := old[path]; !ok {
			events = append(events, event{path, "create"})
		}
	}
	slices.SortFunc(events, func(a, b event) int { return strings.Compare(a.path, b.path) })
	for i := range events {
		events[i].path = joinPath(base, events[i].path)
	}
	return events
}
