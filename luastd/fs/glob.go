package fs

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
)

const (
	maxPaths   = 10_000  // maximal number of paths that glob returns
	maxVisited = 100_000 // maximal number of entries that glob looks at
)

func (m *module) glob(L *lua.LState) int {
	pattern := files.CheckPath(L, 1)
	base, elements, why := splitPattern(pattern)
	if why != "" {
		L.ArgError(1, why)
	}
	v, err := m.run(L, "glob", files.LongTimeout, func(ctx context.Context) (any, error) {
		p, err := m.runner.Resolve(base, false)
		if err != nil {
			if files.Explain(base, err).Code == "not_found" {
				return []string(nil), nil
			}
			return nil, err
		}
		g := &globber{ctx: ctx, found: make(map[string]bool)}
		if _, missing := p.Root.Lstat(p.Name); missing == nil {
			err = g.expand(p, base, elements)
		}
		return slices.Sorted(maps.Keys(g.found)), err
	})
	if err != nil {
		return files.PushFailure(L, pattern, err)
	}
	list := L.CreateTable(len(v.([]string)), 0)
	for _, path := range v.([]string) {
		list.Append(lua.LString(path))
	}
	L.Push(list)
	return 1
}

// splitPattern splits a pattern into a path without wildcards, which may be "", and the elements
// after it. why says why the pattern is wrong, or is "".
func splitPattern(pattern string) (base string, elements []string, why string) {
	all := strings.Split(pattern, "/")
	n := 0
	for n < len(all) && !strings.ContainsAny(all[n], `*?[\`) {
		n++
	}
	base = strings.Join(all[:n], "/")
	if base == "" && strings.HasPrefix(pattern, "/") {
		base = "/"
	}
	for _, e := range all[n:] {
		if _, err := path.Match(e, ""); err != nil {
			return "", nil, "the pattern is wrong: " + e
		}
		switch {
		case e == "..":
			return "", nil, `the pattern must not have ".." after a wildcard`
		case e == "" || e == ".", e == "**" && len(elements) > 0 && elements[len(elements)-1] == "**":
			continue
		}
		elements = append(elements, e)
	}
	return base, elements, ""
}

// A globber finds the paths that match a pattern.
type globber struct {
	ctx     context.Context
	found   map[string]bool
	visited int
}

// expand adds the paths below the folder p that match the elements of the pattern. shown is the
// path of p in the results.
func (g *globber) expand(p permit.Place, shown string, elements []string) error {
	if len(elements) == 0 {
		return g.add(shown)
	}
	first, rest := elements[0], elements[1:]
	switch {
	case first == "**":
		return g.expandAll(p, shown, elements)
	case !strings.ContainsAny(first, `*?[\`):
		child, ok := p.Child(first)
		if _, err := child.Root.Lstat(child.Name); !ok || err != nil {
			return nil
		}
		return g.expand(child, joinPath(shown, first), rest)
	}
	return g.eachEntry(p, func(name string, child permit.Place, _ fs.DirEntry) error {
		matched, _ := path.Match(first, name) // splitPattern has checked the pattern
		if !matched || name[0] == '.' && first[0] != '.' {
			return nil
		}
		return g.expand(child, joinPath(shown, name), rest)
	})
}

// expandAll adds the paths for a pattern that begins with "**": those below p, and those below each
// folder in p. It does not follow links and does not look into folders whose name begins with a
// dot.
func (g *globber) expandAll(p permit.Place, shown string, elements []string) error {
	rest := elements[1:]
	if len(rest) > 0 {
		if err := g.expand(p, shown, rest); err != nil {
			return err
		}
	}
	return g.eachEntry(p, func(name string, child permit.Place, e fs.DirEntry) error {
		if name[0] == '.' {
			return nil
		}
		path := joinPath(shown, name)
		if len(rest) == 0 {
			if err := g.add(path); err != nil {
				return err
			}
		}
		if !e.IsDir() {
			return nil
		}
		return g.expandAll(child, path, elements)
	})
}

// add adds a path that matches.
func (g *globber) add(shown string) error {
	if g.found[shown] = true; len(g.found) > maxPaths {
		return files.Fail("too_large", "the pattern matches more than %d paths", maxPaths)
	}
	return nil
}

// eachEntry calls f for the entries of p. A folder that cannot be read counts as empty.
func (g *globber) eachEntry(p permit.Place, f func(name string, child permit.Place, e fs.DirEntry) error) error {
	var stop error
	files.EachEntry(g.ctx, p, func(name string, child permit.Place, e fs.DirEntry) error {
		if g.visited++; g.visited > maxVisited {
			stop = files.Fail("too_large", "there are more than %d files to compare with the pattern", maxVisited)
		} else {
			stop = f(name, child, e)
		}
		return stop
	})
	if stop == nil {
		stop = g.ctx.Err()
	}
	return stop
}
