package fs

import (
	"path"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// joinPath returns the path of name in the folder base. It keeps "./" at the beginning, because
// "./a" and "a" are different files: in the script's folder and in the data folder.
func joinPath(base, name string) string {
	switch {
	case base == "":
		return name
	case name == "":
		return base
	}
	joined := path.Join(base, name)
	switch {
	case isBelowScript(base) == isBelowScript(joined):
		return joined
	case isBelowScript(base):
		return "./" + joined
	}
	return base + "/" + name // "a/../.." is not relative to the script's folder, as "../" would be
}

// isBelowScript reports whether p is relative to the script's folder.
func isBelowScript(p string) bool {
	return p == "." || p == ".." || strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../")
}

// join is the Lua function join. Its result is below the first argument, whatever the others are.
func join(L *lua.LState) int {
	base := L.CheckString(1)
	var names []string
	for n := 2; n <= L.GetTop(); n++ {
		name := L.CheckString(n)
		if why := whyNotBelow(name); why != "" {
			L.ArgError(n, why)
		}
		names = append(names, name)
	}
	L.Push(lua.LString(joinPath(base, path.Join(names...))))
	return 1
}

// whyNotBelow returns why the path name might not be below the folder that it is joined to, or "".
func whyNotBelow(name string) string {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`) || len(name) > 1 && name[1] == ':' {
		return "the path must not be absolute"
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f {
			return "the path must not have control characters"
		}
	}
	for element := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if element == ".." {
			return `the path must not have ".."`
		}
	}
	return ""
}

// dirname is the Lua function dirname. The folder of a plain name is "", which is the data folder.
func dirname(L *lua.LState) int {
	p := L.CheckString(1)
	end := strings.LastIndexByte(p, '/')
	switch dir := strings.TrimRight(p[:end+1], "/"); {
	case end < 0:
		L.Push(lua.LString(""))
	case dir == "":
		L.Push(lua.LString("/"))
	default:
		L.Push(lua.LString(dir))
	}
	return 1
}

func basename(L *lua.LState) int {
	p, ext := L.CheckString(1), L.OptString(2, "")
	base := p[strings.LastIndexByte(p, '/')+1:]
	if base != ext {
		base = strings.TrimSuffix(base, ext)
	}
	L.Push(lua.LString(base))
	return 1
}

// extension is the Lua function extension. A dot at the beginning of a name begins no extension.
func extension(L *lua.LState) int {
	p := L.CheckString(1)
	base := p[strings.LastIndexByte(p, '/')+1:]
	dot := strings.LastIndexByte(base, '.')
	if dot <= 0 {
		dot = len(base)
	}
	L.Push(lua.LString(base[dot:]))
	return 1
}
