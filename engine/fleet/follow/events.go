package follow

import (
	"bytes"
	"encoding/json"
	"log/slog"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/message"
)

// shared are the events that are reported besides the log, and the kinds of their records. The fields of
// Share decide about the calls and the talk.
var shared = map[bus.Type]message.Kind{
	bus.Log: message.LogKind,

	bus.Bundle: message.EventKind, bus.Loaded: message.EventKind, bus.Reloaded: message.EventKind,
	bus.ReloadFailed: message.EventKind, bus.Connecting: message.EventKind, bus.Connected: message.EventKind,
	bus.Retrying: message.EventKind, bus.Disconnected: message.EventKind, bus.Error: message.EventKind,
	bus.Dropped: message.EventKind,

	bus.ToolCall: message.CallKind, bus.ToolResult: message.CallKind,

	bus.User: talk, bus.Agent: talk, bus.AgentCorrected: talk, bus.Interruption: talk,
}

// talk stands in shared for EventKind with Share.Talk.
const talk message.Kind = "talk"

// kindOf returns the kind of the records of events of type t, or false if they are not reported.
func (f *Follower) kindOf(t bus.Type) (kind message.Kind, ok bool) {
	kind, ok = shared[t]
	switch kind {
	case talk:
		return message.EventKind, f.opts.Share.Talk
	case message.CallKind:
		return kind, f.opts.Share.Calls
	}
	return kind, ok
}

// wants reports whether receive needs events of type t.
func (f *Follower) wants(t bus.Type) bool {
	_, ok := f.kindOf(t)
	return ok || t == bus.Status
}

// receive reports an event. The goroutine of the subscription calls it.
func (f *Follower) receive(e bus.Event) {
	switch e.Type {
	case bus.Bundle:
		signal(f.decide)
		signal(f.changed)
	case bus.Status, bus.Loaded, bus.Reloaded, bus.ReloadFailed:
		signal(f.changed)
	}
	kind, ok := f.kindOf(e.Type)
	if !ok || e.IsBelow(slog.LevelInfo) {
		return
	}
	line, err := e.Line()
	if err == nil {
		header := f.header()
		header.Time = e.Time
		line, err = json.Marshal(message.Event{Header: header, Event: bytes.TrimSpace(line)})
		if err == nil {
			f.queue.put(record{kind, header.ID(), line})
		}
	}
	if err != nil {
		f.complain("an event that cannot be reported", err)
	}
}
