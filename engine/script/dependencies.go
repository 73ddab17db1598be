package script

import (
	"maps"
	"slices"
	"strings"
)

// addDependency records that the script depends on the file at path. Call it before the file is
// read: a change between the two calls is then noticed. Any goroutine may call it.
func (g *generation) addDependency(path string) {
	f := StatFile(path)
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	if _, ok := g.files[path]; !ok {
		g.files[path] = f
	}
}

// dependencies returns the files that the script depends on, sorted by path. Any goroutine may call
// it.
func (g *generation) dependencies() []File {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	return slices.SortedFunc(maps.Values(g.files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}

// addSource stores the source text of the Lua file at path, so that error messages about the file
// can be improved. Any goroutine may call it.
func (g *generation) addSource(path string, source []byte) {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	g.sources[path] = source
}

// source returns the source text of the Lua file at path, or nil if addSource was not called for
// path. Any goroutine may call it.
func (g *generation) source(path string) []byte {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	return g.sources[path]
}

// luaFiles returns the paths of the Lua files whose sources are stored, sorted. Any goroutine may
// call it.
func (g *generation) luaFiles() []string {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	return slices.Sorted(maps.Keys(g.sources))
}

// addVersion stores which version of the Lua file at path has been read: see SourceVersion. Any
// goroutine may call it.
func (g *generation) addVersion(path, version string) {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	g.versions[path] = version
}

// readVersions returns the versions of the Lua files that have been read, by path. Any goroutine may
// call it.
func (g *generation) readVersions() map[string]string {
	g.filesMu.Lock()
	defer g.filesMu.Unlock()
	return maps.Clone(g.versions)
}
