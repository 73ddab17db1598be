package std

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/source"
)

// maxSource is the maximal length of a text for load and loadstring, in bytes. The script does
// nothing else while the text is compiled. A text of this length takes a tenth of a second.
const maxSource = 64 << 10

func (lib *baseLib) loadString(L *lua.LState) int {
	source := checkString(L, 1)
	return lib.pushLoaded(L, source, chunkName(L, 2, source))
}

// load is the Lua function load. It calls its first argument, a function, for the pieces of a text
// until the function returns nil or an empty string. If the function raises an error, load returns
// nil and the error.
func (lib *baseLib) load(L *lua.LState) int {
	read := checkFunction(L, 1)
	name := chunkName(L, 2, "=(load)")
	var b strings.Builder
	for b.Len() <= maxSource {
		results, err := lib.rt.Try([]lua.LValue{read})
		if err != nil {
			L.Push(lua.LNil)
			L.Push(errorValue(err))
			return 2
		}
		v := lua.LNil
		if len(results) > 0 {
			v = results[0]
		}
		piece, ok := asString(v)
		if !ok && v != lua.LNil {
			L.Push(lua.LNil)
			L.Push(lua.LString("reader function must return a string"))
			return 2
		}
		if piece == "" {
			break
		}
		b.WriteString(piece)
	}
	return lib.pushLoaded(L, b.String(), name)
}

// chunkName returns the name of a text that a script loads, for error messages. The name comes from
// argument n or, if that is missing, from fallback. If the name begins with = or @, chunkName
// removes this character. Otherwise it returns [string "the first line..."].
func chunkName(L *lua.LState, n int, fallback string) string {
	name := fallback
	if L.Get(n) != lua.LNil {
		name = checkString(L, n)
	}
	name, _, _ = strings.Cut(name, "\x00")
	const maxName = 59 // maximal number of characters, as in Lua 5.1
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), maxName+1)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) > maxName-7 {
			name = "..." + name[len(name)-(maxName-7):]
		}
		return name
	}
	end := strings.IndexAny(name, "\n\r")
	if end < 0 {
		end = len(name)
	}
	const room = maxName + 1 - len(` [string "..."] `) - 1
	if short := min(end, room); short < len(name) {
		name = name[:short] + "..."
	}
	return `[string "` + name + `"]`
}

// pushLoaded compiles source and pushes the function, or nil and the error. It returns the number
// of values.
func (lib *baseLib) pushLoaded(L *lua.LState, source, name string) int {
	proto, err := compileText(source, name)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	fn := lib.rt.NewFunction(proto)
	fn.Env = L.G.Global
	L.Push(fn)
	return 1
}

// compileText compiles a text that a script loads. name is the name of the text in error messages,
// which have the form of Lua 5.1.
func compileText(text, name string) (*lua.FunctionProto, error) {
	switch {
	case strings.HasPrefix(text, "\x1b"):
		return nil, fmt.Errorf("%s: a compiled function cannot be loaded", name)
	case len(text) > maxSource:
		return nil, fmt.Errorf("%s: source too long (the maximum is %d bytes)", name, maxSource)
	}
	proto, err := source.Compile([]byte(text), name)
	if err != nil {
		return nil, syntaxError(name, text, err)
	}
	return proto, nil
}

// syntaxError returns err, an error of the parser or the compiler, in the form of Lua 5.1.
func syntaxError(name, text string, err error) error {
	line, message, atEnd := source.DescribeError([]byte(text), err)
	if atEnd {
		message += " near '<eof>'"
	}
	return fmt.Errorf("%s:%d: %s", name, line, message)
}
