package debug

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/source"
	"moonlark/engine/script/vm"
)

const (
	// evaluationTimeout is how long an expression of the client may run.
	evaluationTimeout = time.Second
	// maxExpression is the maximal length of an expression in bytes.
	maxExpression = 64 << 10
	// expressionName is the name of expressions of the client as the source of code.
	expressionName = "expression"
)

var placeInExpression = regexp.MustCompile(`^` + expressionName + `:\d+: `)

// compileExpression compiles a Lua expression.
func compileExpression(text string) (*lua.FunctionProto, error) { return compileText("return ", text) }

// compileCode compiles an expression or, if text is not one, statements.
func compileCode(text string) (*lua.FunctionProto, error) {
	proto, err := compileExpression(text)
	if err == nil {
		return proto, nil
	}
	if statements, otherErr := compileText("", text); otherErr == nil {
		return statements, nil
	}
	return nil, err
}

func compileText(before, text string) (*lua.FunctionProto, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the expression is longer than %d bytes", maxExpression)
	}
	code := []byte(before + text + "\n")
	proto, err := source.Compile(code, expressionName)
	if err != nil {
		_, message, atEnd := source.DescribeError(code, err)
		if atEnd {
			message += " near the end"
		}
		return nil, errors.New(message)
	}
	return proto, nil
}

// value returns the first value of an expression in the call f. Call it on the executor's
// goroutine.
func (s *Script) value(f vm.Frame, proto *lua.FunctionProto) (lua.LValue, error) {
	results, err := s.run(context.Background(), f, proto)
	if err != nil || len(results) == 0 {
		return lua.LNil, err
	}
	return results[0], nil
}

// run runs code that sees the variables of the call f, and returns what the code returns. When ctx
// is done, or after evaluationTimeout, the code is stopped. Call it on the executor's goroutine.
func (s *Script) run(ctx context.Context, f vm.Frame, proto *lua.FunctionProto) (results []lua.LValue, err error) {
	t := &vm.Task{Name: "an expression of the debugger"}
	t.Fn = s.opts.NewFunction(proto)
	running := true
	t.Fn.Env = s.environment(f, &running)
	defer func() { running = false }()
	t.Args = func(L *lua.LState) (int, error) {
		all := f.Arguments()
		for _, v := range all {
			L.Push(v)
		}
		return len(all), nil
	}
	t.End = func(L *lua.LState, failed error) {
		if failed != nil {
			err = errors.New(s.failure(failed))
			return
		}
		for i := 1; i <= L.GetTop(); i++ {
			results = append(results, L.Get(i))
		}
	}
	defer context.AfterFunc(ctx, func() { s.x.KillInside(t, "the debugger was disconnected") })()
	timer := time.AfterFunc(evaluationTimeout, func() { s.x.KillInside(t, fmt.Sprintf("took longer than %v", evaluationTimeout)) })
	defer timer.Stop()
	s.x.RunInside(t)
	return results, err
}

// failure returns the text of the error of an expression.
func (s *Script) failure(err error) string {
	var killed *vm.KilledError
	if errors.As(err, &killed) {
		return killed.Reason
	}
	text := s.opts.Explain(errorText(vm.ErrorValue(err)))
	return strings.TrimSpace(placeInExpression.ReplaceAllString(text, ""))
}

// environment returns a table that takes the place of the globals for code that sees the variables
// of the call f. If a function that the code has made is called later, it sees only the globals:
// running is false then, and the script goes on.
func (s *Script) environment(f vm.Frame, running *bool) *lua.LTable {
	L, globals := s.x.State(), f.Function().Env
	s.d.mu.Lock()
	st := s.stopped
	s.d.mu.Unlock()
	find := func(name string) *vm.Variable {
		if *running || st != nil && st.isHeld() {
			return findVariable(f, name)
		}
		return nil
	}
	env, meta := L.CreateTable(0, 0), L.CreateTable(0, 2)
	meta.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		if v := find(L.CheckString(2)); v != nil {
			L.Push(v.Value)
		} else {
			L.Push(L.GetField(globals, L.CheckString(2)))
		}
		return 1
	}))
	meta.RawSetString("__newindex", L.NewFunction(func(L *lua.LState) int {
		if v := find(L.CheckString(2)); v != nil {
			v.Set(L.Get(3))
		} else {
			L.SetField(globals, L.CheckString(2), L.Get(3))
		}
		return 0
	}))
	env.Metatable = meta
	return env
}

// findVariable returns the local variable or upvalue called name that the code of the call f sees,
// or nil.
func findVariable(f vm.Frame, name string) *vm.Variable {
	locals := f.Locals()
	for i := len(locals) - 1; i >= 0; i-- {
		if locals[i].Name == name {
			return &locals[i]
		}
	}
	for _, v := range f.Upvalues() {
		if v.Name == name {
			return &v
		}
	}
	return nil
}

// Evaluate runs an expression or statements, which see the variables of a call of a stopped thread,
// and returns the first value.
func (c *Session) Evaluate(ctx context.Context, frameID int, text string) (Variable, error) {
	proto, err := compileCode(text)
	if err != nil {
		return Variable{}, err
	}
	var result Variable
	inFrame := c.inFrame(frameID, func(f frame) {
		var values []lua.LValue
		if values, err = f.script.run(ctx, f.call, proto); err != nil {
			return
		}
		if len(values) == 0 {
			return
		}
		result = c.describe(reference{script: f.script, stop: f.stop, call: f.call}, variable{value: values[0]})
		for _, v := range values[1:] {
			result.Value += ", " + f.script.opts.Explain(shown(v))
		}
	})
	if inFrame != nil {
		return Variable{}, inFrame
	}
	return result, err
}
