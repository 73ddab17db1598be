package exec

import (
	"fmt"
	"log/slog"

	"moonlark/luastd"

	lua "github.com/yuin/gopher-lua"
)

// callbacks call the functions on_line and on_exit of a program, in a task that lives as long as
// the program. Only the executor's goroutine uses its fields.
type callbacks struct {
	m    *module
	p    *program
	task *lua.LFunction // runs the task

	stderrFirst bool // the next line is taken from stderr, if it has one
	calling     bool // a function of the script runs
	exited      bool // on_exit has been called
}

// startCallbacks starts the task that calls the functions on_line and on_exit of p, if it has any.
func (m *module) startCallbacks(L *lua.LState, p *program) error {
	if p.settings.onLine == nil && p.settings.onExit == nil {
		return nil
	}
	c := &callbacks{m: m, p: p}
	c.task = L.NewFunction(c.run)
	if err := c.start(); err != nil {
		p.cancel()
		return fmt.Errorf("exec.start: %w", err)
	}
	return nil
}

// start starts the task.
func (c *callbacks) start() error {
	_, err := c.m.rt.Start(luastd.TaskSpec{Name: "exec.start", Fn: c.task})
	return err
}

// run is the Lua function of the task. If a function of the script takes too long, the task is
// killed, and another task continues.
func (c *callbacks) run(L *lua.LState) int {
	defer func() {
		if c.calling {
			c.continueInNewTask()
		}
	}()
	c.calling = false
	for {
		event := c.m.await(L, c.p.output, 0, func() any { return c.next() })
		line, ok := event.(eventLine)
		if !ok {
			break
		}
		c.call(L, "on_line", c.p.settings.onLine, lua.LString(line.text), lua.LString(line.stream))
	}
	if onExit := c.p.settings.onExit; onExit != nil && !c.exited {
		r, _ := c.m.awaitResult(L, c.p, 0)
		c.exited = true
		c.call(L, "on_exit", onExit, r.table(L))
	}
	return 0
}

// An eventLine is a line of a stream, for on_line.
type eventLine struct{ text, stream string }

// The event after the last line, when the program has ended.
type eventExit struct{}

// next returns the next eventLine or eventExit, or nil if there is none yet. It takes lines from
// both streams in turn.
func (c *callbacks) next() any {
	stdout, stderr := &c.p.output.stdout, &c.p.output.stderr
	streams := []*stream{stdout, stderr}
	switch {
	case c.p.settings.onLine == nil:
		streams = nil
	case c.stderrFirst:
		streams = []*stream{stderr, stdout}
	}
	for _, s := range streams {
		if line, state := c.p.output.line(s); state == lineFound {
			c.stderrFirst = s == stdout
			return eventLine{line, s.name}
		}
	}
	if closed(c.p.done) {
		return eventExit{}
	}
	return nil
}

// call calls a function of the script, and logs its error. It raises an error, with c.calling still
// set, if the function took so long that the task was killed.
func (c *callbacks) call(L *lua.LState, name string, fn *lua.LFunction, args ...lua.LValue) {
	c.calling = true
	if _, err := c.m.rt.Try(append([]lua.LValue{fn}, args...)); err != nil {
		c.m.rt.Checkpoint(L)
		c.m.rt.Log(slog.LevelError, fmt.Sprintf("exec.start: %s: %v", name, err))
	}
	c.calling = false
}

// continueInNewTask starts another task after the task was killed. If that is not possible, which
// is usually because the generation has ended, it stops the program, because nobody would read its
// output.
func (c *callbacks) continueInNewTask() {
	if err := c.start(); err != nil {
		c.m.rt.Log(slog.LevelDebug, fmt.Sprintf("exec.start: %s is stopped: %v", c.p.settings.name(), err))
		go c.p.stop()
	}
}
