package fs

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

const (
	defaultLimit = 10_000  // maximal number of entries that list returns, unless the option limit is set
	maxLimit     = 100_000 // maximal value of the option limit

	// entriesPerCheckpoint is how many tables are made between two calls of Checkpoint.
	entriesPerCheckpoint = 1000
)

// An entry is a file or folder in a listed folder.
type entry struct {
	path string // relative to the listed folder
	info fs.FileInfo
}

func (m *module) list(L *lua.LState) int {
	dir := ""
	if !value.IsNull(L.Get(1)) && L.Get(1) != lua.LNil {
		dir = files.CheckPath(L, 1)
	}
	options := value.CheckOptions(L, 2, "recursive", "limit")
	recursive, limit := options.Bool("recursive", false), options.Int("limit", defaultLimit, 1, maxLimit)
	v, err := m.run(L, "list", files.LongTimeout, func(ctx context.Context) (any, error) {
		p, err := m.runner.Resolve(dir, false)
		if err != nil {
			if dir == "" && errors.Is(err, fs.ErrNotExist) {
				return []entry(nil), nil // the data folder exists after the first write
			}
			return nil, err
		}
		return listFolder(ctx, p, recursive, limit)
	})
	if err != nil {
		return files.PushFailure(L, dir, err)
	}
	entries := v.([]entry)
	list := L.CreateTable(len(entries), 0)
	for i, e := range entries {
		list.RawSetInt(i+1, m.entryTable(L, dir, e))
		if i%entriesPerCheckpoint == entriesPerCheckpoint-1 {
			m.rt.Checkpoint(L)
		}
	}
	L.Push(list)
	return 1
}

func (m *module) entryTable(L *lua.LState, dir string, e entry) *lua.LTable {
	t := L.CreateTable(0, 5)
	t.RawSetString("name", lua.LString(e.path[strings.LastIndexByte(e.path, '/')+1:]))
	t.RawSetString("path", lua.LString(joinPath(dir, e.path)))
	describe(t, e.info)
	return t
}

// describe sets the fields of t that describe a file.
func describe(t *lua.LTable, info fs.FileInfo) {
	t.RawSetString("type", lua.LString(typeOf(info.Mode())))
	t.RawSetString("size", lua.LNumber(info.Size()))
	t.RawSetString("mtime", lua.LNumber(files.Seconds(info.ModTime())))
}

func typeOf(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "dir"
	case mode&fs.ModeSymlink != 0:
		return "link"
	}
	return "other"
}

// listFolder returns the entries of the folder p that the script may use, sorted by path. It
// returns a Failure if there are more than limit. A folder below p that cannot be read counts as
// empty.
func listFolder(ctx context.Context, p permit.Place, recursive bool, limit int) ([]entry, error) {
	info, err := p.Root.Stat(p.Name)
	if err != nil {
		return nil, p.Explain(err)
	}
	if !info.IsDir() {
		return nil, files.ErrNoFolder
	}
	l := &lister{ctx: ctx, recursive: recursive, limit: limit}
	err = l.add(p, "")
	slices.SortFunc(l.entries, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return l.entries, err
}

type lister struct {
	ctx       context.Context
	recursive bool
	limit     int
	entries   []entry
}

// add adds the entries of the folder p. prefix is the path of p relative to the listed folder, with
// a slash at its end.
func (l *lister) add(p permit.Place, prefix string) error {
	return files.EachEntry(l.ctx, p, func(name string, child permit.Place, _ fs.DirEntry) error {
		info, err := child.Root.Lstat(child.Name)
		switch {
		case err != nil:
			return nil // the file has been removed
		case len(l.entries) == l.limit:
			return files.Fail("too_large", "there are more than %d files", l.limit)
		}
		l.entries = append(l.entries, entry{prefix + name, info})
		if !l.recursive || !info.IsDir() {
			return nil
		}
		err = l.add(child, prefix+name+"/")
		var failure *files.Failure
		if errors.As(err, &failure) || l.ctx.Err() != nil {
			return err
		}
		return nil
	})
}
