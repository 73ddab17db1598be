package engine

import (
	"encoding/json"

	"moonlark/engine/bus"
	"moonlark/engine/script"
)

// scriptReceiver returns a receiver that passes events of the bus to the scripts that listen for
// them. Each script has a queue of limited size.
func scriptReceiver(scripts *script.Scripts) bus.Receiver {
	return bus.Receiver{
		Wants:   func(_ bus.Type, name string) bool { return name != "" && scripts.Listens(name) },
		Receive: func(e bus.Event) { scripts.Dispatch(scriptEvent(e)) },
	}
}

// scriptEvent converts an event of the bus to the form in which scripts receive it.
func scriptEvent(e bus.Event) script.Event {
	if e.Message != nil {
		return messageEvent(e.Message)
	}
	ev := script.Event{Type: e.ScriptName()}
	if e.Type == bus.JobDone {
		ev.Script = e.Script
	}
	// cannot fail: the fields are strings, numbers, booleans and JSON
	ev.Data, _ = json.Marshal(e.ScriptFields())
	if bus.Of(e.Type).Latest {
		ev.Merge = func(script.Event) (script.Event, bool) { return ev, true }
	}
	return ev
}

func messageEvent(m *bus.Message) script.Event {
	ev := script.Event{Type: m.Name, Data: m.Fields, Bytes: m.Bytes}
	if m.Merge != nil {
		ev.Merge = func(older script.Event) (script.Event, bool) {
			merged, ok := m.Merge(&bus.Message{Name: older.Type, Fields: older.Data, Bytes: older.Bytes})
			if !ok {
				return older, false
			}
			return messageEvent(merged), true
		}
	}
	return ev
}
