package exec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/process"
	"moonlark/luastd/value"
)

// writeTimeout is how long process:write waits until the program has read its input.
const writeTimeout = 30 * time.Second

// start is the Lua function exec.start.
func (m *module) start(L *lua.LState) int {
	s, err := m.checkSettings(L, "start", "on_line", "on_exit")
	if err != nil {
		return pushError(L, "exec.start", err)
	}
	v := m.rt.Await(L, func(done func(any)) (cancel func()) {
		ended, f := m.limits.begin(s.maxOutput)
		if f != nil {
			done(f)
			return nil
		}
		ctx, cancel := context.WithCancel(context.Background())
		m.launch(ctx, cancel, s, ended, done)
		return cancel // a program that is started too late is killed at once
	})
	if err, ok := v.(error); ok {
		return pushError(L, "exec.start", err)
	}
	p := v.(*program)
	value.Raise(L, m.startCallbacks(L, p))
	L.Push(&lua.LUserData{Value: p, Env: L.Env, Metatable: m.process})
	return 1
}

// launch starts a program on another goroutine, which passes the program, or the reason why it
// cannot be started, to done. When the script is closed or reloaded, the program is stopped, even
// if it is still being started. The arguments are those of begin. Call launch on the executor's
// goroutine.
func (m *module) launch(ctx context.Context, cancel func(), s *settings, ended func(), done func(any)) {
	var p *program               // nil if it could not be started
	begun := make(chan struct{}) // closed when p is set
	release := m.rt.Own(func() {
		select {
		case <-begun:
		case <-time.After(stopTimeout): // the disk may not respond
			return
		}
		if p != nil {
			p.stop()
		}
	})
	go func() {
		defer release()
		var err error
		p, err = m.begin(ctx, cancel, s, ended)
		close(begun)
		if err != nil {
			done(err)
			return
		}
		done(p)
		<-p.done
	}()
}

// processMetatable returns the metatable of processes.
func (m *module) processMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "process", map[string]lua.LGFunction{
		"write": m.write, "close_stdin": closeStdin, "read_line": m.readLine, "lines": m.lines,
		"wait": m.wait, "kill": kill, "running": running,
	}, func(p *program, name string) lua.LValue {
		if name == "pid" {
			return lua.LNumber(p.PID())
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (p *program) String() string {
	state := "running"
	if closed(p.Exited()) {
		state = "ended"
	}
	return fmt.Sprintf("process %d %s (%s)", p.PID(), p.settings.command.Path, state)
}

// checkProcess returns argument 1, which must be a process.
func checkProcess(L *lua.LState) *program {
	return value.CheckHandle[*program](L, "a process", "process:wait()")
}

// write is the Lua method process:write.
func (m *module) write(L *lua.LState) int {
	p, text := checkProcess(L), L.CheckString(2)
	if !p.settings.pipe {
		L.RaiseError(`process:write: the program was started without stdin = "pipe"`)
	}
	timeout := m.rt.WaitLimit(writeTimeout)
	err, _ := m.rt.Await(L, func(done func(any)) (cancel func()) {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		stop := context.AfterFunc(ctx, func() { done(ctx.Err()) }) // on Windows, nothing interrupts write
		go func() {
			err := p.input.write(ctx, text)
			stop()
			cancel()
			done(err)
		}()
		return cancel
	}).(error)
	switch {
	case err == nil:
		L.Push(lua.LTrue)
		return 1
	case errors.Is(err, context.DeadlineExceeded):
		return value.PushFailure(L, "timeout", "%s has not read its input for %v s", p.settings.name(), timeout.Seconds())
	case errors.Is(err, syscall.EPIPE), errors.Is(err, fs.ErrClosed):
		return value.PushFailure(L, "closed", "the standard input of %s is closed", p.settings.name())
	}
	return value.PushFailure(L, "failed", "%v", err)
}

// closeStdin is the Lua method process:close_stdin.
func closeStdin(L *lua.LState) int {
	p := checkProcess(L)
	if !p.settings.pipe {
		L.RaiseError(`process:close_stdin: the program was started without stdin = "pipe"`)
	}
	p.input.pipe.Close()
	L.Push(lua.LTrue)
	return 1
}

// A read is what readNext has read.
type read struct {
	line  string
	state lineState
}

// readNext waits for the next line of stdout. ok is false if timeout has passed; 0 means no
// timeout.
func (m *module) readNext(L *lua.LState, p *program, timeout time.Duration) (r read, ok bool) {
	p.beginReading()
	r, ok = m.await(L, p.output, timeout, func() any {
		line, state := p.output.line(&p.output.stdout)
		if state == linePending {
			return nil
		}
		return read{line, state}
	}).(read)
	return r, ok
}

// beginReading notes that the script reads the lines of stdout, for which the program has to wait.
func (p *program) beginReading() {
	p.output.change(func() { p.output.stdout.hold, p.output.stdout.wasRead = true, true })
}

// await makes the running task wait until check returns a value, and returns the value. check is
// called after each change of o, on any goroutine. await returns nil if timeout has passed; 0 means
// no timeout.
func (m *module) await(L *lua.LState, o *output, timeout time.Duration, check func() any) any {
	return m.rt.Await(L, func(done func(any)) (cancel func()) {
		next := o.next()
		if v := check(); v != nil {
			done(v)
			return nil
		}
		ctx, cancel := context.WithCancel(context.Background())
		if timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, timeout)
		}
		go func() {
			defer cancel()
			done(awaitChange(ctx, o, next, check))
		}()
		return cancel
	})
}

