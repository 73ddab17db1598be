package script

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
	"moonlark/luastd/value"
)

// An Event is something that happened and that scripts may handle. All scripts share its fields, so
// they must not be changed after Dispatch.
type Event struct {
	Type   string
	Script string            // file name of the only script that gets the event; empty: all that handle it
	Data   json.RawMessage   // a JSON object, whose fields the event handler gets; may be empty
	Bytes  map[string]string // additional fields, which the event handler gets as Lua strings

	// Merge combines this event with an older event of the same type that is still queued. The
	// merged event replaces both. Merge returns false if the two cannot be combined. If Merge is
	// nil, the event is never combined with another. Merge keeps the queue short when many small
	// events come.
	Merge func(older Event) (merged Event, ok bool)
}

// allEvents is the event type for which a script calls on() to handle events of all types.
const allEvents = "*"

// Listens reports whether any script handles events of the type eventType.
func (s *Scripts) Listens(eventType string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.list, func(sc *script) bool { return sc.current.listens(eventType) })
}

// Dispatch queues an event for each script that handles events of this type. It does not wait for
// the handlers. Each script gets the events in the order in which Dispatch was called.
func (s *Scripts) Dispatch(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var merge vm.MergeFunc
	if e.Merge != nil {
		merge = e.mergeWith
	}
	for _, sc := range s.list {
		if sc.current.listens(e.Type) && (e.Script == "" || e.Script == sc.current.name()) {
			// PutItem returns an error only if the executor is closed. The event is then not
			// needed.
			sc.current.x.PutItem(vm.Notification, &e, merge)
		}
	}
}

// mergeWith is the vm.MergeFunc of the event: it merges the event with a queued event of the same
// type.
func (e *Event) mergeWith(queued any) (merged any, matched bool) {
	older, ok := queued.(*Event)
	if !ok || older.Type != e.Type {
		return nil, false
	}
	if both, ok := e.Merge(*older); ok {
		return &both, true
	}
	return nil, true
}

// listens reports whether the generation handles events of the type eventType.
func (g *generation) listens(eventType string) bool {
	return len(g.handlers[eventType]) > 0 || len(g.handlers[allEvents]) > 0
}

// handleEvent starts the event handlers for the event e. It runs on the executor's goroutine.
func (g *generation) handleEvent(e *Event) {
	if n := g.x.TakeDropped(); n > 0 {
		g.log(slog.LevelWarn, fmt.Sprintf("%d events were dropped: the event handlers are too slow", n))
	}
	if g.stage != stageInUse {
		return
	}
	for _, fn := range slices.Concat(g.handlers[e.Type], g.handlers[allEvents]) {
		t := g.newTask("on "+e.Type, fn, func(L *lua.LState) (int, error) { return e.push(L) })
		t.Timeout = g.scripts.opts.Limits.Handler
		g.x.StartTask(t)
	}
}

// push pushes the argument of an event handler onto the stack of L: a table with the fields of the
// event. It returns 1, the number of arguments. The field "type" of the table is the type of the
// event. If Data has a field "type" too, the table has the value of that field as "part".
func (e *Event) push(L *lua.LState) (int, error) {
	fields := L.CreateTable(0, 4)
	if len(e.Data) > 0 {
		v, err := value.Parse(L, e.Data)
		if err != nil {
			return 0, fmt.Errorf("event %s: %w", e.Type, err)
		}
		if t, ok := v.(*lua.LTable); ok {
			fields = t
		} else {
			fields.RawSetString("value", v)
		}
	}
	for name, bytes := range e.Bytes {
		fields.RawSetString(name, lua.LString(bytes))
	}
	if part := fields.RawGetString("type"); part != lua.LNil {
		// in an event agent_chat_response_part: "start", "delta" or "stop"
		fields.RawSetString("part", part)
	}
	fields.RawSetString("type", lua.LString(e.Type))
	L.Push(fields)
	return 1, nil
}
