package web

import "moonlark/engine/bus"

// A Phases finds out what the conversation is doing, from the events. It is not safe for use by several
// goroutines. The zero value is ready to use.
type Phases struct{ tracker phaseTracker }

// Note takes an event into account. Of the events Loudness, it needs those that come.
func (p *Phases) Note(e bus.Event) { p.tracker.note(e) }

// Phase returns what the conversation is doing, one of the words of bus.Event.Phase.
func (p *Phases) Phase() string { return p.tracker.phase() }
