package script

import (
	"encoding/json"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// An Event is something that happened and that scripts may handle. It is a
// plain value, shared by all who get it, and never changed.
type Event struct {
	Type  string
	Data  json.RawMessage   // a JSON object, whose fields the handler gets; or nothing
	Bytes map[string]string // more fields, as strings of bytes

	// Merge folds this event into an older one that no handler has seen yet,
	// so that a flood does not pile up. It says whether it could. Nil for
	// events that are each of worth.
	Merge func(older Event) (merged Event, ok bool)
}

// push pushes what a handler gets: a table of the fields, with the event's type
// as type; a field that the wire calls type becomes part.
func (e *Event) push(L *lua.LState) (int, error) {
	fields := L.CreateTable(0, 4)
	if len(e.Data) > 0 {
		v, err := luastd.ParseJSON(L, e.Data)
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
	if own := fields.RawGetString("type"); own != lua.LNil {
		fields.RawSetString("part", own) // agent_chat_response_part: "start", "delta" or "stop"
	}
	fields.RawSetString("type", lua.LString(e.Type))
	L.Push(fields)
	return 1, nil
}
