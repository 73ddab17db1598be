package task

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// retry is the Lua function retry(n, fn [, options]). It calls fn in the running task.
func (m *module) retry(L *lua.LState) int {
	n, fn := value.CheckWhole(L, 1, 1, maxCount), L.CheckFunction(2)
	o := value.CheckOptions(L, 3, "wait", "factor")
	delay := o.Seconds("wait", time.Second, 0, maxWait)
	factor := o.Number("factor", 2, 1, 10)
	task := m.RunningTask()
	interrupted := task.Interrupted() // an earlier wait was, and the script cleans up now
	for {
		r, err := m.try(fn)
		n--
		if succeeded(r) {
			return r.push(L)
		}
		if task.Interrupted() && !interrupted {
			value.RaiseAgain(L, err) // the tool call was cancelled, so that nobody needs another attempt
			n = 0
		}
		if n == 0 {
			return r.pushFailure(L)
		}
		// raises an error if the task has been cancelled, even if delay is 0
		m.wait(L, delay, func(func()) func(bool) { return func(bool) {} })
		delay = min(time.Duration(float64(delay)*factor), maxWait)
	}
}

// try calls fn and returns its result. err is the error that fn has raised, or nil.
func (m *module) try(fn *lua.LFunction) (r result, err error) {
	values, err := m.Try([]lua.LValue{fn})
	if err != nil {
		return failure("failed", m.ErrorText(err)), err
	}
	return returned(values), nil
}
