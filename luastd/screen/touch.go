package screen

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/screen"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

var errBusy = errors.New("the script is busy")

// press puts a touch into the queue. Any goroutine may call it.
func (m *module) press(p screen.Pressed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) >= maxQueue {
		m.rt.CountDropped("screen", "touches", 1)
		return errBusy
	}
	m.queue = append(m.queue, p)
	m.pressed.Send()
	return nil
}

// forgetHandlers forgets the functions that cannot be called any more, unless a task still makes blocks, whose
// functions nothing else refers to.
func (m *module) forgetHandlers() {
	if m.client == nil || m.makers > 0 || len(m.handlers) == 0 {
		return
	}
	live := m.client.Handlers(m.generation)
	m.mu.Lock()
	for _, p := range m.queue {
		live[p.Handler] = true
	}
	m.mu.Unlock()
	for number := range m.handlers {
		if !live[number] {
			delete(m.handlers, number)
		}
	}
}

// deliverTouches starts the task that calls the functions of the script, if there is none yet.
func (m *module) deliverTouches(L *lua.LState) error {
	if m.delivering || len(m.handlers) == 0 {
		return nil
	}
	_, err := m.rt.Start(luastd.TaskSpec{Name: "screen", Fn: L.NewFunction(m.deliver)})
	m.delivering = err == nil
	return err
}

// deliver is the Lua function of the task that calls the functions of the script.
func (m *module) deliver(L *lua.LState) int {
	state := func() (ready, gone bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.queue) > 0, false
	}
	m.waiter.Deliver(L, "on_press", &m.pressed, state, func() (*lua.LFunction, []lua.LValue) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.queue) == 0 {
			return nil, nil
		}
		p := m.queue[0]
		m.queue = m.queue[1:]
		fn := m.handlers[p.Handler]
		if fn == nil {
			return nil, nil
		}
		e := L.CreateTable(0, 3)
		e.RawSetString("id", lua.LString(p.ID))
		e.RawSetString("action", lua.LString(p.Action))
		e.RawSetString("value", lua.LString(p.Value))
		return fn, []lua.LValue{e}
	})
	return 0
}

// An answer is the answer to a question.
type answer struct{ choice, reason string }

// reasons explain why there is no answer, by code.
var reasons = map[string]string{
	"timeout":   "nobody has answered",
	"dismissed": "the question was closed",
	"replaced":  "another question was asked",
	"closed":    "the screen was cleared",
}

// ask is the Lua function screen.ask.
func (m *module) ask(L *lua.LState) int {
	t := L.CheckTable(1)
	q, seconds, err := m.screen.Maker(nil).Question(m.tree(L, "screen.ask", t))
	if err != nil {
		L.RaiseError("screen.ask: %s", err)
	}
	luastd.CheckLoaded(L, m.rt, "screen.ask")
	if m.failure != nil {
		L.RaiseError("screen.ask: %s", m.failure)
	}
	if fakes := m.rt.Fakes(); fakes != nil {
		var choices []string
		for _, c := range q.Choices {
			choices = append(choices, c.Text)
		}
		if choice, ok := fakes.Answer(q.Title, choices); ok {
			return pushAnswer(L, choice)
		}
	}
	timeout := m.rt.WaitLimit(time.Duration(seconds * float64(time.Second)))
	wait := m.rt.Await
	if m.waiter.Rest {
		wait = m.rt.Rest
	}
	switch a := wait(L, func(done func(any)) func() {
		cancel, err := m.client.Ask(q, timeout, func(choice, reason string) { done(answer{choice, reason}) })
		if err != nil {
			done(err)
		}
		return cancel
	}).(type) {
	case answer:
		if a.reason != "" {
			return value.PushFailure(L, a.reason, "%s", reasons[a.reason])
		}
		return pushAnswer(L, a.choice)
	case error:
		L.RaiseError("screen.ask: %s", a)
	}
	return 0
}

// pushAnswer pushes a choice; "" means that the question was closed.
func pushAnswer(L *lua.LState, choice string) int {
	if choice == "" {
		return value.PushFailure(L, "dismissed", "%s", reasons["dismissed"])
	}
	L.Push(lua.LString(choice))
	return 1
}
