package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"moonlark/engine/event"
	"moonlark/engine/health"
	"moonlark/engine/script"
	"moonlark/engine/voice"
)

// This file is what another program can do with an engine: ask how it is, and
// do what a script can.

// HangUp ends the conversation once the agent has finished with what is under
// way, or after 2 s, as session.stop() does. It does not wait. The error is that
// there is none.
func (e *Engine) HangUp() error {
	if e.current() == nil {
		return errNoConversation
	}
	return session{e}.Stop()
}

// SendText is Say for somebody who may say too much: then it is an error, and
// all goes on.
func (e *Engine) SendText(text string) error { return session{e}.SendText(text) }

// SendContext tells the agent something, which it does not answer. Of those with
// the same id the newest counts; empty is none.
func (e *Engine) SendContext(text, id string) error { return session{e}.SendContext(text, id) }

var eventName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// An EventNameError says why an event cannot be called so.
type EventNameError struct{ Name, Why string }

func (e *EventNameError) Error() string {
	return fmt.Sprintf("no event can be called %q: %s", e.Name, e.Why)
}

// EventName is the name.
func (e *EventNameError) EventName() string { return e.Name }

// Raise gives the scripts that listen for it an event that is neither the
// agent's nor Moonlark's, and cannot be taken for one: names of those are refused,
// and data, any JSON or nothing, comes in the field of that name.
func (e *Engine) Raise(name string, data json.RawMessage) error {
	switch {
	case !eventName.MatchString(name):
		return &EventNameError{name[:min(len(name), 100)], "a letter is wanted, then letters, digits, '_', '.' and '-', 64 in all at most"}
	case slices.Contains(eventNames(), name):
		return &EventNameError{name, "the conversation has an event of that name"}
	case !e.scripts.Listens(name):
		return fmt.Errorf("no script listens for %s", name)
	}
	ev := script.Event{Type: name}
	if len(data) > 0 {
		var err error
		if ev.Data, err = json.Marshal(map[string]json.RawMessage{"data": data}); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	e.scripts.Dispatch(ev)
	return nil
}

// Reload loads every script anew, as if each had been saved. What becomes of it
// is shown.
func (e *Engine) Reload() {
	if e.Status() == "" {
		return // they are being loaded for the first time
	}
	for _, path := range e.opts.Scripts {
		e.reload(path)
	}
	e.mu.Lock()
	w := e.watcher
	e.mu.Unlock()
	if w != nil {
		w.lookAgain()
	}
}

// Health says how the engine is. It waits for nobody; see Silent.
func (e *Engine) Health() health.Report {
	e.mu.Lock()
	r := health.Report{Status: e.status, Since: e.since, Reason: e.reason}
	t := e.talk
	e.mu.Unlock()
	r.Scripts, r.MemoryLimit = e.scripts.Health(), e.scripts.MemoryLimit()
	r.Showing = e.out.depth()
	if t != nil {
		r.Writing = t.conv.Waiting()
		if t.conv.Stuck() {
			r.Stuck = "the conversation is not read any more"
		}
	}
	if e.voice != nil {
		r.Sound = e.soundCounts()
		r.Speaker = e.deviceHealth(e.devices.Speaker != nil, e.speaker.Load())
		r.Microphone = e.deviceHealth(e.devices.Microphone != nil, e.microphone.Load())
	}
	return r
}

func (e *Engine) deviceHealth(there bool, known *health.Device) *health.Device {
	if there && known == nil {
		return &health.Device{Err: "it has not been opened yet"}
	}
	return known
}

// noteDevice remembers what became of a device.
func (e *Engine) noteDevice(h voice.Health) {
	d := &health.Device{Name: h.Device}
	if h.Err != nil {
		d.Err = h.Err.Error()
	}
	if h.Microphone {
		e.microphone.Store(d)
	} else {
		e.speaker.Store(d)
	}
}

func (e *Engine) soundCounts() *event.SoundCounts {
	c := e.voice.Counts()
	return &event.SoundCounts{
		Underruns: c.Underruns.Load(), Overruns: c.Overruns.Load(), Gaps: c.Gaps.Load(),
		Dropped: c.Dropped.Load(), Late: c.Late.Load(), WakeDropped: c.WakeDropped.Load(),
	}
}

// Silent are the names of the scripts that do not answer before ctx is done,
// since a Go function does not come back: to be busy is no reason.
func (e *Engine) Silent(ctx context.Context) []string { return e.scripts.Silent(ctx) }
