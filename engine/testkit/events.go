package testkit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// An Event is one line that moonlark --json writes, without the fields that no test needs.
type Event struct {
	Type   string    `json:"type"`
	Time   time.Time `json:"time"`
	Script string    `json:"script"`
	Tool   string    `json:"tool"`
	CallID string    `json:"call_id"`
	Level  string    `json:"level"`
	Text   string    `json:"text"`
	Hint   string    `json:"hint"`
	Code   int       `json:"code"`
	Count  int       `json:"count"`

	ConversationID string `json:"conversation_id"`
}

// Events collects the events that a moonlark --json process writes. Use the method Line as
// Command.Line. Any goroutine may use Events.
type Events struct {
	TB   TB                // the test, which fails when a line is not an event
	Skip func(*Event) bool // reports whether to ignore an event; nil ignores none

	mu    sync.Mutex // guards the fields below
	all   []Event
	grown chan struct{} // closed when an event is added; nil while no goroutine waits
}

// Line adds the event in line, which is a JSON object.
func (e *Events) Line(line []byte) {
	var event Event
	if err := json.Unmarshal(line, &event); err != nil {
		e.TB.Errorf("not an event: %.200s: %v", line, err)
		return
	}
	if e.Skip != nil && e.Skip(&event) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
	if e.grown != nil {
		close(e.grown)
		e.grown = nil
	}
}

// All returns the events of type kind, or all events if kind is empty.
func (e *Events) All(kind string) []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []Event
	for _, event := range e.all {
		if kind == "" || event.Type == kind {
			found = append(found, event)
		}
	}
	return found
}

// Texts returns a string "text | hint" for each event of type kind, without spaces at the end.
func (e *Events) Texts(kind string) []string {
	var texts []string
	for _, event := range e.All(kind) {
		texts = append(texts, strings.TrimSpace(event.Text+" | "+event.Hint))
	}
	return texts
}

// Until waits until there is an event of type kind whose text or hint matches re. An empty kind
// means any type. The test fails if the process p ends without such an event, or if none comes
// within Timeout.
func (e *Events) Until(p *Process, kind string, re *regexp.Regexp) {
	e.TB.Helper()
	timeout := time.After(Timeout)
	for next, ended := 0, false; ; {
		events, grown := e.from(next)
		next += len(events)
		for _, event := range events {
			if (kind == "" || event.Type == kind) && (re.MatchString(event.Text) || re.MatchString(event.Hint)) {
				return
			}
		}
		if ended {
			e.TB.Errorf("the process ended without an event %s that matches %s", kind, re)
			return
		}
		select {
		case <-grown:
		case <-p.Done:
			ended = true
		case <-timeout:
			e.TB.Errorf("no event %s within %v matches %s", kind, Timeout, re)
			return
		}
	}
}

// from returns the events from the index next on, and a channel that is closed when an event is
// added.
func (e *Events) from(next int) ([]Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.grown == nil {
		e.grown = make(chan struct{})
	}
	return e.all[next:], e.grown
}

// String returns the last 40 events, one on each line, for the log of a failed test.
func (e *Events) String() string {
	all := e.All("")
	var text strings.Builder
	for _, event := range all[max(0, len(all)-40):] {
		line := fmt.Sprint(event.Time.Format("05.000"), " ", event.Type)
		for _, field := range []string{event.Level, event.Script, event.Tool, event.CallID, event.Text, event.Hint} {
			if field != "" {
				line += " " + field
			}
		}
		fmt.Fprintf(&text, "%.300s\n", line)
	}
	return text.String()
}
