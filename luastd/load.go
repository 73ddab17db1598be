package luastd

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/lint"
)

// mostSource is the longest text that load and loadstring take, in bytes. It
// compiles in a tenth of a second, during which nothing else of the script
// runs.
const mostSource = 64 << 10

func baseLoadString(L *lua.LState) int {
	source := checkString(L, 1)
	return pushLoaded(L, source, chunkName(L, 2, source))
}

// load asks a function for the text, piece by piece, until it returns nil
// or nothing. What that raises is what is wrong with the text.
func (lib *baseLib) load(L *lua.LState) int {
	read := checkFunction(L, 1)
	name := chunkName(L, 2, "=(load)")
	var b strings.Builder
	for b.Len() <= mostSource {
		results, err := lib.host.Try([]lua.LValue{read})
		if err != nil {
			L.Push(lua.LNil)
			L.Push(errorOf(err))
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
	return pushLoaded(L, b.String(), name)
}

// chunkName is how argument n, or what stands for it, is shown in messages: a
// text that begins with = or @ without that, any other as [string "it..."].
func chunkName(L *lua.LState, n int, otherwise string) string {
	name := otherwise
	if L.Get(n) != lua.LNil {
		name = checkString(L, n)
	}
	name, _, _ = strings.Cut(name, "\x00")
	const most = 59 // characters, all told
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), most+1)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) > most-7 {
			name = "..." + name[len(name)-(most-7):]
		}
		return name
	}
	end := strings.IndexAny(name, "\n\r")
	if end < 0 {
		end = len(name)
	}
	const room = most + 1 - len(` [string "..."] `) - 1
	if short := min(end, room); short < len(name) {
		name = name[:short] + "..."
	}
	return `[string "` + name + `"]`
}

func pushLoaded(L *lua.LState, source, name string) int {
	proto, err := compileText(source, name)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	fn := L.NewFunctionFromProto(proto)
	fn.Env = L.G.Global
	L.Push(fn)
	return 1
}

// compileText compiles a text that a script has made. Its errors are for the
// script.
func compileText(source, name string) (*lua.FunctionProto, error) {
	switch {
	case strings.HasPrefix(source, "\x1b"):
		return nil, fmt.Errorf("%s: a compiled function cannot be loaded", name)
	case len(source) > mostSource:
		return nil, fmt.Errorf("%s: source too long (the most is %d bytes)", name, mostSource)
	}
	chunk, err := lint.ParseText([]byte(source), name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, syntaxError(name, source, err)
	}
	return proto, nil
}

// syntaxError puts what the parser or compiler says in the form of Lua 5.1.
func syntaxError(name, source string, err error) error {
	var bound *lint.Problem
	var syntax *parse.Error
	var compile *lua.CompileError
	line, text := 1, err.Error()
	switch {
	case errors.As(err, &bound):
		line, text = bound.Line, bound.Text
	case errors.As(err, &syntax):
		line, text = syntax.Pos.Line, fmt.Sprintf("%s near '%s'", lint.SyntaxWords(syntax.Message), syntax.Token)
		if line == parse.EOF {
			line, text = strings.Count(source, "\n")+1, lint.SyntaxWords(syntax.Message)+" near '<eof>'"
		}
	case errors.As(err, &compile):
		line, text = compile.Line, compile.Message
	}
	return fmt.Errorf("%s:%d: %s", name, line, text)
}
