package dialog

import (
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/life"
)

// An EndedError says that the connection of a conversation broke or was closed with an error. The
// error has already been published as a bus.Disconnected event.
type EndedError struct{ Err error }

// Error returns a text for people, with the reason.
func (e *EndedError) Error() string { return "the conversation ended: " + e.Err.Error() }

// Unwrap returns the error with which the connection broke or was closed.
func (e *EndedError) Unwrap() error { return e.Err }

// report publishes how the conversation ended and returns it as an Ending. err is what
// Conversation.Run returned. stopped says that this side asked for the end.
func (d *Dialog) report(err error, stopped bool) life.Ending {
	hint := connect.Hint(err)
	ending := convai.EndingOf(err)
	d.opts.Bus.Publish(bus.Event{
		Type: bus.Disconnected, ConversationID: d.id, Code: ending.Code, Text: ending.Reason, Hint: hint,
	})
	d.reportSound()
	if stopped {
		return life.Ending{}
	}
	switch ending.Kind {
	case convai.Stopped:
		return life.Ending{}
	case convai.Closed:
		return life.Ending{How: life.Closed, Err: err, Hint: hint}
	case convai.Refused:
		return life.Ending{How: life.Refused, Err: &EndedError{err}, Hint: hint}
	}
	return life.Ending{How: life.CutOff, Err: &EndedError{err}, Hint: hint}
}
