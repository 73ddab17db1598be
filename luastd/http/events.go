package http

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// An eventParser makes server-sent events from lines, by the rules of the HTML standard.
type eventParser struct {
	begun bool // the first line has been read
	id    string
	event string
	data  []string
	size  int           // length of event and data
	retry time.Duration // 0 if the event does not have it
}

// An event is a server-sent event.
type event struct {
	event, data, id string
	retry           time.Duration // how long to wait before a new connection; 0 if the event does not say it
}

// line adds a line without its end. It returns an event if the line ends one.
func (p *eventParser) line(line string) (e event, ok bool) {
	if !p.begun {
		p.begun = true
		line = strings.TrimPrefix(line, "\uFEFF")
	}
	if line == "" {
		return p.dispatch()
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "event":
		p.event = value
	case "data":
		p.data = append(p.data, value)
		p.size += len(value) + 1
	case "id":
		if !strings.Contains(value, "\x00") {
			p.id = value
		}
	case "retry":
		if ms, err := strconv.ParseUint(value, 10, 32); err == nil && strings.Trim(value, "0123456789") == "" {
			p.retry = time.Duration(ms) * time.Millisecond
		}
	}
	return event{}, false
}

// dispatch ends the event that the last lines belong to. An event without data does not count.
func (p *eventParser) dispatch() (e event, ok bool) {
	if ok = len(p.data) > 0; ok {
		e = event{p.event, strings.Join(p.data, "\n"), p.id, p.retry}
		if e.event == "" {
			e.event = "message"
		}
		p.retry = 0
	}
	p.event, p.data, p.size = "", nil, 0
	return e, ok
}

// events is the Lua function response:events.
func (m *module) events(L *lua.LState) int {
	s, ud := checkStream(L)
	p := new(eventParser)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		defer runtime.KeepAlive(ud) // the stream is open as long as the iterator is in use
		e, err := s.event(L, p)
		if err != nil {
			return endIterator(L, "events", err)
		}
		L.Push(eventTable(L, e))
		return 1
	}))
	return 1
}

// event returns the next event. Each line must come within the timeout, so that a server keeps the
// stream open with comments. An event that the end of the stream cuts off does not count.
func (s *stream) event(L *lua.LState, p *eventParser) (event, error) {
	for {
		line, err := s.line(L, "\n\r")
		if err != nil {
			return event{}, err
		}
		if s.err == io.EOF && len(s.buf) == 0 && line != "" {
			return event{}, io.EOF // the line has no end, so its event has none either
		}
		e, ok := p.line(line)
		if ok {
			s.c.m.rt.Checkpoint(L)
			return e, nil
		}
		if p.size > maxLine {
			s.close()
			s.buf, s.err = nil, &failure{code: "too_large", text: fmt.Sprintf("an event from %s has more than %d bytes", s.body.host, maxLine)}
			return event{}, s.err
		}
		s.c.m.rt.Checkpoint(L)
	}
}

func eventTable(L *lua.LState, e event) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("event", lua.LString(e.event))
	t.RawSetString("data", lua.LString(e.data))
	if e.id != "" {
		t.RawSetString("id", lua.LString(e.id))
	}
	if e.retry > 0 {
		t.RawSetString("retry", lua.LNumber(e.retry.Seconds()))
	}
	return t
}
