package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/source"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// evalName is the name of the code that Eval runs, in error messages.
const evalName = "input"

// errIncomplete is the error of Eval for code that more lines could complete.
var errIncomplete = errors.New("the code is not complete")

// IsIncomplete reports whether code is not valid Lua code, but could become valid with more lines.
func IsIncomplete(code string) bool {
	_, _, err := compileInput(code)
	return errors.Is(err, errIncomplete)
}

// Eval runs Lua code, an expression or statements, as a task of the script at path, which has been
// loaded. It returns the values of the expression, or those that the code returns, as text for people.
// The code can use the globals of the script, and the table tools, which has a function for each tool
// of the script. When ctx is done, the task is killed. The error says why the code cannot run, or has
// failed.
func (s *Scripts) Eval(ctx context.Context, path, code string) ([]string, error) {
	g := s.generationOf(path)
	if g == nil {
		return nil, fmt.Errorf("%s is not loaded", path)
	}
	proto, text, err := compileInput(code)
	if err != nil {
		return nil, err
	}
	g.addSource(evalName, text) // so that errors can be explained
	type outcome struct {
		values []string
		err    error
	}
	ended := make(chan outcome, 1)
	t := &vm.Task{Name: evalName, OutlivesRetire: true, End: func(L *lua.LState, err error) {
		var o outcome
		if err != nil {
			o.err = errors.New(g.permit.Mask(g.explain(errorText(err))))
		} else {
			for i := 1; i <= L.GetTop(); i++ {
				o.values = append(o.values, g.permit.Mask(value.Show(L.Get(i))))
			}
		}
		ended <- o
	}}
	start := func() {
		g.provideTools()
		t.Fn = g.NewFunction(proto)
		g.x.StartTask(t)
	}
	if err := g.x.Post(start); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { g.x.Kill(t, "interrupted") })()
	select {
	case o := <-ended:
		return o.values, o.err
	case <-g.x.Done():
	}
	select {
	case o := <-ended:
		return o.values, o.err
	default:
		return nil, vm.ErrClosed
	}
}

// generationOf returns the current generation of the script at path, or nil if it is not loaded.
func (s *Scripts) generationOf(path string) *generation {
	sc := s.find(filepath.Clean(path))
	if sc == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return sc.current
}

// compileInput compiles code as an expression or, if it is not one, as statements. It also returns the
// text that was compiled.
func compileInput(code string) (*lua.FunctionProto, []byte, error) {
	// The new line ends a text in quotes that has no end: more lines do not complete it.
	code = strings.TrimPrefix(strings.TrimSpace(code), "=") + "\n"
	if len(code) > maxSource {
		return nil, nil, fmt.Errorf("the code is longer than %d bytes", maxSource)
	}
	expression, statements := []byte("return "+code), []byte(code)
	proto, expressionErr := source.Compile(expression, evalName)
	if expressionErr == nil {
		return proto, expression, nil
	}
	proto, err := source.Compile(statements, evalName)
	if err == nil {
		return proto, statements, nil
	}
	line, message, atEnd := source.DescribeError([]byte(strings.TrimSpace(code)), err)
	_, _, expressionAtEnd := source.DescribeError(expression, expressionErr)
	if atEnd || expressionAtEnd {
		return nil, nil, fmt.Errorf("%s:%d: %s near the end: %w", evalName, line, message, errIncomplete)
	}
	return nil, nil, fmt.Errorf("%s:%d: %s", evalName, line, message)
}

// provideTools sets the global tools, unless the script has a global of that name. It runs on the
// executor's goroutine.
func (g *generation) provideTools() {
	L := g.x.State()
	offers := g.offersOf(toolOffer)
	if len(offers) == 0 || L.G.Global.RawGetString("tools") != lua.LNil {
		return
	}
	t := L.CreateTable(0, len(offers))
	for _, o := range offers {
		name := o.spec.Name
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int { return g.callTool(L, name) }))
	}
	L.G.Global.RawSetString("tools", t)
}

// callTool calls the tool name with the table that is argument 1, as an agent does. It pushes the text
// of the result, or nil and the reason.
func (g *generation) callTool(L *lua.LState, name string) int {
	args := []byte("{}")
	if t := L.OptTable(1, nil); t != nil {
		if k, _ := t.Next(lua.LNil); k != lua.LNil {
			var err error
			if args, err = value.Append(nil, t, value.MaxJSON); err != nil {
				L.ArgError(1, err.Error())
			}
		}
	}
	r := g.x.Await(L, func(done func(any)) func() {
		c := &Call{ID: evalName, Name: name, Args: json.RawMessage(args), Reply: func(_ *Call, r tool.Result) { done(r) }}
		g.scripts.Call(c)
		return c.Cancel
	}).(tool.Result)
	if r.IsError {
		L.Push(lua.LNil)
		L.Push(lua.LString(r.Text))
		return 2
	}
	L.Push(lua.LString(r.Text))
	return 1
}