// awaitChange calls check after each change of o, until check returns a value. It returns the
// value, or nil if ctx is done first. next is closed at the first change.
func awaitChange(ctx context.Context, o *output, next <-chan struct{}, check func() any) any {
	for {
		select {
		case <-next:
		case <-ctx.Done():
			return nil
		}
		next = o.next()
		if v := check(); v != nil {
			return v
		}
	}
}

// checkReader returns argument 1, which must be a process without on_line.
func checkReader(L *lua.LState, method string) *program {
	p := checkProcess(L)
	if p.settings.onLine != nil {
		L.RaiseError("process:%s: the lines go to on_line", method)
	}
	return p
}

const droppedReason = "the rest of the output was dropped, because nobody has read it"

// readLine is the Lua method process:read_line.
func (m *module) readLine(L *lua.LState) int {
	p := checkReader(L, "read_line")
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 2, 0, maxTimeout))
	r, ok := m.readNext(L, p, timeout)
	switch {
	case !ok:
		return value.PushFailure(L, "timeout", "%s has not written a line in %v s", p.settings.name(), timeout.Seconds())
	case r.state == lineCut:
		return value.PushFailure(L, "too_large", droppedReason)
	case r.state == lineEnded:
		return value.PushFailure(L, "closed", "%s has closed its output", p.settings.name())
	}
	L.Push(lua.LString(r.line))
	return 1
}

// lines is the Lua method process:lines.
func (m *module) lines(L *lua.LState) int {
	p := checkReader(L, "lines")
	p.beginReading()
	L.Push(L.NewFunction(func(L *lua.LState) int {
		r, _ := m.readNext(L, p, 0)
		switch r.state {
		case lineCut:
			L.RaiseError("process:lines: too_large: %s", droppedReason)
		case lineEnded:
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LString(r.line))
		return 1
	}))
	return 1
}

// wait is the Lua method process:wait.
func (m *module) wait(L *lua.LState) int {
	p := checkProcess(L)
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 2, maxTimeout, maxTimeout))
	if p.settings.onLine == nil {
		p.output.change(func() { p.output.stdout.hold = false })
	}
	r, ok := m.awaitResult(L, p, timeout)
	if !ok {
		return value.PushFailure(L, "timeout", "%s has not ended in %v s", p.settings.name(), timeout.Seconds())
	}
	L.Push(r.table(L))
	return 1
}

// awaitResult waits for the end of p. ok is false if timeout has passed; 0 means no timeout.
// Another goroutine copies the output, because that can take a while.
func (m *module) awaitResult(L *lua.LState, p *program, timeout time.Duration) (r *result, ok bool) {
	r, ok = m.rt.Await(L, func(done func(any)) (cancel func()) {
		ctx, cancel := context.WithCancel(context.Background())
		if timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, timeout)
		}
		go func() {
			defer cancel()
			select {
			case <-p.done:
				done(p.result())
			case <-ctx.Done():
				done(nil)
			}
		}()
		return cancel
	}).(*result)
	return r, ok
}

// kill is the Lua method process:kill.
func kill(L *lua.LState) int {
	p, signal := checkProcess(L), L.OptString(2, "TERM")
	if !slices.Contains(process.Signals(), signal) {
		L.ArgError(2, value.Quote(signal)+" is not one of "+strings.Join(process.Signals(), ", "))
	}
	if closed(p.done) || !p.Signal(signal) {
		return value.PushFailure(L, "closed", "%s has ended", p.settings.name())
	}
	L.Push(lua.LTrue)
	return 1
}

// running is the Lua method process:running.
func running(L *lua.LState) int {
	L.Push(lua.LBool(!closed(checkProcess(L).Exited())))
	return 1
}
