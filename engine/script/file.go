package script

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// A File is one that a script depends on, as it was when it was read, or looked
// for.
type File struct {
	Path  string
	Size  int64     // -1 when it was not there
	Saved time.Time // when it was last written
}

// look is the file at path as it is now.
func look(path string) File {
	info, err := os.Stat(path)
	if err != nil {
		return File{Path: path, Size: -1}
	}
	return File{path, info.Size(), info.ModTime()}
}

// Changed says whether the file is another now.
func (f File) Changed() bool {
	now := look(f.Path)
	return now.Size != f.Size || !now.Saved.Equal(f.Saved)
}

// depend notes that the script depends on a file that is about to be read. Any
// goroutine may call it.
func (g *generation) depend(path string) {
	f := look(path)
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	if _, ok := g.files[path]; !ok {
		g.files[path] = f
	}
}

// dependsOn are the files that the script depends on, by name.
func (g *generation) dependsOn() []File {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	return slices.SortedFunc(maps.Values(g.files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}

// keep keeps the text of a file for the sake of its errors. Any goroutine may
// call it.
func (g *generation) keep(path string, source []byte) {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	g.sources[path] = source
}
