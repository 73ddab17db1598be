package exec

import (
	"context"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A result is the result of a program that has ended.
type result struct {
	*program
	stdout, stderr string
	truncated      bool
}

// result returns the result of p, which must have ended. It copies the output that has not been
// read, so that it can take a while.
func (p *program) result() *result {
	r := &result{program: p}
	r.stdout, r.stderr, r.truncated = p.output.rest()
	return r
}

// table returns r as a Lua table.
func (r *result) table(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 7)
	if r.status.Signal != "" {
		t.RawSetString("signal", lua.LString(r.status.Signal))
	} else {
		t.RawSetString("code", lua.LNumber(r.status.Code))
	}
	t.RawSetString("ok", lua.LBool(r.status.Signal == "" && r.status.Code == 0))
	t.RawSetString("stdout", lua.LString(r.stdout))
	t.RawSetString("stderr", lua.LString(r.stderr))
	t.RawSetString("truncated", lua.LBool(r.truncated))
	t.RawSetString("elapsed", lua.LNumber(r.status.Elapsed.Seconds()))
	return t
}

// run is the Lua function exec.run.
func (m *module) run(L *lua.LState) int {
	s, err := m.checkSettings(L, "run", "timeout")
	if err != nil {
		return pushError(L, "exec.run", err)
	}
	s.timeout = m.rt.WaitLimit(s.timeout)
	switch v := m.rt.Await(L, func(done func(any)) (cancel func()) {
		ended, f := m.limits.begin(s.maxOutput)
		if f != nil {
			done(f)
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		go func() { done(m.runToEnd(ctx, cancel, s, ended)) }()
		return cancel
	}).(type) {
	case error:
		return pushError(L, "exec.run", v)
	case *result:
		if v.status.Killed {
			n := value.PushFailure(L, "timeout", "%s has not ended in %v s, and was killed", s.name(), s.timeout.Seconds())
			L.Push(v.table(L))
			return n + 1
		}
		L.Push(v.table(L))
	}
	return 1
}

// runToEnd runs a program. It returns a *result or the error of begin.
func (m *module) runToEnd(ctx context.Context, cancel func(), s *settings, ended func()) any {
	p, err := m.begin(ctx, cancel, s, ended)
	if err != nil {
		return err
	}
	<-p.done
	return p.result()
}
